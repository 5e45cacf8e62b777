//! Float counters: fractional numbers that only go up.

use std::fmt;

use crate::cells::amount::{self, Amount};
use crate::cells::arena;
use crate::cells::block::{Column, Run};
use crate::cells::lease;
use crate::cells::place::Place;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::series::series::{Series, reject_record, run_of, set_exemplar};
use crate::sync::{AtomicU64, Kept, Ordering};

/// A number that only goes up, by fractional amounts: seconds of processor time, joules.
///
/// For whole amounts of some unit, a [`Counter`](crate::Counter) is exact. This one
/// rounds as `f64` does: an amount added to a sum 2^53 times as large is lost. NaN,
/// infinities and negative amounts are rejected, and counted by
/// `tickmark_observations_rejected_total{family="…"}`. The sum stays finite, at
/// `f64::MAX` at most.
///
/// A handle: `Clone` returns another one for the same series. Recording costs about a
/// plain add on threads within the [shard limit](crate::set_shard_limit), and some 7 ns
/// more on threads that record seldom.
///
/// Recording is wait-free, except where it allocates a block of cells: when a thread
/// first records there, [earns](crate#guarantees) one, or is the first guest that meets
/// another. Threads past the shard limit share a cell and add to it by compare-exchange,
/// which is lock-free only and costs more.
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
    /// Keeps the cells from being given to another series, and counts rejected amounts.
    series: Kept<Series>,
}

impl FloatCounter {
    /// Adds one. Wait-free; past the shard limit lock-free.
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Adds `amount`, unless it is negative, infinite or NaN. Wait-free; past the shard
    /// limit lock-free.
    #[doc(alias = "inc_by")]
    #[inline]
    pub fn add(&self, amount: f64) {
        if !takes(amount) {
            return reject_record(&self.series);
        }
        match lease::near(self.run.block()) {
            Some(block) => add_leased(block.cell(self.run, 0), amount),
            None => self.add_far(amount),
        }
    }

    #[inline(never)]
    fn add_far(&self, amount: f64) {
        add_at(lease::place(self.run.block()), self.run, amount);
    }

    /// Adds `amount` as [`add`](Self::add) does, and keeps it as the exemplar of this
    /// series, with labels that lead to its cause, such as a trace.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::export::Exemplar) are rejected and
    /// counted: the amount is added, and the last exemplar stays. It stays for a rejected
    /// amount too. Lock-free. Allocates, except for a rejection, which takes bounded
    /// time.
    pub fn add_with_exemplar(&self, amount: f64, labels: &[(&str, &str)]) {
        self.add(amount);
        if takes(amount) {
            set_exemplar(&self.series, 0, 1, labels, amount.into());
        }
    }

    /// Returns the sum of all amounts, by any thread.
    ///
    /// Adds that happened before this call are in the sum; concurrent ones may be. It
    /// never decreases. Lock-free; the cost grows with the number of threads that
    /// recorded.
    #[must_use]
    pub fn get(&self) -> f64 {
        read(arena::process().column(self.run.block()), self.run)
    }
}

/// Adds in the block that the thread may write to.
pub(crate) fn add_at(place: Place, run: Run, amount: f64) {
    place.record(
        |block| add_leased(block.cell(run, 0), amount),
        // Relaxed: a count publishes nothing but itself.
        |block| _ = Amount::Float(amount).add_shared(block.cell(run, 0), Ordering::Relaxed),
    );
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

/// Returns the sum over all shards, which never decreases although it is rounded.
///
/// Cells are added in the order of the chain, always the same. No cell decreases, and
/// rounding is monotonic: a partial sum and a cell that are not less yield a partial sum
/// that is not less. A new block in the chain counted as zero before, which changes no
/// partial sum.
pub(crate) fn read(column: &Column, run: Run) -> f64 {
    column.blocks().fold(0.0, |sum, block| {
        // Relaxed: a count publishes nothing but itself, and coherence keeps it from
        // decreasing.
        let cell = block.cell(run, 0).load(Ordering::Relaxed);
        amount::add(sum, f64::from_bits(cell))
    })
}

/// Returns whether an amount can be added.
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
