//! Float histograms: the distribution of fractional values.

use std::fmt;
use std::time::Duration;

use crate::bounds::float::{FloatBounds, FloatLayout};
use crate::cells::amount::{Amount, Sum};
use crate::cells::block::{Block, Run};
use crate::cells::lease;
use crate::cells::parity::observe_leased;
use crate::cells::place::Place;
use crate::metrics::histogram::{HistogramSnapshot, observe_at, observe_many, snapshot};
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::metrics::timer::{ObserveDuration, Timed, Timer};
use crate::series::series::{Series, reject_record, reject_records, run_of, set_exemplar};
use crate::sync::Kept;

/// Counts observed values by bucket and adds them up, where no whole unit suits them:
/// ratios, scores, temperatures.
///
/// For whole values of some unit, a [`Histogram`](crate::Histogram) has exact sums; these
/// are rounded as `f64` does. Otherwise the two are alike: buckets and count are exact,
/// and every reading describes one set of observations, even while others are recorded.
/// See there for threads past the [shard limit](crate::set_shard_limit).
///
/// NaN and infinities are rejected, and negative values unless a bound is negative;
/// `tickmark_observations_rejected_total{family="…"}` counts them. So the sum never
/// decreases without a negative bound; with one it may. It stays finite, at an end of
/// `f64` at most.
///
/// A handle: `Clone` returns another one for the same series. Threads within the shard
/// limit do not contend. Those that record seldom take some 7 ns more. Recording is
/// wait-free, except where it allocates a block of cells: when a thread first records
/// there, [earns](crate#guarantees) one, or is the first guest that meets another.
/// Threads past the shard limit share a sum and add to it by compare-exchange, which is
/// lock-free only and costs more.
///
/// ```
/// use tickmark::{FloatBounds, Registry};
///
/// let registry = Registry::new();
/// let bounds = FloatBounds::new(&[-10.0, 0.0, 25.5])?;
/// let heat = registry.float_histogram("outside_celsius", "Temperature outside.", &bounds)?;
/// heat.observe(-12.5);
/// heat.observe(25.5);
/// heat.observe(f64::NAN);
///
/// let snapshot = heat.snapshot();
/// assert_eq!(snapshot.buckets, [1, 0, 1, 0]);
/// assert_eq!(snapshot.sum, 13.0);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[doc(alias = "Summary")]
#[derive(Clone)]
pub struct FloatHistogram {
    run: Run,
    layout: &'static FloatLayout,
    /// Keeps the cells from being given to another series, and counts rejected values.
    series: Kept<Series>,
}

impl FloatHistogram {
    /// Records one value. Rejects NaN and infinities, and negative values unless a bound
    /// is negative. Wait-free; past the shard limit lock-free.
    #[inline]
    pub fn observe(&self, value: f64) {
        if !self.layout.takes(value) {
            return reject_record(&self.series);
        }
        let Some(block) = lease::near(self.run.block()) else { return self.observe_far(value) };
        if let Some(bucket) = self.layout.wide_bucket(value) {
            observe_leased(block, self.run, bucket, Amount::Float(value));
        } else {
            self.observe_close(block, value);
        }
    }

    /// Records by bounds that are close to each other. A tail call, so that the usual
    /// case saves no registers.
    #[inline(never)]
    fn observe_close(&self, block: &'static Block, value: f64) {
        match self.layout.close_bucket(value) {
            Some(bucket) => observe_leased(block, self.run, bucket, Amount::Float(value)),
            None => self.observe_among_many(block, value),
        }
    }

    #[inline(never)]
    fn observe_among_many(&self, block: &'static Block, value: f64) {
        observe_at(Place::Leased(block), self.run, self.layout.bucket(value), Amount::Float(value));
    }

    #[inline(never)]
    fn observe_far(&self, value: f64) {
        observe_at(
            lease::place(self.run.block()),
            self.run,
            self.layout.bucket(value),
            Amount::Float(value),
        );
    }

