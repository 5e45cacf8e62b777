//! The parity sum: how the buckets and the sum of a histogram are read as one state,
//! while they are written.
//!
//! Cells of one histogram in one block: the state, `s[0]`, `s[1]`, then one cell a
//! bucket. The state knows the parity of `n`, how many observations there were. In a
//! leased block, or as a guest, the only writer records observation `n + 1` in three
//! steps:
//!
//! 1. `s[(n + 1) & 1] = s[n & 1] + value`
//! 2. `bucket += 1`
//! 3. `n += 1`
//!
//! A reader takes all buckets, whose sum is `N`, then `s[N & 1]`, then all buckets again.
//! If they did not change, step 2 of observation `N` had happened before (so `s[N & 1]`
//! holds the sum of exactly `N` observations or something newer), and step 2 of
//! observation `N + 1` had not (so nothing newer: that slot is next written by
//! observation `N + 2`). A writer that is stalled anywhere spoils nothing: an observation
//! in flight only writes the other slot.
//!
//! A sum of whole numbers may pass 2^64. Its turns are in the state too. An observation
//! that wraps notes before step 1 that the slot which it writes is a turn ahead of the
//! other, and in step 3, when no reader can use the other any more, that both have that
//! turn. So a reader of the bucket of observation `N` has the turns of `s[N & 1]`,
//! until the second look at the buckets shows observation `N + 1`.
//!
//! Several equal observations are one record if their number is odd: `n` then changes its
//! parity as by one observation. An even number is two such records.
//!
//! Sums of whole numbers and of floats differ in nothing else but how an [`Amount`] is
//! added to one.

use crate::cells::amount::{Amount, Sum};
use crate::cells::block::{Block, Line, Run};
use crate::sync::{AtomicU64, Ordering, spin_loop};

/// Cells that a histogram needs besides its buckets.
pub(crate) const HEADER_CELLS: usize = 3;

/// Readings of one block before the last is taken as it is. A reading takes some 20 ns
/// and fails only when an observation falls into it. Of 11 bounds, a thousand failures in
/// a row were never seen; of 100 or more, in some two of 100,000 readings beside threads
/// that did nothing but observe.
const MOST_READINGS: usize = if cfg!(tickmark_loom) { 2 } else { 1000 };

/// Where the cells of a histogram are in its run.
const STATE: usize = 0;
const SUMS: usize = 1;
const BUCKETS: usize = HEADER_CELLS;

/// The state of a leased block: the parity of the count, whether the slot of the other
/// parity is a turn ahead, and the turns of the sum. It has no room for 2^62 turns, which
/// would take decades.
const PARITY: u64 = 1;
const AHEAD: u64 = 2;
const TURN: u64 = 4;

/// The turns of a slot of a leased block.
fn turns_of(state: u64, slot: u64) -> u64 {
    let is_ahead = state & AHEAD != 0 && state & PARITY != slot;
    state / TURN + u64::from(is_ahead)
}

/// Records in a leased block, where this thread is the only writer.
#[inline]
pub(crate) fn observe_leased(block: &Block, run: Run, bucket: usize, value: Amount) {
    record_leased(block, run, bucket, value, 1);
}

/// Records `count` observations of one value, whose sum is below 2^64, in a leased block,
/// where this thread is the only writer. A reader may see all but one of an even count.
pub(crate) fn observe_many_leased(
    block: &Block,
    run: Run,
    bucket: usize,
    value: Amount,
    count: u64,
) {
    let odd = if count % 2 == 0 { count.saturating_sub(1) } else { count };
    for count in [odd, count - odd] {
        if count > 0 {
            record_leased(block, run, bucket, value.times(count).0, count);
        }
    }
}

