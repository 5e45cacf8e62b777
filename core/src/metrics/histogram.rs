//! Histograms: the distribution of whole values.

use std::fmt;
use std::time::Duration;

use crate::bounds::layout::Layout;
use crate::bounds::whole::Bounds;
use crate::cells::amount::{Amount, Sum};
use crate::cells::arena;
use crate::cells::block::{Block, Run};
use crate::cells::lease;
use crate::cells::parity::{
    Reading, observe_leased, observe_many_leased, observe_many_shared, observe_shared,
};
use crate::cells::place::Place;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::metrics::timer::{ObserveDuration, Timed, Timer};
use crate::series::series::{Series, run_of, set_exemplar};
use crate::sync::Kept;

/// Counts observed values by bucket and adds them up: durations, sizes.
///
/// Durations are recorded by [`observe_duration`](Self::observe_duration) and
/// [`start_timer`](Self::start_timer). [`observe`](Self::observe) takes a whole number in
/// the unit of the bounds' [`Scale`](crate::Scale): nanoseconds for
/// [`Bounds::seconds`](crate::Bounds::seconds).
///
/// ```
/// use std::time::Duration;
/// use tickmark::{Bounds, Registry};
///
/// let registry = Registry::new();
/// let bounds = Bounds::seconds([0.005, 0.05, 0.5])?;
/// let latency = registry.histogram("latency_seconds", "Time to answer.", &bounds)?;
/// latency.observe_duration(Duration::from_millis(5));
/// latency.observe_duration(Duration::from_secs(2));
///
/// let snapshot = latency.snapshot();
/// assert_eq!(snapshot.buckets, [1, 0, 0, 1]);
/// assert_eq!(snapshot.sum, 2_005_000_000, "nanoseconds");
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
///
/// Buckets, count and sum are exact, and every reading describes one set of observations,
/// even while others are recorded. The sum carries past 2^64: readers then see the
/// nearest float. It never decreases, even with values from untrusted input.
///
/// Recording never waits for a reading. So a reading gives up after a thousand passes
/// that each met a new observation. Its sum may then differ by the observations in
/// progress. In a test with 100 or more bounds and threads that only observe, 2 of
/// 100,000 readings gave up. It also occurs over the shard limit.
/// [`HistogramSnapshot::is_settled`] is then false, and
/// `tickmark_histogram_reads_unsettled_total` counts such scrapes.
///
/// A handle: `Clone` returns another one for the same series. Threads within the [shard
/// limit](crate::set_shard_limit) do not contend. Those that record seldom take some 7 ns
/// more. Recording is wait-free, except where it allocates a block of cells: when a
/// thread first records there, [earns](crate#guarantees) one, or is the first guest that
/// meets another.
#[doc(alias = "Summary")]
#[derive(Clone)]
pub struct Histogram {
    run: Run,
    layout: &'static Layout,
    /// Keeps the cells from being given to another series.
    series: Kept<Series>,
}

impl Histogram {
    /// Records one value, a whole number in the unit of the bounds' scale. Wait-free.
    ///
    /// For [`Bounds::seconds`](crate::Bounds::seconds) the unit is a nanosecond:
    /// durations are better recorded by [`observe_duration`](Self::observe_duration).
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::bytes([1_024.0, 65_536.0])?;
    /// let sizes = registry.histogram("reply_bytes", "Sizes of replies.", &bounds)?;
    /// sizes.observe(1_500);
    /// assert_eq!(sizes.snapshot().buckets, [0, 1, 0]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[inline]
    pub fn observe(&self, value: u64) {
        let Some(block) = lease::near(self.run.block()) else { return self.observe_far(value) };
        if let Some(bucket) = self.layout.wide_bucket(value) {
            observe_leased(block, self.run, bucket, Amount::Whole(value));
        } else {
            self.observe_close(block, value);
        }
    }

