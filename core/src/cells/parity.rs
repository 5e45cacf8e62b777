//! The parity sum: the buckets and the sum of a histogram are read as one state while
//! they are written.
//!
//! The cells of one histogram in one block are the state, `s[0]`, `s[1]`, then one cell
//! for each bucket. The state holds the parity of `n`, the number of observations. In a
//! leased block, or as a guest, the only writer records observation `n + 1` in three
//! steps:
//!
//! 1. `s[(n + 1) & 1] = s[n & 1] + value`
//! 2. `bucket += 1`
//! 3. `n += 1`
//!
//! A reader loads all buckets, whose sum is `N`, then `s[N & 1]`, then all buckets again.
//! If the buckets did not change, step 2 of observation `N` had happened before. So `s[N
//! & 1]` holds the sum of exactly `N` observations or something newer. Step 2 of
//! observation `N + 1` had not happened, so it is nothing newer: observation `N + 2` is
//! the next to write that sum. A writer that stalls anywhere does no harm, because an
//! observation in flight writes only the other sum.
//!
//! A sum of whole numbers may pass 2^64. The state also counts these turns. Before step
//! 1, an observation that wraps marks the sum that it writes as a turn ahead of the
//! other. In step 3, when no reader can use the other sum any more, both have that turn.
//! So a reader of the bucket of observation `N` has the turns of `s[N & 1]`, until the
//! second load of the buckets shows observation `N + 1`.
//!
//! Several equal observations are one record if their number is odd: `n` then changes its
//! parity as by one observation. An even number is two such records.
//!
//! Sums of whole numbers and of floats differ only in the addition of an [`Amount`].

use crate::cells::amount::{Amount, Sum};
use crate::cells::block::{Block, Column, Line, Run};
use crate::sync::{AtomicU64, Ordering, spin_loop};

/// Cells of a histogram besides its buckets.
pub(crate) const HEADER_CELLS: usize = 3;

/// Readings of one block before the last is taken unsettled. A reading takes some 20 ns
/// and fails only if an observation falls into it. With 11 bounds, a thousand failures in
/// a row were never seen. With 100 or more they occurred in two of 100,000 readings,
/// beside threads that did nothing but observe.
const MOST_READINGS: usize = if cfg!(tickmark_loom) { 2 } else { 1000 };

/// The indices of a histogram's cells in its run.
const STATE: usize = 0;
const SUMS: usize = 1;
const BUCKETS: usize = HEADER_CELLS;

/// The bits of the state of a leased block: the parity of the count, whether the sum of
/// the other parity is a turn ahead, and the turns of the sum. Overflowing them takes
/// 2^62 turns, which takes decades.
const PARITY: u64 = 1;
const AHEAD: u64 = 2;
const TURN: u64 = 4;

/// Returns the turns of the sum of this parity in a leased block.
fn turns_of(state: u64, parity: u64) -> u64 {
    let is_ahead = state & AHEAD != 0 && state & PARITY != parity;
    state / TURN + u64::from(is_ahead)
}

/// Records in a block with this thread as its only writer.
#[inline]
pub(crate) fn observe_leased(block: &Block, run: Run, bucket: usize, value: Amount) {
    record_leased(block, run, bucket, value, 1);
}

/// Records `count` observations of one value, whose sum is below 2^64, in a block with
/// this thread as its only writer. A reader may see all but one of an even count.
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
    // A run of more than two cells begins on a line, so the cells of its header need
    // neither bounds checks nor remainders.
    let header = block.first_line(run);
    let bucket = block.cell(run, BUCKETS + bucket);
    // Relaxed, all three loads: own cells, and the lock of the lease or of the guests
    // makes the last writer's stores visible.
    let state = header[STATE].load(Ordering::Relaxed);
    let parity = (state & PARITY) as usize;
    let (sum, wrapped) = value.plus(header[SUMS + parity].load(Ordering::Relaxed));
    if wrapped {
        return record_wrapped(header, bucket, sum, count);
    }
    let filled = bucket.load(Ordering::Relaxed).wrapping_add(count);
    // Release: pairs with the Acquire in `Reading::add_leased`. A reader of this sum sees
    // the bucket of the observation before it.
    header[SUMS + (parity ^ 1)].store(sum, Ordering::Release);
    // Release: pairs with the Acquire in `load_bucket`. A reader of this bucket sees the
    // sum above.
    bucket.store(filled, Ordering::Release);
    // Release: pairs with the Acquire in `Reading::add_leased`. A reader of its turns
    // sees the buckets up to here.
    header[STATE].store(state ^ PARITY, Ordering::Release);
}

