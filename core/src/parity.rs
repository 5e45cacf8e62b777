//! The parity sum: how the buckets and the sum of a histogram are read as one state, while they are written.
//!
//! Cells of one histogram in one block: `n`, `s[0]`, `s[1]`, `held`, then one cell a bucket. In a leased block the only writer
//! records the observation number `n + 1` in three steps:
//!
//! 1. `s[(n + 1) & 1] = s[n & 1] + value`
//! 2. `bucket += 1`
//! 3. `n += 1`
//!
//! A reader takes all buckets, whose sum is `N`, then `s[N & 1]`, then all buckets again. If they did not change, step
//! 2 of observation `N` had happened before (so `s[N & 1]` holds the sum of exactly `N` observations or something
//! newer), and step 2 of observation `N + 1` had not (so nothing newer: that slot is next written by observation
//! `N + 2`). A writer that is stalled anywhere spoils nothing: an observation in flight only writes the other slot.
//!
//! If they did change, the reader begins again. One that meets a new observation each time, because the writer does
//! nothing else, **holds** the block: while the fourth cell says so, the writer records in the shared block, and all that
//! can still change here is the one observation in flight.
//!
//! Sums of whole numbers and of floats differ in nothing but how an [`Amount`] is added to one.

use crate::amount::Amount;
use crate::block::{Block, Run};
use crate::sync::{AtomicU64, Ordering, spin_loop};

/// Cells that a histogram needs besides its buckets.
pub(crate) const HEADER_CELLS: usize = 4;

/// Readings of one block before it is held. A reading takes some 20 ns and seldom fails.
const FREE_READINGS: usize = if cfg!(tickmark_loom) { 1 } else { 8 };

/// Readings of one block before the last is taken as it is. In a held block the second or third succeeds; in the shared
/// block, threads past the shard limit may spoil any number.
const MOST_READINGS: usize = if cfg!(tickmark_loom) { 2 } else { 1000 };

/// Where the cells of a histogram are in its run.
const COUNT: usize = 0;
const SUMS: usize = 1;
const HELD: usize = 3;
const BUCKETS: usize = HEADER_CELLS;

/// Records in a leased block, where this thread is the only writer. False if a reader holds the block: then it has to be
/// recorded elsewhere.
#[inline]
#[must_use]
pub(crate) fn observe_leased(block: &Block, run: Run, bucket: usize, value: Amount) -> bool {
    // Relaxed: a wish. Who does not see it yet costs the reader another look.
    if block.cell(run, HELD).load(Ordering::Relaxed) != 0 {
        return false;
    }
    let n = block.cell(run, COUNT);
    let bucket = block.cell(run, BUCKETS + bucket);
    // Relaxed, all three loads: own cells, and the last holder's stores are visible through the lock of the lease.
    let count = n.load(Ordering::Relaxed);
    let parity = (count & 1) as usize;
    let sum = value.plus(block.cell(run, SUMS + parity).load(Ordering::Relaxed)).bits();
    let filled = bucket.load(Ordering::Relaxed).wrapping_add(1);
    // Release: whoever sees this sum (Acquire in `Reading::add_leased`) sees the bucket of the observation before it.
    block.cell(run, SUMS + (parity ^ 1)).store(sum, Ordering::Release);
    // Release: whoever sees this bucket (Acquire in `load_bucket`) sees the sum above.
    bucket.store(filled, Ordering::Release);
    // Relaxed: only this thread and later holders of the lease read it.
    n.store(count.wrapping_add(1), Ordering::Relaxed);
    true
}

/// Records in a shared block, beside other writers: nothing is lost. There `n` counts the observations finished,
/// `s[0]` is the sum, and `s[1]` counts the observations begun. Wait-free for whole numbers, lock-free for floats.
pub(crate) fn observe_shared(block: &Block, run: Run, bucket: usize, value: Amount) {
    let [finished, sum, begun, bucket] = [COUNT, SUMS, SUMS + 1, BUCKETS + bucket].map(|place| block.cell(run, place));
    // Relaxed: published by each of the Release operations that follow.
    let _ = begun.fetch_add(1, Ordering::Relaxed);
    // Release, both: whoever sees them (Acquire in `Reading::add_shared`) sees that this observation had begun.
    value.add_shared(sum, Ordering::Release);
    let _ = bucket.fetch_add(1, Ordering::Release);
    // Release: whoever counts this one as finished (Acquire in `Reading::add_shared`) sees its sum and bucket.
    let _ = finished.fetch_add(1, Ordering::Release);
}