    /// Records by bounds that are close to each other. A tail call, so that the usual
    /// case saves no registers.
    #[inline(never)]
    fn observe_close(&self, block: &'static Block, value: u64) {
        match self.layout.close_bucket(value) {
            Some(bucket) => observe_leased(block, self.run, bucket, Amount::Whole(value)),
            None => self.observe_among_many(block, value),
        }
    }

    #[inline(never)]
    fn observe_among_many(&self, block: &'static Block, value: u64) {
        observe_at(Place::Leased(block), self.run, self.layout.bucket(value), Amount::Whole(value));
    }

    #[inline(never)]
    fn observe_far(&self, value: u64) {
        observe_at(
            lease::place(self.run.block()),
            self.run,
            self.layout.bucket(value),
            Amount::Whole(value),
        );
    }

    /// Records `count` observations of one value, in the unit of the bounds' scale: what
    /// `count` calls of [`observe`](Self::observe) record, at the cost of one or two.
    ///
    /// A reader may see all but one of an even `count`. A `count` of zero records
    /// nothing. Wait-free; for `value * count` over `u64::MAX`, lock-free and allocates.
    /// A sum past 2^102 wraps, and so does the count of a bucket past 2^64.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::whole([1.0, 10.0])?;
    /// let rows = registry.histogram("query_rows", "Rows of a result.", &bounds)?;
    /// rows.observe_many(3, 40);
    /// assert_eq!(rows.snapshot().buckets, [0, 40, 0]);
    /// assert_eq!(rows.snapshot().sum, 120);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn observe_many(&self, value: u64, count: u64) {
        observe_many(self.run, self.layout.bucket(value), Amount::Whole(value), count);
    }

    /// Records one value as [`observe`](Self::observe) does, and keeps it as the exemplar
    /// of its bucket, with labels that lead to its cause, such as a trace.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::export::Exemplar) are rejected and
    /// counted: the value is recorded, and the last exemplar stays. Lock-free. Allocates,
    /// except for a rejection, which takes bounded time.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let latency = registry.histogram("latency_seconds", "Time to answer.", &Bounds::default())?;
    /// latency.observe_with_exemplar(12_000_000, &[("trace_id", "4bf92f35")]);
    /// assert_eq!(latency.snapshot().count(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn observe_with_exemplar(&self, value: u64, labels: &[(&str, &str)]) {
        self.observe(value);
        #[expect(
            clippy::cast_precision_loss,
            reason = "exemplars are shown as floats, as bounds are"
        )]
        let exposed = value as f64 / self.layout.scale().per_unit() as f64;
        let (bucket, bucket_count) = (self.layout.bucket(value), self.layout.bucket_count());
        set_exemplar(&self.series, bucket, bucket_count, labels, exposed.into());
    }

    /// Records one duration. Wait-free.
    ///
    /// The duration is truncated to the unit of the bounds' scale: a nanosecond for
    /// [`Bounds::seconds`](crate::Bounds::seconds), a second for `Scale::One`. One above
    /// `u64::MAX` of that unit, 584 years in nanoseconds, counts as `u64::MAX`.
    #[doc(alias = "observe_secs")]
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        let value = match self.layout.scale().per_unit() {
            1_000_000_000 => duration.as_nanos(),
            per_second => duration.as_nanos() / u128::from(1_000_000_000 / per_second),
        };
        self.observe(u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// Returns buckets, count and sum as of one moment between call and return.
    /// Lock-free. Allocates.
    #[doc(alias("get_sample_sum", "get_sample_count"))]
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot {
        snapshot(self.run, self.layout.bucket_count(), Sum::Whole(0), |sum| match sum {
            Sum::Whole(sum) => u64::try_from(sum).unwrap_or(u64::MAX),
            Sum::Float(_) => 0,
        })
    }

    /// Starts a timer, which records its lifetime when dropped. Reads the clock.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let latency = registry.histogram("latency_seconds", "Time to answer.", &Bounds::default())?;
    /// {
    ///     let _timer = latency.start_timer();
    /// }
    /// assert_eq!(latency.snapshot().count(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[doc(alias = "observe_closure_duration")]
    pub fn start_timer(&self) -> Timer<&Self> {
        Timer::new(self)
    }

    /// As [`start_timer`](Self::start_timer), for tasks: the timer owns its handle. So
    /// does the timer of a look-up: `family.with([…]).start_timer()`. Reads the clock.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let latency = registry.histogram("latency_seconds", "Time to answer.", &Bounds::default())?;
    /// let timer = latency.clone().into_timer();
    /// let task = std::thread::spawn(move || timer.observe_now());
    /// let elapsed = task.join().unwrap();
    /// assert_eq!(u128::from(latency.snapshot().sum), elapsed.as_nanos());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn into_timer(self) -> Timer<Self> {
        Timer::new(self)
    }
}

