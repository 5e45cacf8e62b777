//! Timers: durations that are observed when something ends, however it ends.

use std::time::{Duration, Instant};

/// What a [`Timer`] records in: a [`Histogram`](crate::Histogram), a
/// [`FloatHistogram`](crate::FloatHistogram), or a reference to
/// one.
#[expect(private_bounds, reason = "sealed: these are all histograms")]
pub trait ObserveDuration: Timed {}

/// Keeps [`ObserveDuration`] to the histograms of this crate.
pub(crate) trait Timed {
    fn record(&self, duration: Duration);
}

/// Records the time from its making to its end in a histogram: when it is dropped, also
/// because a task was cancelled or has panicked.
///
/// `Timer<&Histogram>` borrows the histogram ([`Histogram::start_timer`](crate::Histogram::start_timer)),
/// `Timer<Histogram>` keeps a handle and goes wherever a task goes
/// ([`Histogram::into_timer`](crate::Histogram::into_timer)). It may end on another thread than it began on. Ending it
/// reads the clock and records as the histogram does: nothing waits.
///
/// ```
/// use tickmark::{Bounds, Registry};
///
/// let registry = Registry::new();
/// let latency = registry.histogram("latency_seconds", "Time to answer.", &Bounds::default())?;
/// let answered = latency.start_timer();
/// let ignored = latency.start_timer();
/// let elapsed = answered.observe_now();
/// ignored.discard();
/// assert_eq!(latency.snapshot().count(), 1);
/// assert_eq!(u128::from(latency.snapshot().sum), elapsed.as_nanos());
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping it at once records a duration of nothing"]
pub struct Timer<H: ObserveDuration> {
    histogram: H,
    /// None once nothing is left to record.
    start: Option<Instant>,
}

impl<H: ObserveDuration> Timer<H> {
    pub(crate) fn new(histogram: H) -> Self {
        Self { histogram, start: Some(Instant::now()) }
    }

    /// Records now, and says what was recorded.
    pub fn observe_now(mut self) -> Duration {
        self.end()
    }

    /// Records nothing.
    pub fn discard(mut self) {
        self.start = None;
    }

    fn end(&mut self) -> Duration {
        let Some(start) = self.start.take() else { return Duration::ZERO };
        let elapsed = start.elapsed();
        self.histogram.record(elapsed);
        elapsed
    }
}

impl<H: ObserveDuration> Drop for Timer<H> {
    fn drop(&mut self) {
        _ = self.end();
    }
}

impl<H: ObserveDuration> ObserveDuration for &H {}

impl<H: Timed> Timed for &H {
    fn record(&self, duration: Duration) {
        (**self).record(duration);
    }
}
