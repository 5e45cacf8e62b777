//! loom models: every interleaving of a few threads, run on the code that ships.
//!
//! Each names the weakened versions that it kills, and was seen to fail on them. The
//! models own their arena, and it has one exclusive shard: with more, two writers would
//! never meet in one.

#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

mod guests;

use std::ops::ControlFlow;
use std::sync::Arc;

use loom::thread;

use crate::cells::amount::{Amount, Sum};
use crate::cells::arena::Arena;
use crate::cells::block::Run;
use crate::cells::parity::{HEADER_CELLS, Reading};
use crate::cells::shard::Lease;
use crate::family::family::{Family, FamilyCore};
use crate::family::faults::Faults;
use crate::family::static_labels::StaticFamily;
use crate::metrics::counter::add_at;
use crate::metrics::float_counter;
use crate::metrics::histogram::{self, observe_at};
use crate::metrics::metric::Sealed;
use crate::metrics::shape::Shape;
use crate::metrics::up_down::{self, Direction, step_at};
use crate::names::labels::LabelValues;
use crate::read::walk::{Scratch, visit_recorded};
use crate::series::fault_counts::{self, FaultNumber};
use crate::series::index::Index;
use crate::series::series::Series;
use crate::series::table::{Removal, Table};
use crate::sync::Ordering;
use crate::value::{Number, Value};
use crate::{Counter, Gauge};

/// An arena for one run of a model; leaked, as the real one is.
fn arena() -> &'static Arena {
    Box::leak(Box::new(Arena::new(1)))
}

fn add(lease: &mut Lease, run: Run, amount: u64) {
    add_at(lease.place(run.block()), run, amount);
}

fn step(lease: &mut Lease, run: Run, direction: Direction) {
    step_at(lease.place(run.block()), run, direction, 1);
}

fn add_float(lease: &mut Lease, run: Run, amount: f64) {
    float_counter::add_at(lease.place(run.block()), run, amount);
}

fn observe(lease: &mut Lease, run: Run, bucket: usize, value: Amount) {
    observe_at(lease.place(run.block()), run, bucket, value);
}

#[expect(clippy::cast_precision_loss, reason = "the models count to few")]
fn float(value: u64) -> Amount {
    Amount::Float(value as f64)
}

/// As large as can be: every observation but the first of a cell wraps its sum.
fn large(value: u64) -> Amount {
    Amount::Whole(u64::MAX - 10 + value)
}

/// Every second observation of a cell wraps its sum.
fn half(value: u64) -> Amount {
    Amount::Whole((1 << 63) + value)
}

/// Writers that come one after the other go on in the same cells; those that come at once
/// share cells or not; every add is in the sum once all have ended.
///
/// Kills: the shared add split into a load and a store.
#[test]
fn a_lease_handed_over_loses_nothing() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(1);
        let writers =
            [1, 2].map(|amount| thread::spawn(move || add(&mut Lease::new(arena), run, amount)));
        add(&mut Lease::new(arena), run, 4);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(arena.sum(run), 7);
    });
}

/// Threads without a lease lose nothing to each other.
///
/// Kills: the shared add split into a load and a store.
#[test]
fn writers_without_a_lease_lose_nothing() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(1);
        let mut holder = Lease::new(arena);
        add(&mut holder, run, 4);
        let writers =
            [1, 2].map(|amount| thread::spawn(move || add(&mut Lease::new(arena), run, amount)));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(arena.sum(run), 7);
        drop(holder);
    });
}

/// Blocks that are published at once are both found, and a scrape never sees less than
/// the one before.
///
/// Kills: a block that is published at the head of the chain or not at all.
#[test]
fn blocks_published_at_once_are_all_found() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(2)));
        let run = arena.allocate(1);
        // So that no writer is a guest.
        let _stopped = [(); 2].map(|()| arena.column(run.block()).enter());
        let writers =
            [1, 2].map(|amount| thread::spawn(move || add(&mut Lease::new(arena), run, amount)));
        let first = arena.sum(run);
        let second = arena.sum(run);
        assert!(first <= second, "{first} then {second}");
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(arena.sum(run), 3);
    });
}