    /// Records `count` observations of one value: what `count` calls of
    /// [`observe`](Self::observe) record or reject, at the cost of one or two.
    ///
    /// The sum grows by the rounded product of an odd `count`. An even one may be added
    /// as two parts, `count - 1` times the value and then the value, each rounded. A
    /// reader may then see the first part alone. A `count` of zero records nothing. The
    /// count of a bucket past 2^64 wraps. Wait-free; past the shard limit lock-free.
    ///
    /// ```
    /// use tickmark::{FloatBounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = FloatBounds::new(&[0.5, 1.0])?;
    /// let ratios = registry.float_histogram("cache_hit_ratio", "Hits by look-up.", &bounds)?;
    /// ratios.observe_many(0.75, 40);
    /// assert_eq!(ratios.snapshot().buckets, [0, 40, 0]);
    /// assert_eq!(ratios.snapshot().sum, 30.0);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn observe_many(&self, value: f64, count: u64) {
        if self.layout.takes(value) {
            observe_many(self.run, self.layout.bucket(value), Amount::Float(value), count);
        } else {
            reject_records(&self.series, count);
        }
    }

    /// Records one value as [`observe`](Self::observe) does, and keeps it as the exemplar
    /// of its bucket, with labels that lead to its cause, such as a trace.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::export::Exemplar) are rejected and
    /// counted: the value is recorded, and the last exemplar stays. It stays for a
    /// rejected value too. Lock-free. Allocates, except for a rejection, which takes
    /// bounded time.
    pub fn observe_with_exemplar(&self, value: f64, labels: &[(&str, &str)]) {
        self.observe(value);
        if self.layout.takes(value) {
            let (bucket, bucket_count) = (self.layout.bucket(value), self.layout.bucket_count());
            set_exemplar(&self.series, bucket, bucket_count, labels, value.into());
        }
    }

    /// Records one duration, in seconds. Wait-free; past the shard limit lock-free.
    #[doc(alias = "observe_secs")]
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// Returns buckets, count and sum as of one moment between call and return.
    /// Lock-free. Allocates.
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot<f64> {
        snapshot(self.run, self.layout.bucket_count(), Sum::Float(0.0), |sum| match sum {
            Sum::Whole(_) => 0.0,
            Sum::Float(sum) => sum,
        })
    }

    /// Starts a timer, which records its lifetime in seconds when dropped. Reads the
    /// clock.
    ///
    /// ```
    /// use tickmark::{FloatBounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = FloatBounds::default();
    /// let latency = registry.float_histogram("latency_seconds", "Time to answer.", &bounds)?;
    /// {
    ///     let _timer = latency.start_timer();
    /// }
    /// assert_eq!(latency.snapshot().count(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn start_timer(&self) -> Timer<&Self> {
        Timer::new(self)
    }

    /// As [`start_timer`](Self::start_timer), for tasks: the timer owns its handle. So
    /// does the timer of a look-up: `family.with([…]).start_timer()`. Reads the clock.
    ///
    /// ```
    /// use tickmark::{FloatBounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = FloatBounds::default();
    /// let latency = registry.float_histogram("latency_seconds", "Time to answer.", &bounds)?;
    /// let timer = latency.clone().into_timer();
    /// let task = std::thread::spawn(move || timer.observe_now());
    /// let elapsed = task.join().unwrap();
    /// assert_eq!(latency.snapshot().sum, elapsed.as_secs_f64());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn into_timer(self) -> Timer<Self> {
        Timer::new(self)
    }
}

impl ObserveDuration for FloatHistogram {}

impl Timed for FloatHistogram {
    fn record(&self, duration: Duration) {
        self.observe_duration(duration);
    }
}

impl Metric for FloatHistogram {
    type Settings = FloatBounds;
}

impl Sealed for FloatHistogram {
    type Shape = &'static FloatLayout;

    fn family_shape(layout: &'static FloatLayout) -> Shape {
        Shape::FloatHistogram(layout)
    }

    #[inline]
    fn open(series: Kept<Series>, layout: &'static FloatLayout) -> Self {
        Self { run: run_of(&series), layout, series }
    }
}

impl fmt::Debug for FloatHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HistogramSnapshot { buckets, sum, .. } = self.snapshot();
        f.debug_struct("FloatHistogram").field("buckets", &buckets).field("sum", &sum).finish()
    }
}