/// Records an odd number of observations with this sum.
#[inline]
#[expect(clippy::indexing_slicing, reason = "the header is within a line")]
fn record_leased(block: &Block, run: Run, bucket: usize, value: Amount, count: u64) {
    // A run of more than two cells begins on a line, so its header needs no check and no
    // remainder for each cell.
    let header = block.first_line(run);
    let bucket = block.cell(run, BUCKETS + bucket);
    // Relaxed, all three loads: own cells, and the last writer's stores are visible
    // through the lock of the lease or of the guests.
    let state = header[STATE].load(Ordering::Relaxed);
    let parity = (state & PARITY) as usize;
    let (sum, wrapped) = value.plus(header[SUMS + parity].load(Ordering::Relaxed));
    if wrapped {
        return record_wrapped(header, bucket, sum, count);
    }
    let filled = bucket.load(Ordering::Relaxed).wrapping_add(count);
    // Release: whoever sees this sum (Acquire in `Reading::add_leased`) sees the bucket
    // of the observation before it.
    header[SUMS + (parity ^ 1)].store(sum, Ordering::Release);
    // Release: whoever sees this bucket (Acquire in `load_bucket`) sees the sum above.
    bucket.store(filled, Ordering::Release);
    // Release: a reader of its turns (Acquire in `Reading::add_leased`) sees the buckets
    // up to here.
    header[STATE].store(state ^ PARITY, Ordering::Release);
}

/// Records in a leased block observations that made the sum wrap to this.
#[cold]
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "the header is within a line")]
fn record_wrapped(header: &Line, bucket: &AtomicU64, sum: u64, count: u64) {
    // Relaxed, both: as in `record_leased`.
    let state = header[STATE].load(Ordering::Relaxed);
    let filled = bucket.load(Ordering::Relaxed).wrapping_add(count);
    let other = (state & PARITY) as usize ^ 1;
    // Release, these two: as in `record_leased`; a reader of the sum or its bucket sees
    // that its slot is ahead.
    header[STATE].store(state | AHEAD, Ordering::Release);
    header[SUMS + other].store(sum, Ordering::Release);
    // Release: as in `record_leased`.
    bucket.store(filled, Ordering::Release);
    // Release: a reader of the turn of the slot before (Acquire in
    // `Reading::add_leased`) sees the bucket above.
    header[STATE].store((state ^ PARITY).wrapping_add(TURN), Ordering::Release);
}

/// One observation in the first and the third cell of a shared block. Below it the first
/// counts how many multiples of 2^63 the sum has passed, of observations that finished:
/// there is room for 2^40.
const ONE: u64 = 1 << 40;

/// Records in a shared block, beside other writers: nothing is lost. The first cell there
/// counts the observations finished and the half turns of the sum, `s[0]` is the sum, and
/// `s[1]` counts the observations begun. Wait-free for whole numbers, lock-free for
/// floats.
pub(crate) fn observe_shared(block: &Block, run: Run, bucket: usize, value: Amount) {
    record_shared(block, run, bucket, (value, 0), 1);
}

/// Records `count` observations of one value, of any sum, in a shared block. As
/// [`observe_shared`], but lock-free for a sum that wraps.
pub(crate) fn observe_many_shared(
    block: &Block,
    run: Run,
    bucket: usize,
    value: Amount,
    count: u64,
) {
    record_shared(block, run, bucket, value.times(count), count);
}

/// Records observations with this sum, which wrapped this often.
fn record_shared(
    block: &Block,
    run: Run,
    bucket: usize,
    (value, turns): (Amount, u64),
    count: u64,
) {
    let [finished, sum, begun, bucket] =
        [STATE, SUMS, SUMS + 1, BUCKETS + bucket].map(|place| block.cell(run, place));
    // Relaxed: published by each of the Release operations that follow.
    _ = begun.fetch_add(ONE, Ordering::Relaxed);
    if turns > 0 {
        add_turns(finished, turns);
    }
    // Release, both: whoever sees them (Acquire in `Reading::add_shared`) sees that this
    // observation had begun.
    let half_turns = value.add_shared(sum, Ordering::Release);
    _ = bucket.fetch_add(count, Ordering::Release);
    // Release: whoever counts this one as finished (Acquire in `Reading::add_shared`)
    // sees its sum and bucket.
    _ = finished.fetch_add(ONE + half_turns, Ordering::Release);
}