/// Records, in a block with one writer, observations that made the sum wrap to `sum`.
#[cold]
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "the header is within a line")]
fn record_wrapped(header: &Line, bucket: &AtomicU64, sum: u64, count: u64) {
    // Relaxed, both: as in `record_leased`.
    let state = header[STATE].load(Ordering::Relaxed);
    let filled = bucket.load(Ordering::Relaxed).wrapping_add(count);
    let other = (state & PARITY) as usize ^ 1;
    // Release, both: pair as in `record_leased`. A reader of the sum or its bucket sees
    // that this sum is ahead.
    header[STATE].store(state | AHEAD, Ordering::Release);
    header[SUMS + other].store(sum, Ordering::Release);
    // Release: as in `record_leased`.
    bucket.store(filled, Ordering::Release);
    // Release: pairs with the Acquire in `Reading::add_leased`. A reader of the previous
    // sum's turn sees the bucket above.
    header[STATE].store((state ^ PARITY).wrapping_add(TURN), Ordering::Release);
}

/// One observation in the first and the third cell of a shared block. In the bits below,
/// the first cell counts the multiples of 2^63 that the sum has passed by finished
/// observations. There is room for 2^40 of them.
const ONE: u64 = 1 << 40;

/// Records in a block with other writers, and loses nothing. The first cell counts
/// finished observations and the half turns of the sum, `s[0]` is the sum, and `s[1]`
/// counts begun observations. Wait-free for whole numbers, lock-free for floats.
pub(crate) fn observe_shared(block: &Block, run: Run, bucket: usize, value: Amount) {
    record_shared(block, run, bucket, (value, 0), 1);
}

/// Records `count` observations of one value, of any sum, in a block with other writers.
/// As [`observe_shared`], but lock-free for a sum that wraps.
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
#[inline]
fn record_shared(
    block: &Block,
    run: Run,
    bucket: usize,
    (value, turns): (Amount, u64),
    count: u64,
) {
    let [finished, sum, begun, bucket] =
        [STATE, SUMS, SUMS + 1, BUCKETS + bucket].map(|index| block.cell(run, index));
    // Relaxed: each of the following Release operations publishes it.
    _ = begun.fetch_add(ONE, Ordering::Relaxed);
    if turns > 0 {
        add_turns(finished, turns);
    }
    // Release, both: pair with the Acquires in `Reading::add_shared`. A reader of either
    // sees that this observation had begun.
    let half_turns = value.add_shared(sum, Ordering::Release);
    _ = bucket.fetch_add(count, Ordering::Release);
    // Release: pairs with the Acquire in `Reading::add_shared`. A reader that counts this
    // observation as finished sees its sum and bucket.
    _ = finished.fetch_add(ONE + half_turns, Ordering::Release);
}

/// Adds whole turns to the half turns of a shared block, before the rest of their sum. A
/// reader beside the record sees too much, and later not less.
///
/// Half turns past 2^39 wrap. So records that wrap once keep room for as many.
#[cold]
#[inline(never)]
fn add_turns(finished: &AtomicU64, turns: u64) {
    let added = |finished: u64| {
        let half_turns = (finished % ONE).wrapping_add(turns.wrapping_mul(2)) % (ONE / 2);
        Some(finished - finished % ONE + half_turns)
    };
    // Release: pairs with the Acquire in `Reading::add_shared`. A reader of these turns
    // sees that their record had begun. Relaxed: the load reads nothing but the number
    // itself.
    _ = finished.fetch_update(Ordering::Release, Ordering::Relaxed, added);
}