/// Float adds of threads without a lease lose nothing to each other, and the sum never
/// goes back.
///
/// Kills: the shared add split into a load and a store.
#[test]
fn float_adds_without_a_lease_lose_nothing() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(0)));
        let run = arena.allocate(1);
        let sum = move || float_counter::read(arena.column(run.block()), run);
        let reader = thread::spawn(move || [sum(), sum()]);
        let writers = [0.5, 0.25]
            .map(|amount| thread::spawn(move || add_float(&mut Lease::new(arena), run, amount)));
        let [first, second] = reader.join().unwrap();
        assert!(first <= second, "{first} then {second}");
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(sum().to_bits(), 0.75_f64.to_bits());
    });
}

/// A scrape beside a writer sees buckets and a sum that describe the same observations.
///
/// Kills: the sum in one slot instead of two; the sum stored after the bucket; the bucket
/// or the sum stored or loaded with Relaxed; the second look at the buckets left out.
#[test]
fn a_histogram_is_read_as_one_state() {
    loom::model(|| read_beside_a_writer(Amount::Whole));
}

/// So is one of floats.
///
/// Kills: as above; a sum of floats added up as whole numbers.
#[test]
fn a_float_histogram_is_read_as_one_state() {
    loom::model(|| read_beside_a_writer(float));
}

/// So is one whose sum passes 2^64.
///
/// Kills: a turn left out, or taken for both slots at once; its note left out, or stored
/// after the bucket; the state stored with Relaxed by the observation that wraps or by
/// the next, or loaded so.
#[test]
fn a_histogram_that_wraps_is_read_as_one_state() {
    loom::model(|| read_beside_a_writer(half));
}

/// So is one whose sum passes it again and again.
///
/// Kills: as above, but for the store of the next observation.
#[test]
fn a_histogram_that_always_wraps_is_read_as_one_state() {
    loom::model(|| read_beside_a_writer(large));
}

fn read_beside_a_writer(amount: fn(u64) -> Amount) {
    let arena = arena();
    let run = arena.allocate(HEADER_CELLS + 2);
    let reader = thread::spawn(move || read(arena, run, amount));
    let writer = thread::spawn(move || {
        let mut lease = Lease::new(arena);
        observe(&mut lease, run, 0, amount(1));
        observe(&mut lease, run, 1, amount(10));
        observe(&mut lease, run, 0, amount(1));
    });
    let reading = reader.join().unwrap();
    assert_one_state(&reading, amount);
    writer.join().unwrap();
    let reading = read(arena, run, amount);
    assert!(reading.settled);
    assert_eq!((reading.sum, &reading.buckets[..]), (total(&[2, 1], amount), &[2, 1][..]));
}

/// The same for writers without a lease: what is settled is one state.
///
/// Kills: the count of those that had begun left out; `finished`, the bucket or the sum
/// added with Relaxed; the sum loaded with Relaxed; the add to the sum split. (That
/// `finished` must be loaded with Acquire is beyond what loom shows.)
#[test]
fn a_histogram_that_writers_share_is_settled_or_says_that_it_is_not() {
    loom::model(|| read_beside_writers_that_share(Amount::Whole));
}

/// So it is for one of floats. Adds that begin anew have ten times the interleavings, so
/// this stops at two preemptions.
///
/// Kills: as above.
#[test]
fn a_float_histogram_that_writers_share_is_settled_or_says_that_it_is_not() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| read_beside_writers_that_share(float));
}

/// So it is for one whose sum passes 2^64.
///
/// Kills: half turns left out.
#[test]
fn a_histogram_that_wraps_and_is_shared_is_settled_or_says_that_it_is_not() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| read_beside_writers_that_share(large));
}