/// Records in the block that the thread may write to.
pub(crate) fn observe_at(place: Place, run: Run, bucket: usize, value: Amount) {
    place.record(
        |block| observe_leased(block, run, bucket, value),
        |block| observe_shared(block, run, bucket, value),
    );
}

/// Records `count` observations of one value in the block that the thread may write to.
/// The shared block takes a sum that wraps more than once: a leased one has no room for
/// it.
pub(crate) fn observe_many(run: Run, bucket: usize, value: Amount, count: u64) {
    if count == 0 {
        return;
    }
    let (_, turns) = value.times(count);
    let place = match turns {
        0 => lease::place(run.block()),
        _ => Place::Shared(arena::process().column(run.block()).shared_or_new()),
    };
    place.record(
        |block| observe_many_leased(block, run, bucket, value, count),
        |block| observe_many_shared(block, run, bucket, value, count),
    );
}

/// Reads a histogram. `zero` is the zero of its kind of sum, and `sum_of` unwraps the
/// sum.
pub(crate) fn snapshot<S>(
    run: Run,
    bucket_count: usize,
    zero: Sum,
    sum_of: impl FnOnce(Sum) -> S,
) -> HistogramSnapshot<S> {
    let mut reading = Reading::default();
    reading.read(arena::process().column(run.block()), run, bucket_count, zero);
    let Reading { buckets, sum, is_settled, .. } = reading;
    HistogramSnapshot { buckets, sum: sum_of(sum), is_settled }
}

/// The observations of a histogram at one moment. The sum is a `u64`, or an `f64` for a
/// [`FloatHistogram`](crate::FloatHistogram).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistogramSnapshot<S = u64> {
    /// Observations by bucket, not cumulated; the last is above all bounds.
    pub buckets: Vec<u64>,
    /// The sum of the observed values.
    ///
    /// A whole number is in the unit of the bounds' scale. `u64::MAX` stands for any sum
    /// past it, which pages show as a float
    /// ([`Value::Histogram`](crate::export::Value::Histogram)). A float is in units of
    /// exposition and stays finite.
    pub sum: S,
    /// Whether buckets and sum describe the same observations. False if each of a
    /// thousand passes met a new one (see [`Histogram`]): the sum may then differ by the
    /// observations in progress.
    pub is_settled: bool,
}

impl<S> HistogramSnapshot<S> {
    /// Returns the number of observations, at most `u64::MAX`, as pages show it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |count, bucket| count.saturating_add(*bucket))
    }
}

impl ObserveDuration for Histogram {}

impl Timed for Histogram {
    fn record(&self, duration: Duration) {
        self.observe_duration(duration);
    }
}

impl Metric for Histogram {
    type Settings = Bounds;
}

impl Sealed for Histogram {
    type Shape = &'static Layout;

    fn family_shape(layout: &'static Layout) -> Shape {
        Shape::Histogram(layout)
    }

    #[inline]
    fn open(series: Kept<Series>, layout: &'static Layout) -> Self {
        Self { run: run_of(&series), layout, series }
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HistogramSnapshot { buckets, sum, .. } = self.snapshot();
        f.debug_struct("Histogram").field("buckets", &buckets).field("sum", &sum).finish()
    }
}
