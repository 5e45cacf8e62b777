//! Guests: threads that record in one block, one after the other.
//!
//! Each model has a shard for every thread, so that all can be guests and earn blocks.
//! The second record of a thread earns a block.

use std::time::Instant;

use loom::thread;

use crate::cells::amount::{Amount, Sum};
use crate::cells::arena::Arena;
use crate::cells::block::{Guest, Run};
use crate::cells::lease::Lease;
use crate::cells::parity::{HEADER_CELLS, observe_leased};
use crate::metrics::float_counter;
use crate::metrics::up_down::{self, Direction};
use crate::models::histograms::{assert_one_state, float, large, read, total};
use crate::models::{add, add_float, observe, step};

/// Returns an arena with guests only: their first block exists, and no other.
fn arena_of_guests() -> &'static Arena {
    let arena: &'static Arena = Box::leak(Box::new(Arena::new(4)));
    drop(enter(arena));
    arena
}

fn enter(arena: &'static Arena) -> Guest {
    arena.column(0).enter().unwrap()
}

fn block_count(arena: &Arena) -> usize {
    arena.column(0).blocks().count()
}

/// A guest continues from the stores of the last guest, or meets it and takes the second
/// block.
///
/// Kills: a guest that does not try the lock, or enters in spite of it; the lock taken or
/// released with Relaxed; a second block that is not published.
#[test]
fn guests_one_after_another_lose_nothing() {
    loom::model(|| {
        let arena = arena_of_guests();
        let run = arena.allocate(1);
        let guests = [1, 2].map(|amount| thread::spawn(move || add_once(arena, run, amount)));
        let leases = guests.map(|guest| guest.join().unwrap());
        assert_eq!(arena.sum(run), 3);
        drop(leases);
    });
}

/// Adds once. Returns the lease, because giving it back would order the writes.
fn add_once(arena: &'static Arena, run: Run, amount: u64) -> Lease {
    let mut lease = Lease::new(arena);
    add(&mut lease, run, amount);
    lease
}

/// Guests lose no float adds, and the sum never decreases.
///
/// Kills: the mutants of the model above.
#[test]
fn guests_lose_no_floats() {
    loom::model(|| {
        let arena = arena_of_guests();
        let run = arena.allocate(1);
        let sum = move || float_counter::read(arena.column(run.block()), run);
        let reader = thread::spawn(move || [sum(), sum()]);
        let guests = [0.5, 0.25].map(|amount| {
            thread::spawn(move || {
                let mut lease = Lease::new(arena);
                add_float(&mut lease, run, amount);
                lease
            })
        });
        let [first, second] = reader.join().unwrap();
        assert!(first <= second, "{first} then {second}");
        let leases = guests.map(|guest| guest.join().unwrap());
        assert_eq!(sum().to_bits(), 0.75_f64.to_bits());
        drop(leases);
    });
}

/// One of several threads that start at once owns the first block, the others share the
/// guests' block, and scrapes find both.
///
/// Kills: a first block, or a guests' block, that is not published; two first blocks.
#[test]
fn one_of_threads_at_once_is_first() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(4)));
        let run = arena.allocate(1);
        let threads = [1, 2].map(|amount| thread::spawn(move || add_once(arena, run, amount)));
        let first = add_once(arena, run, 4);
        let leases = threads.map(|thread| thread.join().unwrap());
        assert_eq!(arena.sum(run), 7);
        // All locks are free again: that of the guests' block, and of a second one if
        // guests met.
        drop(enter(arena));
        assert!((2..=3).contains(&block_count(arena)));
        drop((first, leases));
    });
}

/// A sum never decreases while the first block and the guests' block appear.
///
/// Kills: a guests' block that is not published.
#[test]
fn sums_rise_while_blocks_appear() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(4)));
        let run = arena.allocate(1);
        let reader = thread::spawn(move || [arena.sum(run), arena.sum(run)]);
        let writer = thread::spawn(move || add_once(arena, run, 1));
        let first = add_once(arena, run, 2);
        let lease = writer.join().unwrap();
        let [early, late] = reader.join().unwrap();
        assert!(early <= late && late <= 3, "{early} then {late}");
        assert_eq!(arena.sum(run), 3);
        drop((first, lease));
    });
}

/// A guest and a thread without a lease lose no adds.
///
/// Kills: a guest that records in the shared block.
#[test]
fn guests_beside_shared_cells_lose_nothing() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(2)));
        let run = arena.allocate(1);
        let [first, mut guest] = [8, 1].map(|amount| add_once(arena, run, amount));
        let past_the_limit = thread::spawn(move || add_once(arena, run, 2));
        // Its second record of one period would earn it a block.
        arena.period.note_scrape(Instant::now());
        add(&mut guest, run, 4);
        let lease = past_the_limit.join().unwrap();
        assert_eq!(arena.sum(run), 15);
        assert!(arena.column(0).shared().is_some());
        assert_eq!(block_count(arena), 3);
        drop((first, guest, lease));
    });
}