fn read_beside_writers_that_share(amount: fn(u64) -> Amount) {
    let arena: &'static Arena = Box::leak(Box::new(Arena::new(0)));
    let run = arena.allocate(HEADER_CELLS + 2);
    let reader = thread::spawn(move || read(arena, run, amount));
    let writer = thread::spawn(move || observe(&mut Lease::new(arena), run, 0, amount(1)));
    observe(&mut Lease::new(arena), run, 1, amount(10));
    let reading = reader.join().unwrap();
    assert_one_state(&reading, amount);
    writer.join().unwrap();
    let reading = read(arena, run, amount);
    assert!(reading.settled);
    assert_eq!((reading.sum, &reading.buckets[..]), (total(&[1, 1], amount), &[1, 1][..]));
}

/// Each observation in the first bucket was a one, in the second a ten.
fn assert_one_state(reading: &Reading, amount: fn(u64) -> Amount) {
    assert!(!reading.settled || reading.sum == total(&reading.buckets, amount), "{reading:?}");
}

/// The sum of observations in two buckets.
#[expect(clippy::cast_precision_loss, reason = "the models count to few")]
fn total(buckets: &[u64], amount: fn(u64) -> Amount) -> Sum {
    let amounts = buckets.iter().zip([1, 10]).map(|(count, value)| (*count, amount(value)));
    amounts.fold(zero(amount), |sum, (count, value)| match (sum, value) {
        (Sum::Whole(sum), Amount::Whole(value)) => {
            Sum::Whole(sum + u128::from(count) * u128::from(value))
        }
        (Sum::Float(sum), Amount::Float(value)) => Sum::Float(sum + count as f64 * value),
        _ => sum,
    })
}

fn zero(amount: fn(u64) -> Amount) -> Sum {
    if let Amount::Float(_) = amount(0) { Sum::Float(0.0) } else { Sum::Whole(0) }
}

fn read(arena: &Arena, run: Run, amount: fn(u64) -> Amount) -> Reading {
    let mut reading = Reading::default();
    histogram::read(arena.column(run.block()), run, 2, zero(amount), &mut reading);
    reading
}

/// What begins on one thread and ends on another is never seen as ended only.
///
/// Kills: ups read before downs; a step stored, or a cell read, with Relaxed; the blocks
/// collected once for both walks.
#[test]
fn downs_never_outnumber_ups() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(2);
        // The lease is held on, so the end is counted in another block than the
        // beginning.
        let mut lease = Lease::new(arena);
        _ = lease.place(run.block());
        // Published before there is a reader, who would otherwise learn of the beginning
        // by finding the block of the end.
        _ = arena.column(run.block()).shared_or_new();
        let reader = thread::spawn(move || up_down::read(arena.column(run.block()), run));
        step(&mut lease, run, Direction::Up);
        let ends = thread::spawn(move || step(&mut Lease::new(arena), run, Direction::Down));
        let seen = reader.join().unwrap();
        assert!((0..=1).contains(&seen), "{seen}");
        ends.join().unwrap();
        drop(lease);
        assert_eq!(up_down::read(arena.column(run.block()), run), 0);
    });
}

/// The same within one block, and the other way round: begun in the shared block, ended
/// in the leased one.
///
/// Kills: as above, for the store of the only writer.
#[test]
fn downs_never_outnumber_ups_when_the_lease_ends_what_others_began() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(2);
        let reader = thread::spawn(move || up_down::read(arena.column(run.block()), run));
        let mut lease = Lease::new(arena);
        step(&mut lease, run, Direction::Up);
        step(&mut lease, run, Direction::Down);
        let begins = thread::spawn(move || step(&mut Lease::new(arena), run, Direction::Up));
        begins.join().unwrap();
        step(&mut lease, run, Direction::Down);
        let seen = reader.join().unwrap();
        assert!(seen >= 0, "{seen}");
    });
}