/// Adds whole turns to the half turns of a shared block, before the rest of their sum: a
/// reader that meets the record on its way sees too much, and later not less.
///
/// Half turns past 2^39 wrap, which leaves the records that wrap once their room.
#[cold]
#[inline(never)]
fn add_turns(finished: &AtomicU64, turns: u64) {
    let added = |finished: u64| {
        let half_turns = (finished % ONE).wrapping_add(turns.wrapping_mul(2)) % (ONE / 2);
        Some(finished - finished % ONE + half_turns)
    };
    // Release: a reader that sees these turns (Acquire in `Reading::add_shared`) sees that
    // their record had begun. Relaxed: only the number itself is used of what is loaded.
    _ = finished.fetch_update(Ordering::Release, Ordering::Relaxed, added);
}

/// The whole sum of which a shared block holds the lower 64 bits. The half turns may be
/// older than these: one that is missing shows in the upper bit, so a reading that met
/// observations on their way is right up to 2^63 of them.
fn with_half_turns(finished: u64, sum: u64) -> u128 {
    let half_turns = finished % ONE;
    let missing = (half_turns ^ sum >> 63) & 1;
    u128::from(half_turns + missing) << 63 | u128::from(sum << 1 >> 1)
}

/// What was read of one histogram, over any number of blocks.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Observations by bucket, not cumulated.
    pub(crate) buckets: Vec<u64>,
    /// The sum of exactly these observations, unless `settled` says otherwise.
    pub(crate) sum: Sum,
    /// False when the readings of a block ran out: the sum may then lack, or have more
    /// than, the observations that were being recorded at that moment.
    pub(crate) settled: bool,
    /// One pass over the buckets of one block.
    pass: Vec<u64>,
}

impl Reading {
    /// Begins with nothing observed: `zero` says of what kind the sum is.
    pub(crate) fn clear(&mut self, bucket_count: usize, zero: Sum) {
        self.buckets.clear();
        self.buckets.resize(bucket_count, 0);
        self.sum = zero;
        self.settled = true;
    }

    /// Adds what a leased block holds.
    pub(crate) fn add_leased(&mut self, cells: &[AtomicU64]) {
        let [state, even, odd, buckets @ ..] = cells else { return };
        self.add_settled(buckets, |count| {
            let slot = if count & 1 == 0 { even } else { odd };
            // Acquire: pairs with the Release of the state in `record_leased` and in
            // `record_wrapped`.
            let turns = turns_of(state.load(Ordering::Acquire), count & 1);
            // Acquire: pairs with the Release of the sum in `record_leased`.
            (u128::from(turns) << 64 | u128::from(slot.load(Ordering::Acquire)), true)
        });
    }

    /// Adds what the shared block holds.
    ///
    /// Those that finished before the buckets were read, and as many as had begun after:
    /// then none was under way.
    pub(crate) fn add_shared(&mut self, cells: &[AtomicU64]) {
        let [finished, sum, begun, buckets @ ..] = cells else { return };
        // Acquire: pairs with the Release of `finished`, so all of the finished ones are
        // in what is read next.
        let mut before = finished.load(Ordering::Acquire);
        self.add_settled(buckets, |_| {
            // Acquire: pairs with the Release of the sum in `record_shared`.
            let sum = sum.load(Ordering::Acquire);
            // Relaxed: what the Acquire loads of the buckets and the sum saw had begun,
            // and so is seen as begun here.
            let quiet = begun.load(Ordering::Relaxed) / ONE == before / ONE;
            let sum = with_half_turns(before, sum);
            // Acquire: as above, for the buckets that are read next.
            before = finished.load(Ordering::Acquire);
            (sum, quiet)
        });
    }

    /// Reads the buckets and, by `read_sum`, the sum that goes with their count, until
    /// both are one state.
    fn add_settled(
        &mut self,
        buckets: &[AtomicU64],
        mut read_sum: impl FnMut(u64) -> (u128, bool),
    ) {
        self.pass.resize(buckets.len(), 0);
        let (mut count, _) = self.look(buckets);
        let mut left = MOST_READINGS;
        let sum = loop {
            let (sum, quiet) = read_sum(count);
            let (count_now, unchanged) = self.look(buckets);
            if unchanged && quiet {
                break sum;
            }
            count = count_now;
            left -= 1;
            if left == 0 {
                self.settled = false;
                break sum;
            }
            spin_loop();
        };
        self.sum = self.sum.plus(sum);
        for (total, filled) in self.buckets.iter_mut().zip(&self.pass) {
            *total = total.wrapping_add(*filled);
        }
    }

