//! Counters: numbers that only go up.

use std::fmt;

use crate::cells::arena;
use crate::cells::block::{Run, add_leased, add_shared};
use crate::cells::shard::{self, Place};
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::names::labels::LabelValues;
use crate::series::exemplar::set_exemplar;
use crate::series::series::Series;
use crate::sync::Kept;

/// A number that only goes up: requests served, bytes sent.
///
/// A handle: `Clone` gives another one for the same series, and the series lives as long
/// as any of them. Recording costs about a plain add, on as many threads at once as the
/// [shard limit](crate::set_shard_limit) allows, and several times that past it and on
/// threads that record seldom. It is wait-free but where a block of cells is allocated:
/// when a thread first records there, [earns](crate#what-holds) one, or is the first
/// guest that meets another.
///
/// ```
/// let registry = tickmark::Registry::new();
/// let sent = registry.counter("sent_bytes", "Bytes sent to clients.")?;
/// sent.add(1_500);
/// sent.inc();
/// assert_eq!(sent.get(), 1_501);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Counter {
    run: Run,
    /// Keeps the cells from being given to another series.
    series: Kept<Series>,
}

impl Counter {
    /// Adds one. Wait-free.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `amount`. Wait-free. Past `u64::MAX` the counter wraps, which readers take
    /// for a reset: an amount that a stranger chooses needs a limit, or a
    /// [`FloatCounter`](crate::FloatCounter).
    #[inline]
    pub fn add(&self, amount: u64) {
        match shard::near(self.run.block()) {
            Some(block) => add_leased(block.cell(self.run, 0), amount),
            None => self.add_far(amount),
        }
    }

    #[inline(never)]
    fn add_far(&self, amount: u64) {
        add_at(shard::place(self.run.block()), self.run, amount);
    }

    /// Adds `amount`, and keeps it as the exemplar of this series, with labels that lead
    /// to where it came from.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::Exemplar) are refused and counted:
    /// the amount is added, and the last exemplar stays. Lock-free; allocates, but not
    /// for a refusal, which takes bounded time.
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

    /// A counter that no family lists.
    pub(crate) fn unlisted() -> Self {
        Self::open(Kept::from(Series::new(LabelValues::new(&[]), 1, None)), ())
    }

    /// The sum of all that was added, by any thread.
    ///
    /// Adds that happened before this call are in it; adds running meanwhile may be. Past
    /// `u64::MAX` the sum wraps, which readers take for a counter reset. Lock-free; its
    /// cost grows with the number of threads that recorded.
    #[must_use]
    pub fn get(&self) -> u64 {
        arena::process().sum(self.run)
    }
}

/// Adds in whatever block the thread may write to.
pub(crate) fn add_at(place: Place, run: Run, amount: u64) {
    match place {
        Place::Leased(block) => add_leased(block.cell(run, 0), amount),
        Place::Guest(guest) => add_leased(guest.block().cell(run, 0), amount),
        Place::Shared(block) => add_shared(block.cell(run, 0), amount),
    }
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

/// The cells of the series that a handle keeps.
#[inline]
pub(crate) fn run_of(series: &Kept<Series>) -> Run {
    series.get().map_or(Run::EMPTY, |series| series.run)
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.get()).finish()
    }
}