/// Cells that are given to another series start at zero for a writer whose shard held old
/// values.
///
/// Kills: a recycled run that is not zeroed, or only in one of the blocks.
#[test]
fn recycled_cells_start_at_zero_in_every_shard() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(1);
        let writer = thread::spawn(move || {
            let mut lease = Lease::new(arena);
            add(&mut lease, run, 5);
            lease
        });
        add(&mut Lease::new(arena), run, 7);
        let mut lease = writer.join().unwrap();
        arena.free(run);
        let again = arena.allocate(1);
        assert_eq!(again, run);
        assert_eq!(arena.sum(again), 0);
        add(&mut lease, again, 1);
        assert_eq!(arena.sum(again), 1);
    });
}

/// The cells of a series whose last handle is dropped by whichever of two threads, while
/// one of them holds the lease, are clean for the next series.
///
/// Kills: a recycled run that is not zeroed.
#[test]
fn the_last_handle_gives_the_cells_back() {
    struct Handle(&'static Arena, Run);
    impl Drop for Handle {
        fn drop(&mut self) {
            self.0.free(self.1);
        }
    }
    loom::model(|| {
        let arena = arena();
        let handle = loom::sync::Arc::new(Handle(arena, arena.allocate(1)));
        let other = loom::sync::Arc::clone(&handle);
        let recorder = thread::spawn(move || {
            add(&mut Lease::new(arena), other.1, 5);
            drop(other);
        });
        let mut lease = Lease::new(arena);
        add(&mut lease, handle.1, 7);
        drop(handle);
        let run = arena.allocate(1);
        add(&mut lease, run, 1);
        assert_eq!(arena.sum(run), 1);
        recorder.join().unwrap();
        assert_eq!(arena.sum(run), 1);
    });
}

/// A series that was inserted before a look-up began is found by it, also while the table
/// grows.
///
/// Kills: places that are added to the index before the entries have their copies there;
/// entries that are not copied.
#[test]
fn a_known_series_is_found_while_others_come() {
    loom::model(|| {
        let table = Arc::new(Table::default());
        // One whose entry moves when the index grows from two places to four.
        let moves = |value: &&str| table.hash(&[value]) & 2 != 0;
        let known = ["a", "c", "d", "e", "f"].into_iter().find(moves).unwrap();
        insert(&table, known);
        let finding = Arc::clone(&table);
        let finder = thread::spawn(move || finding.find(finding.hash(&[known]), &[known]).is_ok());
        insert(&table, "b");
        assert!(finder.join().unwrap());
        for value in [known, "b"] {
            assert!(table.find(table.hash(&[value]), &[value]).is_ok(), "{value}");
        }
    });
}

/// A label set that two threads ask for at once is one series.
///
/// Kills: the table not asked again under the lock.
#[test]
fn two_threads_create_one_series() {
    loom::model(|| ask_for_one_series_twice(2));
}

/// So it is when the limit allows no other: neither thread is turned away.
///
/// Kills: a family that is asked whether it is full only after the search; the count
/// published before the series.
#[test]
fn the_last_series_within_the_limit_is_not_turned_away() {
    loom::model(|| ask_for_one_series_twice(1));
}

/// A series that is removed from a full family leaves its room to the next look-up.
///
/// Kills: the count lowered after the removal from the index; removals not compared after
/// the search.
#[test]
fn a_removed_series_leaves_its_room() {
    loom::model(|| {
        let family = family_of_one("x");
        family.set_series_limit(1);
        let id = family.get(&["x"]).unwrap().get().unwrap().id;
        let (removing, finding) = (Arc::clone(&family), Arc::clone(&family));
        let remover = thread::spawn(move || removing.try_remove(0, id, |_| true));
        let find =
            |family: Arc<FamilyCore>| family.with(&["x"]).get().unwrap().labels.matches(&["x"]);
        let finder = thread::spawn(move || find(finding));
        // The other one may create the series again meanwhile, which fills the family.
        assert!(find(family));
        assert!(finder.join().unwrap());
        _ = remover.join().unwrap();
    });
}

fn static_family() -> StaticFamily<Gauge, 1> {
    let core = FamilyCore::new("family", "F.", &["label"], Shape::Gauge);
    Family::new(Arc::new(core), ()).static_labels()
}

/// An entry of static texts is found without a lock while others make the table grow.
///
/// Kills: a table that is the newest before all entries are copied; `newest` loaded or
/// stored with Relaxed.
#[test]
fn a_static_entry_stays_while_entries_grow() {
    loom::model(|| {
        let family = static_family();
        // Once each: the same literal elsewhere may have another address.
        let (old, new) = (["old"], ["new"]);
        family.with(old).set(1);
        let adding = family.clone();
        let finder = thread::spawn(move || family.holds(old));
        let adder = thread::spawn(move || {
            adding.with(new).set(1);
            adding.holds(new)
        });
        assert!(finder.join().unwrap());
        assert!(adder.join().unwrap());
    });
}

/// Static texts that two threads ask for at once have one entry.
///
/// Kills: no second search under the lock.
#[test]
fn threads_add_one_static_entry() {
    loom::model(|| {
        let (family, new) = (static_family(), ["new"]);
        let adders = [(); 2].map(|()| {
            let family = family.clone();
            thread::spawn(move || family.with(new).inc())
        });
        adders.into_iter().for_each(|adder| adder.join().unwrap());
        assert_eq!((family.entry_count(), family.with(new).get()), (1, 2));
    });
}

fn ask_for_one_series_twice(series_limit: usize) {
    let family = Arc::new(FamilyCore::new("family", "F.", &["label"], Shape::Gauge));
    family.set_series_limit(series_limit);
    let [one, two] = [(); 2].map(|()| {
        let family = Arc::clone(&family);
        thread::spawn(move || family.with(&["only"]).get().map(|series| series.id))
    });
    assert_eq!(one.join().unwrap(), two.join().unwrap());
    assert_eq!(family.table.slots(), 0..1);
}

/// What is recorded while the series is being removed for being idle keeps it: the record
/// is never lost.
///
/// Kills: the value not looked at again; a removal that does not ask whether the series
/// is held; a look-up that takes a series which somebody tries to remove for one that is
/// not there.
#[test]
fn a_record_keeps_the_series_that_was_to_go() {
    loom::model(|| {
        let family = family_of_one("x");
        let id = family.get(&["x"]).unwrap().get().unwrap().id;
        let value = |series: &Series| series.shared.load(Ordering::Relaxed);
        let (recording, removing) = (Arc::clone(&family), Arc::clone(&family));
        let recorder = thread::spawn(move || {
            let kept = recording.with(&["x"]);
            _ = kept.get().unwrap().shared.fetch_add(1, Ordering::Relaxed);
        });
        let remover =
            thread::spawn(move || removing.try_remove(0, id, |series| value(series) == 0));
        _ = remover.join().unwrap();
        recorder.join().unwrap();
        assert_eq!(value(family.get(&["x"]).unwrap().get().unwrap()), 1);
    });
}

/// A series that is held is found and shown at any moment of an attempt to remove it, and
/// never a second time.
///
/// Kills: a walk that takes an empty slot for free without asking the lock; a look-up in
/// a full family that takes a series which somebody tries to remove for one that is not
/// there.
#[test]
fn a_held_series_is_there_while_its_removal_is_tried() {
    loom::model(|| {
        let family = family_of_one("x");
        family.set_series_limit(1);
        let held = family.get(&["x"]).unwrap().clone();
        let id = held.get().unwrap().id;
        let [walking, finding, removing] = [(); 3].map(|()| Arc::clone(&family));
        let walker =
            thread::spawn(move || walking.table.first_series(walking.table.slots()).is_some());
        let finder = thread::spawn(move || finding.with(&["x"]).get().unwrap().id);
        let remover = thread::spawn(move || removing.try_remove(0, id, |_| true));
        assert!(walker.join().unwrap());
        assert_eq!(finder.join().unwrap(), id);
        assert_eq!(remover.join().unwrap(), Removal::Held);
        assert_eq!(family.table.slots(), 0..1);
        drop(held);
    });
}

/// A series that was held when it was removed goes, and not before all of it was shown,
/// while its handle is dropped, a walk comes by and the removal is repeated.
///
/// Kills: a mark that counts as shown; a repeated removal that does not ask for the mark;
/// what was shown noted as it is after the visit; a walk that drops a marked series
/// without looking at its value, or not again when it is out of its slot.
#[test]
fn a_marked_series_goes_when_all_of_it_was_shown() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::new("family", "F.", &["label"], Shape::Counter));
        let held = Counter::open(family.with(&["x"]).clone(), ());
        assert!(family.remove(&["x"]));
        let [walking, removing] = [(); 2].map(|()| Arc::clone(&family));
        let walker = thread::spawn(move || [counts(&walking), counts(&walking)].concat());
        let remover = thread::spawn(move || removing.remove(&["x"]));
        held.add(1);
        drop(held);
        let mut seen = walker.join().unwrap();
        _ = remover.join().unwrap();
        seen.extend(counts(&family));
        let after = [counts(&family), counts(&family)];
        seen.extend(after.concat());
        // Before a failure unwinds: series do not outlive a model.
        drop(family);
        assert_eq!(seen.last(), Some(&(String::from("x"), 1)));
        assert!(after.concat().is_empty() || after[1].is_empty(), "{after:?}");
    });
}

