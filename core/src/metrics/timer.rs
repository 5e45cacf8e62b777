//! Timers: durations observed on drop.

use std::time::{Duration, Instant};

/// A histogram that a [`Timer`] records in: a [`Histogram`](crate::Histogram), a
/// [`FloatHistogram`](crate::FloatHistogram), or a reference to one.
#[expect(private_bounds, reason = "sealed: these are all histograms")]
pub trait ObserveDuration: Timed {}

/// Keeps [`ObserveDuration`] to the histograms of this crate.
pub(crate) trait Timed {
    fn record(&self, duration: Duration);
}

/// Records its lifetime in a histogram when dropped, even on cancellation or panic.
///
/// `Timer<&Histogram>` borrows the histogram
/// ([`start_timer`](crate::Histogram::start_timer)), `Timer<Histogram>` owns a handle
/// ([`into_timer`](crate::Histogram::into_timer),
/// [`Found::start_timer`](crate::Found::start_timer)). It may be dropped on another
/// thread. Dropping it reads the clock and records as the histogram does.
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
#[must_use = "bind it to a name, as in `let _timer = ..`: dropped at once, it records no duration"]
pub struct Timer<H: ObserveDuration> {
    histogram: H,
    /// `None` once recorded or discarded.
    start: Option<Instant>,
}

impl<H: ObserveDuration> Timer<H> {
    pub(crate) fn new(histogram: H) -> Self {
        Self { histogram, start: Some(Instant::now()) }
    }

    /// Records now, and returns the recorded duration.
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