    /// Reads the buckets, and says how many observations are in them and whether they are
    /// what they were.
    fn look(&mut self, buckets: &[AtomicU64]) -> (u64, bool) {
        let (mut count, mut changes) = (0_u64, 0);
        for (seen, bucket) in self.pass.iter_mut().zip(buckets) {
            let filled = load_bucket(bucket);
            count = count.wrapping_add(filled);
            changes |= filled ^ *seen;
            *seen = filled;
        }
        (count, changes == 0)
    }
}

#[inline]
fn load_bucket(bucket: &AtomicU64) -> u64 {
    // Acquire: pairs with the Release of the bucket in `record_leased` and
    // `record_shared`.
    bucket.load(Ordering::Acquire)
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bounds::{Bounds, Scale};
    use crate::cells::arena;
    use crate::family::family::FamilyCore;
    use crate::metrics::histogram::Histogram;
    use crate::metrics::metric::Sealed;
    use crate::metrics::shape::Shape;
    use crate::value::{Number, Value};

    /// A thread without a lease may stop for ever between any two steps of an
    /// observation.
    #[test]
    fn a_reading_ends_although_an_observation_never_does() {
        let layout = Bounds::new(Scale::One, &[1.0, 10.0]).unwrap().0;
        let family = FamilyCore::new("family", "F.", &[], Shape::Histogram(layout));
        let series = family.with(&[]);
        let histogram = Histogram::open(series.clone(), layout);
        let run = series.get().unwrap().run;
        let block = arena::process().column(run.block()).shared_or_new();
        let mut reading = Reading::default();

        histogram.observe(7);
        observe_shared(block, run, 0, Amount::Whole(1));
        assert_eq!((histogram.snapshot().sum, histogram.snapshot().is_settled), (8, true));
        // As in `observe_shared`: it begins, it is in the sum and in its bucket, it has
        // finished.
        let steps = [(SUMS + 1, ONE), (SUMS, 100), (BUCKETS + 2, 1), (STATE, ONE)];
        let expected = [(8, 0, false), (108, 0, false), (108, 1, false), (108, 1, true)];
        for (number, ((place, amount), (sum, last, is_settled))) in
            (1..).zip(steps.into_iter().zip(expected))
        {
            _ = block.cell(run, place).fetch_add(amount, Ordering::Relaxed);
            let snapshot = histogram.snapshot();
            assert_eq!((snapshot.sum, &snapshot.buckets[..]), (sum, &[1, 1, last][..]));
            assert_eq!(snapshot.is_settled, is_settled);
            let value = family.read(series.get().unwrap(), &mut reading);
            assert_eq!(
                value,
                Value::Histogram { buckets: &[1, 1, last], sum: Number::Unsigned(sum) }
            );
            // Scrapes say so on the page.
            assert_eq!(family.counted_faults().unsettled, number.min(3));
        }
    }

    /// Values of every size, many of them as large as can be.
    fn values() -> impl Strategy<Value = Vec<u64>> {
        let sized = (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift);
        let large = (0_u64..3).prop_map(|less| u64::MAX - less);
        prop::collection::vec(prop_oneof![sized, large, Just(1 << 63), Just((1 << 63) - 1)], 0..40)
    }

    proptest! {
        /// After each observation, and with the turns of a while ago.
        #[test]
        fn sums_of_any_values_are_exact(leased in values(), shared in values()) {
            let run = arena::process().allocate(HEADER_CELLS + 1);
            let blocks = [Block::leak(), Block::leak()];
            let mut expected = 0_u128;
            let mut reading = Reading::default();
            let leased = leased.into_iter().map(|value| (value, true));
            for (value, is_leased) in leased.chain(shared.into_iter().map(|value| (value, false))) {
                let observe = if is_leased { observe_leased } else { observe_shared };
                observe(blocks[usize::from(is_leased)], run, 0, Amount::Whole(value));
                expected += u128::from(value);
                reading.clear(1, Sum::Whole(0));
                reading.add_leased(blocks[1].cells(run));
                reading.add_shared(blocks[0].cells(run));
                prop_assert_eq!((reading.sum, reading.settled), (Sum::Whole(expected), true));
            }
        }

        #[test]
        fn half_turns_that_are_missing_show_in_the_sum(known in any::<u64>(), more in 0..=1_u64 << 63) {
            let known = u128::from(known) << 30;
            let sum = known + u128::from(more);
            let finished = ONE * 5 + u64::try_from(known >> 63).unwrap();
            prop_assume!(sum >> 63 <= (known >> 63) + 1);
            #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
            let lower = sum as u64;
            prop_assert_eq!(with_half_turns(finished, lower), sum);
        }
    }

    /// A batch whose product wraps goes to the shared block, whatever the thread.
    fn observe_many(blocks: [&'static Block; 2], run: Run, value: u64, count: u64, leased: bool) {
        let amount = Amount::Whole(value);
        if leased && amount.times(count).1 == 0 {
            observe_many_leased(blocks[1], run, 0, amount, count);
        } else {
            observe_many_shared(blocks[0], run, 0, amount, count);
        }
    }

    proptest! {
        /// After each record, beside single observations.
        #[test]
        fn batches_add_up_exactly(
            records in prop::collection::vec(
                (any::<u64>(), 0_u32..64, any::<u64>(), 0_u32..64, any::<bool>()),
                0..20,
            ),
        ) {
            let run = arena::process().allocate(HEADER_CELLS + 1);
            let blocks = [Block::leak(), Block::leak()];
            let (mut sum, mut observed) = (0_u128, 0_u64);
            let mut reading = Reading::default();
            for (value, less, count, fewer, leased) in records {
                // The sum has room for 2^102 in the shared block.
                let (value, count) = (value >> less, count >> fewer.max(32));
                observe_many(blocks, run, value, count, leased);
                observe_leased(blocks[1], run, 0, Amount::Whole(1));
                sum += u128::from(value) * u128::from(count) + 1;
                observed = observed.wrapping_add(count).wrapping_add(1);
                reading.clear(1, Sum::Whole(0));
                reading.add_leased(blocks[1].cells(run));
                reading.add_shared(blocks[0].cells(run));
                prop_assert_eq!((reading.sum, reading.settled), (Sum::Whole(sum), true));
                prop_assert_eq!(&reading.buckets, &[observed]);
            }
        }
    }

    #[test]
    fn turns_past_their_room_keep_the_counts() {
        let run = arena::process().allocate(HEADER_CELLS + 1);
        let block = Block::leak();
        for records in 1..9 {
            observe_many_shared(block, run, 0, Amount::Whole(u64::MAX), u64::MAX);
            observe_shared(block, run, 0, Amount::Whole(u64::MAX));
            let mut reading = Reading::default();
            reading.clear(1, Sum::Whole(0));
            reading.add_shared(block.cells(run));
            assert!(reading.settled, "after {records} records");
            let Sum::Whole(sum) = reading.sum else { panic!("a float") };
            // Exact up to 2^102, then modulo it.
            let expected = u128::from(u64::MAX).wrapping_mul(records).wrapping_shl(64);
            assert_eq!(sum % (1 << 102), expected % (1 << 102));
        }
    }

    /// A thread without a lease that stops for ever behind the add that wraps the sum.
    #[test]
    fn a_stalled_wrap_takes_no_sum_back() {
        let run = arena::process().allocate(HEADER_CELLS + 1);
        let block = Block::leak();
        (0..2).for_each(|_| observe_shared(block, run, 0, Amount::Whole(u64::MAX / 2)));
        for (place, amount) in [(SUMS + 1, ONE), (SUMS, 100), (BUCKETS, 1)] {
            _ = block.cell(run, place).fetch_add(amount, Ordering::Relaxed);
            let mut reading = Reading::default();
            reading.clear(1, Sum::Whole(0));
            reading.add_shared(block.cells(run));
            let expected = u128::from(u64::MAX - 1) + if place == SUMS + 1 { 0 } else { 100 };
            assert_eq!((reading.sum, reading.settled), (Sum::Whole(expected), false));
        }
    }
}