/// The same in a row, which keeps the series while it is shown.
///
/// Kills: a row that is shown although one of its series may go.
#[test]
fn a_marked_series_of_a_row_goes_when_shown() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::new("family", "F.", &["label"], Shape::Counter));
        let held = Counter::open(family.with(&["x"]).clone(), ());
        drop(family.with(&["y"]));
        assert!(family.remove(&["x"]));
        let walking = Arc::clone(&family);
        let walker = thread::spawn(move || counts(&walking));
        held.add(1);
        drop(held);
        let mut seen = walker.join().unwrap();
        let after = [counts(&family), counts(&family)];
        seen.extend(after.concat());
        // Before a failure unwinds: series do not outlive a model.
        drop(family);
        let y = (String::from("y"), 0);
        assert_eq!(seen.iter().rfind(|(label, _)| label == "x"), Some(&(String::from("x"), 1)));
        assert_eq!(after[1], [y], "{after:?}");
    });
}

/// A walk reads the cells of the series that it shows, also while one goes and another
/// comes that has the same slot and the same cells; and a walk that comes after shows
/// what is there.
///
/// Kills: a row that stays when one of its series goes, or when one comes; a row that is
/// made without the lock.
#[test]
fn a_row_shows_its_own_series() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::new("family", "F.", &["label"], Shape::Counter));
        let add = |family: &FamilyCore, value: &str, amount| {
            Counter::open(family.with(&[value]), ()).add(amount)
        };
        add(&family, "a", 1);
        add(&family, "b", 2);
        let [old, kept] =
            ["a", "b"].map(|value| (String::from(value), if value == "a" { 1 } else { 2 }));
        let new = (String::from("c"), 5);
        let id = family.get(&["a"]).unwrap().get().unwrap().id;
        let [walking, changing] = [(); 2].map(|()| Arc::clone(&family));
        let walker = thread::spawn(move || [counts(&walking), counts(&walking)]);
        let changer = thread::spawn(move || {
            let removal = changing.try_remove(0, id, |_| true);
            if removal == Removal::Done {
                add(&changing, "c", 5);
            }
            removal
        });
        let seen = walker.join().unwrap();
        let removal = changer.join().unwrap();
        let after = counts(&family);
        // What kept the row is gone.
        let again = family.try_remove(0, id, |_| true);
        // Before a failure unwinds: series do not outlive a model.
        drop(family);
        for seen in seen.iter().flatten() {
            let begun = (String::from("c"), 0);
            assert!([&old, &kept, &new, &begun].contains(&seen), "{seen:?}");
        }
        match removal {
            Removal::Done => assert_eq!((&after[..], again), (&[new, kept][..], Removal::Absent)),
            _ => assert_eq!((&after[..], again), (&[old, kept][..], Removal::Done)),
        }
    });
}

