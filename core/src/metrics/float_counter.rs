//! Float counters: amounts that only go up and are no whole numbers.

use std::fmt;

use crate::cells::amount::{self, Amount};
use crate::cells::arena;
use crate::cells::block::{Column, Run};
use crate::cells::shard::{self, Place};
use crate::metrics::counter::run_of;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::series::exemplar::set_exemplar;
use crate::series::fault_counts;
use crate::series::series::Series;
use crate::sync::{AtomicU64, Kept, Ordering};

/// A number that only goes up by amounts that are not whole: seconds of processor time,
/// joules.
///
/// Where amounts are whole numbers of some unit, a [`Counter`](crate::Counter) is exact;
/// this one rounds as `f64` does, and what is added to a sum 2^53 times as large vanishes
/// in it. NaN, infinities and negative amounts are not added:
/// `tickmark_observations_rejected_total{family="…"}` counts them. The sum stays finite,
/// at `f64::MAX` if it would pass it.
///
/// A handle: `Clone` gives another one for the same series. Recording costs about a plain
/// add, on as many threads at once as the [shard limit](crate::set_shard_limit) allows,
/// some 7 ns more on those that record seldom. It is wait-free but where a block of cells
/// is allocated (when a thread first records there, [earns](crate#what-holds) one, or is
/// the first guest that meets another), and for threads past that limit: these share a
/// cell and add to it by compare-exchange, which is lock-free only and costs more.
///
/// ```
/// let registry = tickmark::Registry::new();
/// let busy = registry.float_counter("busy_seconds", "Processor time used.")?;
/// busy.add(0.25);
/// busy.inc();
/// busy.add(f64::NAN);
/// assert_eq!(busy.get(), 1.25);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct FloatCounter {
    run: Run,
    /// Keeps the cells from being given to another series, and counts what is not added.
    series: Kept<Series>,
}

impl FloatCounter {
    /// Adds one. Wait-free on a thread with cells of its own, lock-free otherwise.
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Adds `amount`, unless it is negative, infinite or NaN. Wait-free on a thread with
    /// cells of its own, lock-free otherwise.
    #[inline]
    pub fn add(&self, amount: f64) {
        if !takes(amount) {
            return fault_counts::reject_record(&self.series);
        }
        match shard::near(self.run.block()) {
            Some(block) => add_leased(block.cell(self.run, 0), amount),
            None => self.add_far(amount),
        }
    }

    #[inline(never)]
    fn add_far(&self, amount: f64) {
        add_at(shard::place(self.run.block()), self.run, amount);
    }

    /// Adds `amount` as [`add`](Self::add) does, and keeps it as the exemplar of this
    /// series, with labels that lead to where it came from.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::Exemplar) are refused and counted:
    /// the amount is added, and the last exemplar stays, as it does when the amount is
    /// rejected. Lock-free; allocates, but not for a refusal, which takes bounded time.
    pub fn add_with_exemplar(&self, amount: f64, labels: &[(&str, &str)]) {
        self.add(amount);
        if takes(amount) {
            set_exemplar(&self.series, 0, 1, labels, amount.into());
        }
    }

    /// The sum of all that was added, by any thread.
    ///
    /// Adds that happened before this call are in it; adds running meanwhile may be. It
    /// never goes back. Lock-free; its cost grows with the number of threads that
    /// recorded.
    #[must_use]
    pub fn get(&self) -> f64 {
        read(arena::process().column(self.run.block()), self.run)
    }
}

/// Adds in whatever block the thread may write to.
pub(crate) fn add_at(place: Place, run: Run, amount: f64) {
    match place {
        Place::Leased(block) => add_leased(block.cell(run, 0), amount),
        Place::Guest(guest) => add_leased(guest.block().cell(run, 0), amount),
        // Relaxed: a count publishes nothing but itself.
        Place::Shared(block) => {
            _ = Amount::Float(amount).add_shared(block.cell(run, 0), Ordering::Relaxed)
        }
    }
}

/// Adds to a cell of a leased shard, where this thread is the only writer.
#[inline]
fn add_leased(cell: &AtomicU64, amount: f64) {
    // Relaxed: the last writer's store is visible through the lock of the lease or of the
    // guests.
    let before = cell.load(Ordering::Relaxed);
    // Relaxed: a count publishes nothing but itself.
    cell.store(Amount::Float(amount).plus(before).0, Ordering::Relaxed);
}

/// The sum over all shards, which never goes back although it is rounded.
///
/// Cells are added in the order of the chain, always the same. No cell goes back, and
/// rounding keeps the order: from a partial sum and a cell that are not less comes a
/// partial sum that is not less. A block that is new in the chain counted as zero before,
/// which no partial sum is changed by.
pub(crate) fn read(column: &Column, run: Run) -> f64 {
    column.blocks().fold(0.0, |sum, block| {
        // Relaxed: a count publishes nothing but itself, and coherence keeps it from
        // going back.
        let cell = block.cell(run, 0).load(Ordering::Relaxed);
        amount::add(sum, f64::from_bits(cell))
    })
}

/// Whether it can be added.
#[inline]
fn takes(amount: f64) -> bool {
    (0.0..=f64::MAX).contains(&amount)
}

impl Metric for FloatCounter {
    type Settings = ();
}

impl Sealed for FloatCounter {
    type Shape = ();

    fn family_shape((): ()) -> Shape {
        Shape::FloatCounter
    }

    #[inline]
    fn open(series: Kept<Series>, (): ()) -> Self {
        Self { run: run_of(&series), series }
    }
}

impl fmt::Debug for FloatCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FloatCounter").field(&self.get()).finish()
    }
}
