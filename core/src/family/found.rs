//! Timers and guards of series found by their labels.
//!
//! A [`Found`] is mostly a temporary, so they own a handle of the series.

use crate::family::family::Found;
use crate::metrics::float_histogram::FloatHistogram;
use crate::metrics::histogram::Histogram;
use crate::metrics::timer::Timer;
use crate::metrics::up_down::{UpDownCounter, UpDownGuard};

impl Found<'_, Histogram> {
    /// Starts a timer, which records its lifetime when dropped. It owns its handle. Reads
    /// the clock.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::seconds([0.01, 0.1, 1.0])?;
    /// let latency = registry.histogram_family("latency_seconds", "Latency.", ["path"], &bounds)?;
    /// {
    ///     let _timer = latency.with(["/"]).start_timer();
    ///     assert_eq!(latency.with(["/"]).snapshot().count(), 0);
    /// }
    /// assert_eq!(latency.with(["/"]).snapshot().count(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn start_timer(&self) -> Timer<Histogram> {
        Histogram::clone(self).into_timer()
    }

    /// Like [`start_timer`](Self::start_timer), but consumes this value.
    pub fn into_timer(self) -> Timer<Histogram> {
        self.into_handle().into_timer()
    }
}

impl Found<'_, FloatHistogram> {
    /// Starts a timer, which records its lifetime in seconds when dropped. It owns its
    /// handle. Reads the clock.
    pub fn start_timer(&self) -> Timer<FloatHistogram> {
        FloatHistogram::clone(self).into_timer()
    }

    /// Like [`start_timer`](Self::start_timer), but consumes this value.
    pub fn into_timer(self) -> Timer<FloatHistogram> {
        self.into_handle().into_timer()
    }
}

impl Found<'_, UpDownCounter> {
    /// Adds one until the guard is dropped, on any thread. The guard owns its handle.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let jobs = registry.up_down_counter_family("jobs", "Jobs in progress.", ["queue"])?;
    /// let guard = jobs.with(["mail"]).guard();
    /// assert_eq!(jobs.with(["mail"]).get(), 1);
    /// drop(guard);
    /// assert_eq!(jobs.with(["mail"]).get(), 0);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn guard(&self) -> UpDownGuard<UpDownCounter> {
        UpDownCounter::clone(self).into_guard()
    }

    /// Adds `amount` until the guard is dropped, on any thread. The guard owns its
    /// handle.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let buffered = registry.up_down_counter_family("buffered_bytes", "Bytes.", ["pipe"])?;
    /// let guard = buffered.with(["in"]).guard_of(512);
    /// assert_eq!(buffered.with(["in"]).get(), 512);
    /// drop(guard);
    /// assert_eq!(buffered.with(["in"]).get(), 0);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn guard_of(&self, amount: u64) -> UpDownGuard<UpDownCounter> {
        UpDownCounter::clone(self).into_guard_of(amount)
    }

    /// Like [`guard`](Self::guard), but consumes this value.
    pub fn into_guard(self) -> UpDownGuard<UpDownCounter> {
        self.into_handle().into_guard()
    }

    /// Like [`guard_of`](Self::guard_of), but consumes this value.
    pub fn into_guard_of(self, amount: u64) -> UpDownGuard<UpDownCounter> {
        self.into_handle().into_guard_of(amount)
    }
}