/// The series that a walk shows, with their values.
fn counts(family: &FamilyCore) -> Vec<(String, u64)> {
    let mut counts = Vec::new();
    let left = visit_recorded(family, u64::MAX, 0, &mut Scratch::default(), |series, value| {
        let Value::Counter(Number::Unsigned(count)) = value else { return ControlFlow::Break(()) };
        counts.push((series.label_values().collect(), count));
        ControlFlow::Continue(())
    });
    assert_eq!(left, None);
    counts
}

fn family_of_one(value: &str) -> Arc<FamilyCore> {
    let family = Arc::new(FamilyCore::new("family", "F.", &["label"], Shape::Gauge));
    _ = family.with(&[value]);
    family
}

/// An entry is found while it moves: up because another is removed, then to a new place
/// because the index grows.
///
/// Kills: a search that does not compare the generation; `current` or an entry loaded,
/// `current` or an entry stored, with Relaxed; the generation not changed by a move, or
/// changed after the old place is used again; an entry that leaves its old place before
/// it is copied; places that are added before the entries have their copies there.
#[test]
fn an_entry_is_found_while_it_moves() {
    loom::model(|| {
        let index = Arc::new(Index::default());
        // The first two share a place of four, and not of eight.
        index.insert(0, 0, 3);
        index.insert(1, 4, 7);
        let finding = Arc::clone(&index);
        let finder =
            thread::spawn(move || finding.find(4, |slot| (slot == 7).then_some(())).is_some());
        index.remove(0, 3);
        [1, 2, 3].into_iter().zip(1..).for_each(|(hash, live)| index.insert(live, hash, 9));
        assert!(finder.join().unwrap());
        assert!(index.find(4, |slot| (slot == 7).then_some(())).is_some());
    });
}