/// What was read of one histogram, over any number of blocks.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Observations by bucket, not cumulated.
    pub(crate) buckets: Vec<u64>,
    /// The sum of exactly these observations, unless `settled` says otherwise.
    pub(crate) sum: Amount,
    /// False when the readings of a block ran out: the sum may then lack, or have more than, the observations that were
    /// being recorded at that moment.
    pub(crate) settled: bool,
    /// One pass over the buckets of one block.
    pass: Vec<u64>,
}

impl Reading {
    /// Begins with nothing observed: `zero` says of what kind the sum is.
    pub(crate) fn clear(&mut self, bucket_count: usize, zero: Amount) {
        self.buckets.clear();
        self.buckets.resize(bucket_count, 0);
        self.sum = zero;
        self.settled = true;
    }

    /// Adds what a leased block has, if it can be had in a few readings; says whether it could.
    pub(crate) fn add_leased(&mut self, cells: &[AtomicU64]) -> bool {
        self.add_leased_in(FREE_READINGS, cells)
    }

    /// Adds what a leased block has, and lets its writer record elsewhere meanwhile. Only one reader may do so at a time.
    pub(crate) fn add_held(&mut self, cells: &[AtomicU64]) {
        let Some(held) = cells.get(HELD) else { return };
        // Relaxed, both: see `observe_leased`.
        held.store(1, Ordering::Relaxed);
        let settled = self.add_leased_in(MOST_READINGS, cells);
        held.store(0, Ordering::Relaxed);
        self.settled &= settled;
    }

    fn add_leased_in(&mut self, readings: usize, cells: &[AtomicU64]) -> bool {
        let [_, even, odd, _, buckets @ ..] = cells else { return true };
        self.add_settled(readings, buckets, |count| {
            let slot = if count & 1 == 0 { even } else { odd };
            // Acquire: pairs with the Release of the sum in `observe_leased`.
            (slot.load(Ordering::Acquire), true)
        })
    }

    /// Adds what the shared block has, if it can be had in a few readings; says whether it could.
    pub(crate) fn add_shared(&mut self, cells: &[AtomicU64]) -> bool {
        self.add_shared_in(FREE_READINGS, cells)
    }

    /// Adds what the shared block has, as one state if that is to be had at all.
    pub(crate) fn add_shared_patiently(&mut self, cells: &[AtomicU64]) {
        let settled = self.add_shared_in(MOST_READINGS, cells);
        self.settled &= settled;
    }

    /// Those that finished before the buckets were read, and as many as had begun after: then none was under way.
    fn add_shared_in(&mut self, readings: usize, cells: &[AtomicU64]) -> bool {
        let [finished, sum, begun, _, buckets @ ..] = cells else { return true };
        // Acquire: pairs with the Release of `finished`, so all of the finished ones are in what is read next.
        let mut before = finished.load(Ordering::Acquire);
        self.add_settled(readings, buckets, |_| {
            // Acquire: pairs with the Release of the sum in `observe_shared`.
            let sum = sum.load(Ordering::Acquire);
            // Relaxed: what the Acquire loads of the buckets and the sum saw had begun, and so is seen as begun here.
            let quiet = begun.load(Ordering::Relaxed) == before;
            // Acquire: as above, for the buckets that are read next.
            before = finished.load(Ordering::Acquire);
            (sum, quiet)
        })
    }

    /// Reads the buckets and, by `read_sum`, the sum that goes with their count, until both are one state or the readings
    /// run out. Says which; adds what was read last.
    fn add_settled(
        &mut self,
        readings: usize,
        buckets: &[AtomicU64],
        mut read_sum: impl FnMut(u64) -> (u64, bool),
    ) -> bool {
        self.pass.clear();
        self.pass.extend(buckets.iter().map(load_bucket));
        let mut left = readings;
        let (sum, settled) = loop {
            let count = self.pass.iter().fold(0, |sum: u64, filled| sum.wrapping_add(*filled));
            let (sum, quiet) = read_sum(count);
            let unchanged = self.refresh(buckets);
            left -= 1;
            if (unchanged && quiet) || left == 0 {
                break (sum, unchanged && quiet);
            }
            spin_loop();
        };
        self.sum = self.sum.plus(sum);
        for (total, filled) in self.buckets.iter_mut().zip(&self.pass) {
            *total = total.wrapping_add(*filled);
        }
        settled
    }

    /// Reads the buckets again and says whether they are what they were.
    fn refresh(&mut self, buckets: &[AtomicU64]) -> bool {
        let mut unchanged = true;
        for (seen, bucket) in self.pass.iter_mut().zip(buckets) {
            let filled = load_bucket(bucket);
            unchanged &= filled == *seen;
            *seen = filled;
        }
        unchanged
    }
}

fn load_bucket(bucket: &AtomicU64) -> u64 {
    // Acquire: pairs with the Release of the bucket in `observe_leased` and `observe_shared`.
    bucket.load(Ordering::Acquire)
}