/// Returns the whole sum, of which a shared block holds the lower 64 bits. The half turns
/// may be older than these bits. A missing half turn shows in the upper bit, so a reading
/// beside observations in flight is right up to 2^63 of them.
fn with_half_turns(finished: u64, sum: u64) -> u128 {
    let half_turns = finished % ONE;
    let missing = (half_turns ^ sum >> 63) & 1;
    u128::from(half_turns + missing) << 63 | u128::from(sum << 1 >> 1)
}

/// One histogram as it was read over any number of blocks.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Observations by bucket, not cumulated.
    pub(crate) buckets: Vec<u64>,
    /// The sum of exactly these observations, if `is_settled`.
    pub(crate) sum: Sum,
    /// False if the readings of a block ran out. The sum may then differ by the
    /// observations in flight.
    pub(crate) is_settled: bool,
    /// The last pass over the buckets of one block.
    pass: Vec<u64>,
}

impl Reading {
    /// Reads a histogram over all blocks of its column, each as one state. `zero` is the
    /// zero of its kind of sum.
    pub(crate) fn read(&mut self, column: &Column, run: Run, bucket_count: usize, zero: Sum) {
        self.clear(bucket_count, zero);
        for block in column.leased() {
            self.add_leased(block.cells(run));
        }
        if let Some(block) = column.shared() {
            self.add_shared(block.cells(run));
        }
    }

    /// Resets to no observations.
    fn clear(&mut self, bucket_count: usize, zero: Sum) {
        self.buckets.clear();
        self.buckets.resize(bucket_count, 0);
        self.sum = zero;
        self.is_settled = true;
    }

    /// Adds the cells of a block with one writer.
    fn add_leased(&mut self, cells: &[AtomicU64]) {
        let [state, even, odd, buckets @ ..] = cells else { return };
        self.add_settled(buckets, |count| {
            let sum = if count & 1 == 0 { even } else { odd };
            // Acquire: pairs with the Releases of the state in `record_leased` and
            // `record_wrapped`.
            let turns = turns_of(state.load(Ordering::Acquire), count & 1);
            // Acquire: pairs with the Release of the sum in `record_leased`.
            (u128::from(turns) << 64 | u128::from(sum.load(Ordering::Acquire)), true)
        });
    }

    /// Adds the cells of the shared block.
    ///
    /// The reading is one state if as many observations had finished before the buckets
    /// were read as had begun afterwards: then none was in flight.
    fn add_shared(&mut self, cells: &[AtomicU64]) {
        let [finished, sum, begun, buckets @ ..] = cells else { return };
        // Acquire: pairs with the Release of `finished` in `record_shared`. The next
        // loads see all finished observations.
        let mut before = finished.load(Ordering::Acquire);
        self.add_settled(buckets, |_| {
            // Acquire: pairs with the Release of the sum in `record_shared`.
            let sum = sum.load(Ordering::Acquire);
            // Relaxed: every observation in the buckets and the sum had begun, and the
            // Acquire loads of these make that visible here.
            let is_quiet = begun.load(Ordering::Relaxed) / ONE == before / ONE;
            let sum = with_half_turns(before, sum);
            // Acquire: pairs as above, for the next loads of the buckets.
            before = finished.load(Ordering::Acquire);
            (sum, is_quiet)
        });
    }