/// Scrapes that report rejected records at once report each once, and one that has ended
/// has reported all before it.
///
/// Kills: the lock of the report left out; what is reported read before it.
#[test]
fn rejected_records_are_reported_once() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::new("family", "F.", &[], Shape::FloatCounter));
        let faults = Arc::new(Faults::new());
        let counter = family.with(&[]).clone();
        let scrapes = [(); 2].map(|()| {
            let (family, faults, counter) =
                (Arc::clone(&family), Arc::clone(&faults), counter.clone());
            thread::spawn(move || {
                fault_counts::reject_record(&counter);
                faults.report(&family);
                reported(&faults)
            })
        });
        let seen = scrapes.map(|scrape| scrape.join().unwrap());
        let total = reported(&faults);
        // Before a failure unwinds: series do not outlive a model.
        drop((family, faults, counter));
        assert!(seen.iter().all(|seen| (1..=2).contains(seen)) && total == 2, "{seen:?}, {total}");
    });
}

/// The rejected records that are on the page.
fn reported(faults: &Faults) -> u64 {
    let families =
        faults.families().filter(|family| family.name() == "tickmark_observations_rejected");
    families.flat_map(|family| counts(family)).map(|(_, count)| count).sum()
}

/// A family that has the fault counts of another that is gone begins at zero, whichever
/// thread held the last of that.
///
/// Kills: counts that are given out again while a series of the family is held; counts
/// that are not cleared; the count of users lowered with Relaxed.
#[test]
fn fault_counts_given_out_again_are_zero() {
    loom::model(|| {
        let family = FamilyCore::new("family", "F.", &[], Shape::FloatCounter);
        let held = family.with(&[]).clone();
        let recorder = thread::spawn(move || {
            fault_counts::reject_record(&held);
            drop(held);
        });
        drop(family);
        let next = FaultNumber::new();
        let before = next.counts().rejected_records();
        recorder.join().unwrap();
        let after = next.counts().rejected_records();
        drop(next);
        assert_eq!((before, after), (0, 0));
    });
}

fn insert(table: &Table, value: &str) {
    let series = Series::new(LabelValues::new(&[value]), 0, None);
    table.write().insert(table.hash(&[value]), series);
}
