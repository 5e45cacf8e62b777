//! Counters: numbers that only go up.

use std::fmt;

use crate::cells::arena;
use crate::cells::block::{Run, add_leased, add_shared};
use crate::cells::lease;
use crate::cells::place::Place;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::names::labels::LabelValues;
use crate::series::series::{Series, run_of, set_exemplar};
use crate::sync::Kept;

/// A number that only goes up: requests served, bytes sent.
///
/// A handle: `Clone` returns another one for the same series, which lives as long as any
/// of them. Recording costs about a plain add on threads within the [shard
/// limit](crate::set_shard_limit). Past the limit, and on threads that record seldom, it
/// costs several times that.
///
/// Recording is wait-free, except where it allocates a block of cells: when a thread
/// first records there, [earns](crate#guarantees) one, or is the first guest that meets
/// another.
///
/// ```
/// let registry = tickmark::Registry::new();
/// let sent = registry.counter("sent_bytes", "Bytes sent to clients.")?;
/// sent.add(1_500);
/// sent.inc();
/// assert_eq!(sent.get(), 1_501);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[doc(alias = "IntCounter")]
#[derive(Clone)]
pub struct Counter {
    run: Run,
    /// Keeps the cells from being given to another series.
    series: Kept<Series>,
}

impl Counter {
    /// Adds one. Wait-free.
    #[doc(alias = "increment")]
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `amount`. Wait-free.
    ///
    /// Past `u64::MAX` the counter wraps, which readers take for a reset. Limit amounts
    /// from untrusted input, or use a [`FloatCounter`](crate::FloatCounter).
    #[doc(alias = "inc_by")]
    #[inline]
    pub fn add(&self, amount: u64) {
        match lease::near(self.run.block()) {
            Some(block) => add_leased(block.cell(self.run, 0), amount),
            None => self.add_far(amount),
        }
    }

    #[inline(never)]
    fn add_far(&self, amount: u64) {
        add_at(lease::place(self.run.block()), self.run, amount);
    }

    /// Adds `amount`, and keeps it as the exemplar of this series, with labels that lead
    /// to its cause, such as a trace.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::export::Exemplar) are rejected and
    /// counted: the amount is added, and the last exemplar stays. Lock-free. Allocates,
    /// except for a rejection, which takes bounded time.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let sent = registry.counter("sent_bytes", "Bytes sent to clients.")?;
    /// sent.add_with_exemplar(1_500, &[("trace_id", "4bf92f35")]);
    /// assert_eq!(sent.get(), 1_500);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn add_with_exemplar(&self, amount: u64, labels: &[(&str, &str)]) {
        self.add(amount);
        set_exemplar(&self.series, 0, 1, labels, amount.into());
    }

    /// Returns a counter of no family.
    pub(crate) fn unlisted() -> Self {
        Self::open(Kept::from(Series::new(LabelValues::new(&[]), 1, None)), ())
    }

    /// Returns the sum of all amounts, by any thread.
    ///
    /// Adds that happened before this call are in the sum; concurrent ones may be. Past
    /// `u64::MAX` it wraps. Lock-free; the cost grows with the number of threads that
    /// recorded.
    #[must_use]
    pub fn get(&self) -> u64 {
        arena::process().sum(self.run)
    }
}

/// Adds in the block that the thread may write to.
pub(crate) fn add_at(place: Place, run: Run, amount: u64) {
    place.record(
        |block| add_leased(block.cell(run, 0), amount),
        |block| add_shared(block.cell(run, 0), amount),
    );
}

impl Metric for Counter {
    type Settings = ();
}

impl Sealed for Counter {
    type Shape = ();

    fn family_shape((): ()) -> Shape {
        Shape::Counter
    }

    #[inline]
    fn open(series: Kept<Series>, (): ()) -> Self {
        Self { run: run_of(&series), series }
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.get()).finish()
    }
}