    /// Reads the buckets, and by `read_sum` the sum for their count, until both are one
    /// state.
    fn add_settled(
        &mut self,
        buckets: &[AtomicU64],
        mut read_sum: impl FnMut(u64) -> (u128, bool),
    ) {
        self.pass.resize(buckets.len(), 0);
        let (mut count, _) = self.pass_over(buckets);
        let mut left = MOST_READINGS;
        let sum = loop {
            let (sum, is_quiet) = read_sum(count);
            let (count_now, is_unchanged) = self.pass_over(buckets);
            if is_unchanged && is_quiet {
                break sum;
            }
            count = count_now;
            left -= 1;
            if left == 0 {
                self.is_settled = false;
                break sum;
            }
            spin_loop();
        };
        self.sum = self.sum.plus(sum);
        for (total, filled) in self.buckets.iter_mut().zip(&self.pass) {
            *total = total.wrapping_add(*filled);
        }
    }

    /// Reads the buckets. Returns how many observations are in them, and whether they are
    /// unchanged since the last pass.
    fn pass_over(&mut self, buckets: &[AtomicU64]) -> (u64, bool) {
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
    // Acquire: pairs with the Releases of the bucket in `record_leased`, `record_wrapped`
    // and `record_shared`.
    bucket.load(Ordering::Acquire)
}

/// Returns the four steps of [`observe_shared`] as the index of a cell and its increment,
/// for tests that stop in between.
#[cfg(all(test, not(tickmark_loom)))]
pub(crate) fn shared_steps(bucket: usize, value: u64) -> [(usize, u64); 4] {
    [(SUMS + 1, ONE), (SUMS, value), (BUCKETS + bucket, 1), (STATE, ONE)]
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cells::arena;

    /// Values of every size, many of them near `u64::MAX`.
    fn values() -> impl Strategy<Value = Vec<u64>> {
        let sized = (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift);
        let large = (0_u64..3).prop_map(|less| u64::MAX - less);
        prop::collection::vec(prop_oneof![sized, large, Just(1 << 63), Just((1 << 63) - 1)], 0..40)
    }

    proptest! {
        /// Checked after each observation.
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
                prop_assert_eq!((reading.sum, reading.is_settled), (Sum::Whole(expected), true));
            }
        }

        #[test]
        fn missing_half_turns_show_in_the_sum(known in any::<u64>(), more in 0..=1_u64 << 63) {
            let known = u128::from(known) << 30;
            let sum = known + u128::from(more);
            let finished = ONE * 5 + u64::try_from(known >> 63).unwrap();
            prop_assume!(sum >> 63 <= (known >> 63) + 1);
            #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
            let lower = sum as u64;
            prop_assert_eq!(with_half_turns(finished, lower), sum);
        }
    }

    /// Records a batch; one whose product wraps goes to the shared block.
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
                prop_assert_eq!((reading.sum, reading.is_settled), (Sum::Whole(sum), true));
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
            assert!(reading.is_settled, "after {records} records");
            let Sum::Whole(sum) = reading.sum else { panic!("a float") };
            // Exact up to 2^102, then modulo it.
            let expected = u128::from(u64::MAX).wrapping_mul(records).wrapping_shl(64);
            assert_eq!(sum % (1 << 102), expected % (1 << 102));
        }
    }

    /// Covers a thread without a lease that stops for ever after the add that wraps the
    /// sum.
    #[test]
    fn a_stalled_wrap_keeps_the_sum() {
        let run = arena::process().allocate(HEADER_CELLS + 1);
        let block = Block::leak();
        (0..2).for_each(|_| observe_shared(block, run, 0, Amount::Whole(u64::MAX / 2)));
        for (cell, amount) in [(SUMS + 1, ONE), (SUMS, 100), (BUCKETS, 1)] {
            _ = block.cell(run, cell).fetch_add(amount, Ordering::Relaxed);
            let mut reading = Reading::default();
            reading.clear(1, Sum::Whole(0));
            reading.add_shared(block.cells(run));
            let expected = u128::from(u64::MAX - 1) + if cell == SUMS + 1 { 0 } else { 100 };
            assert_eq!((reading.sum, reading.is_settled), (Sum::Whole(expected), false));
        }
    }
}