/// A guest that earns a block continues there, beside another guest and a scrape.
///
/// Kills: an earned block that is the guests' block, or is not published.
#[test]
fn an_earned_block_takes_over() {
    loom::model(|| {
        let arena = arena_of_guests();
        let run = arena.allocate(1);
        let reader = thread::spawn(move || {
            let first = arena.sum(run);
            arena.period.note_scrape(Instant::now());
            [first, arena.sum(run)]
        });
        let earns = thread::spawn(move || {
            let mut lease = Lease::new(arena);
            (0..3).for_each(|_| add(&mut lease, run, 1));
            lease
        });
        let lease = add_once(arena, run, 4);
        let [first, second] = reader.join().unwrap();
        assert!(first <= second, "{first} then {second}");
        let leases = [lease, earns.join().unwrap()];
        assert_eq!(arena.sum(run), 7);
        drop(leases);
    });
}

/// A scrape beside guests sees buckets and a sum that describe the same observations.
///
/// Kills: the mutants of guests one after another; the bucket or the sum stored with
/// Relaxed.
#[test]
fn histograms_of_guests_are_one_state() {
    loom::model(|| read_beside_guests(Amount::Whole));
}

/// The same for a float histogram.
///
/// Kills: the same mutants.
#[test]
fn float_histograms_of_guests_are_one_state() {
    loom::model(|| read_beside_guests(float));
}

/// The same for a sum that passes 2^64 from one guest to the next.
///
/// Kills: the same mutants.
#[test]
fn wrapping_histograms_of_guests_are_one_state() {
    loom::model(|| read_beside_guests(large));
}

fn read_beside_guests(amount: fn(u64) -> Amount) {
    let arena = arena_of_guests();
    let run = arena.allocate(HEADER_CELLS + 2);
    let reader = thread::spawn(move || read(arena, run, amount));
    let guest = thread::spawn(move || observe_once(arena, run, 0, amount(1)));
    let lease = observe_once(arena, run, 1, amount(10));
    let reading = reader.join().unwrap();
    assert_one_state(&reading, amount);
    let leases = [lease, guest.join().unwrap()];
    let reading = read(arena, run, amount);
    assert_eq!((reading.sum, &reading.buckets[..]), (total(&[1, 1], amount), &[1, 1][..]));
    drop(leases);
}

fn observe_once(arena: &'static Arena, run: Run, bucket: usize, value: Amount) -> Lease {
    let mut lease = Lease::new(arena);
    observe(&mut lease, run, bucket, value);
    lease
}

/// Guests that stop inside a block delay neither another thread nor a reader.
///
/// Kills: a guest that waits for others, or enters in spite of the lock.
#[test]
fn guests_inside_hold_nothing_up() {
    loom::model(|| {
        let arena = arena_of_guests();
        let run = arena.allocate(HEADER_CELLS + 2);
        let stopped = [enter(arena), enter(arena)];
        let reader = thread::spawn(move || read(arena, run, Amount::Whole));
        let comes = thread::spawn(move || observe_once(arena, run, 0, Amount::Whole(1)));
        // Somewhere in the middle, as the others see it.
        observe_leased(stopped[0].block(), run, 1, Amount::Whole(10));
        let lease = comes.join().unwrap();
        let reading = reader.join().unwrap();
        assert!(reading.is_settled, "{reading:?}");
        assert_one_state(&reading, Amount::Whole);
        let reading = read(arena, run, Amount::Whole);
        assert_eq!((reading.sum, &reading.buckets[..]), (Sum::Whole(11), &[1, 1][..]));
        // Of the guests, and the one that was earned.
        assert_eq!(block_count(arena), 3);
        drop((stopped, lease));
    });
}

/// No reader sees a down of one guest without the up of another guest before it.
///
/// Kills: a step stored with Relaxed; the lock taken or released with Relaxed.
#[test]
fn downs_of_guests_never_outnumber_ups() {
    loom::model(|| {
        let arena = arena_of_guests();
        let run = arena.allocate(2);
        let read = move || up_down::read(arena.column(run.block()), run);
        let reader = thread::spawn(read);
        let step_once = move |direction| {
            let mut lease = Lease::new(arena);
            step(&mut lease, run, direction);
            lease
        };
        let other = thread::spawn(move || step_once(Direction::Up));
        let begun = step_once(Direction::Up);
        let ends = thread::spawn(move || step_once(Direction::Down));
        let seen = reader.join().unwrap();
        assert!((0..=2).contains(&seen), "{seen}");
        let leases = [other, ends].map(|thread| thread.join().unwrap());
        assert_eq!(read(), 1);
        drop((begun, leases));
    });
}

/// The cells of a series are zero for the next series, whichever of two guests drops the
/// last handle.
///
/// Kills: a reused run that is not zeroed in the guests' block.
#[test]
fn reused_cells_of_guests_are_zero() {
    struct Handle(&'static Arena, Run);
    impl Drop for Handle {
        fn drop(&mut self) {
            self.0.free(self.1);
        }
    }
    loom::model(|| {
        let arena = arena_of_guests();
        let handle = loom::sync::Arc::new(Handle(arena, arena.allocate(1)));
        let other = loom::sync::Arc::clone(&handle);
        let recorder = thread::spawn(move || {
            let lease = add_once(arena, other.1, 5);
            drop(other);
            lease
        });
        let old = add_once(arena, handle.1, 7);
        drop(handle);
        let run = arena.allocate(1);
        let next = add_once(arena, run, 1);
        assert_eq!(arena.sum(run), 1);
        let recorder = recorder.join().unwrap();
        assert_eq!(arena.sum(run), 1);
        drop((old, next, recorder));
    });
}
