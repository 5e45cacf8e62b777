//! Histograms: how large the observed values were.

use std::fmt;
use std::time::Duration;

use crate::bounds::{Bounds, Layout};
use crate::cells::amount::{Amount, Sum};
use crate::cells::arena;
use crate::cells::block::{Block, Column, Run};
use crate::cells::parity::{
    Reading, observe_leased, observe_many_leased, observe_many_shared, observe_shared,
};
use crate::cells::shard::{self, Place};
use crate::metrics::counter::run_of;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::metrics::timer::Timer;
use crate::series::exemplar::set_exemplar;
use crate::series::series::Series;
use crate::sync::Kept;

/// Counts observed values by bucket and adds them up: durations, sizes.
///
/// Values are whole numbers in the unit of the bounds' [`Scale`](crate::Scale):
/// nanoseconds for `Scale::Nanos`. Buckets, count and sum are exact, and every reading
/// describes one set of observations, even while others are recorded. The sum carries
/// past 2^64: readers then see the nearest float, and it never goes back, even where
/// values come from strangers.
///
/// Nobody waits for a reading, so one gives up after a thousand looks that each met a new
/// observation: its sum may then differ by those that were being recorded. Seen with a
/// hundred bounds and more beside threads that did nothing but observe, in two of 100,000
/// readings, and with threads past the [shard limit](crate::set_shard_limit).
/// [`HistogramSnapshot::is_settled`] tells, and
/// `tickmark_histogram_reads_unsettled_total` counts such scrapes.
///
/// A handle: `Clone` gives another one for the same series. Recording costs the same on
/// as many threads as the [shard limit](crate::set_shard_limit) allows, and some 7 ns
/// more on those that record seldom. It is wait-free but where a block of cells is
/// allocated: when a thread first records there, [earns](crate#what-holds) one, or is the
/// first guest that meets another.
///
/// ```
/// use std::time::Duration;
/// use tickmark::{Bounds, Registry, Scale};
///
/// let registry = Registry::new();
/// let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.05, 0.5])?;
/// let latency = registry.histogram("latency_seconds", "Time to answer.", &bounds)?;
/// latency.observe(5_000_000);
/// latency.observe_duration(Duration::from_secs(2));
///
/// let snapshot = latency.snapshot();
/// assert_eq!(snapshot.buckets, [1, 0, 0, 1]);
/// assert_eq!(snapshot.sum, 2_005_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Histogram {
    run: Run,
    layout: &'static Layout,
    /// Keeps the cells from being given to another series.
    series: Kept<Series>,
}

impl Histogram {
    /// Records one value, in the unit of the bounds' scale. Wait-free.
    #[inline]
    pub fn observe(&self, value: u64) {
        let Some(block) = shard::near(self.run.block()) else { return self.observe_far(value) };
        if let Some(bucket) = self.layout.wide_bucket(value) {
            observe_leased(block, self.run, bucket, Amount::Whole(value));
        } else {
            self.observe_close(block, value);
        }
    }

    /// Records by bounds that are closer to each other. The last that the caller does, so
    /// that it saves no registers in the usual case.
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
            shard::place(self.run.block()),
            self.run,
            self.layout.bucket(value),
            Amount::Whole(value),
        );
    }

    /// Records `count` observations of one value, in the unit of the bounds' scale: what
    /// `count` calls of [`observe`](Self::observe) record, at the cost of one or two.
    ///
    /// A reader may see all but one of an even `count`. A `count` of zero records nothing.
    /// Wait-free; for `value * count` over `u64::MAX`, lock-free and allocates.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let rows = registry.histogram("query_rows", "Rows of a result.", &Bounds::whole([1.0, 10.0])?)?;
    /// rows.observe_many(3, 40);
    /// assert_eq!(rows.snapshot().buckets, [0, 40, 0]);
    /// assert_eq!(rows.snapshot().sum, 120);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn observe_many(&self, value: u64, count: u64) {
        observe_many(self.run, self.layout.bucket(value), Amount::Whole(value), count);
    }

    /// Records one value, and keeps it as the exemplar of its bucket, with labels that
    /// lead to where it came from.
    ///
    /// Labels that do not fit an [`Exemplar`](crate::Exemplar) are refused and counted:
    /// the value is recorded, and the last exemplar stays. Lock-free; allocates, but not
    /// for a refusal, which takes bounded time.
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

    /// Records one duration, cut to the unit of the bounds' scale (a second for
    /// `Scale::One`). One that does not fit a `u64` of that unit counts as `u64::MAX`:
    /// 584 years in nanoseconds. Wait-free.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        let value = match self.layout.scale().per_unit() {
            1_000_000_000 => duration.as_nanos(),
            per_second => duration.as_nanos() / u128::from(1_000_000_000 / per_second),
        };
        self.observe(u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// Buckets, count and sum as of one moment between call and return. Lock-free;
    /// allocates.
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot {
        snapshot(self.run, self.layout.bucket_count(), Sum::Whole(0), |sum| match sum {
            Sum::Whole(sum) => u64::try_from(sum).unwrap_or(u64::MAX),
            Sum::Float(_) => 0,
        })
    }

    /// Begins to time something: the timer records how long it lived when it is dropped.
    /// Reads the clock.
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
    pub fn start_timer(&self) -> Timer<&Self> {
        Timer::new(self)
    }

    /// Begins to time something that outlives this borrow, as a spawned task does: the
    /// timer keeps the handle. So does one for a series that was looked up:
    /// `family.with([…]).clone().into_timer()`. Reads the clock.
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

/// Records in whatever block the thread may write to.
pub(crate) fn observe_at(place: Place, run: Run, bucket: usize, value: Amount) {
    match place {
        Place::Leased(block) => observe_leased(block, run, bucket, value),
        Place::Guest(guest) => observe_leased(guest.block(), run, bucket, value),
        Place::Shared(block) => observe_shared(block, run, bucket, value),
    }
}

/// Records `count` observations of one value in the block that the thread may write to.
/// The shared block takes a sum that wraps more than once: a leased one has no room for
/// it.
pub(crate) fn observe_many(run: Run, bucket: usize, value: Amount, count: u64) {
    if count == 0 {
        return;
    }
    let (_, turns) = value.times(count);
    match shard::place(run.block()) {
        Place::Leased(block) if turns == 0 => observe_many_leased(block, run, bucket, value, count),
        Place::Guest(guest) if turns == 0 => {
            observe_many_leased(guest.block(), run, bucket, value, count);
        }
        Place::Shared(block) => observe_many_shared(block, run, bucket, value, count),
        Place::Leased(_) | Place::Guest(_) => {
            let block = arena::process().column(run.block()).shared_or_new();
            observe_many_shared(block, run, bucket, value, count);
        }
    }
}

/// Reads a histogram; `zero` says of what kind the sum is, and `sum_of` takes it out.
pub(crate) fn snapshot<S>(
    run: Run,
    bucket_count: usize,
    zero: Sum,
    sum_of: impl FnOnce(Sum) -> S,
) -> HistogramSnapshot<S> {
    let mut reading = Reading::default();
    read(arena::process().column(run.block()), run, bucket_count, zero, &mut reading);
    let Reading { buckets, sum, settled: is_settled, .. } = reading;
    HistogramSnapshot { buckets, sum: sum_of(sum), is_settled }
}

/// Reads a histogram over all shards: one state of each.
pub(crate) fn read(
    column: &Column,
    run: Run,
    bucket_count: usize,
    zero: Sum,
    reading: &mut Reading,
) {
    reading.clear(bucket_count, zero);
    for block in column.leased() {
        reading.add_leased(block.cells(run));
    }
    if let Some(block) = column.shared() {
        reading.add_shared(block.cells(run));
    }
}

/// What a histogram had observed at one moment. Its sum is a `u64`, and an `f64` for a
/// [`FloatHistogram`](crate::FloatHistogram).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistogramSnapshot<S = u64> {
    /// Observations by bucket, each alone (not cumulated); the last is beyond all bounds.
    pub buckets: Vec<u64>,
    /// The sum of the observed values. A whole number is in the unit of the bounds'
    /// scale, and `u64::MAX` stands for any sum past it: pages show that one as a float
    /// ([`Value::Histogram`](crate::Value::Histogram)) which goes on. A float is in units
    /// of exposition and stays finite.
    pub sum: S,
    /// Whether buckets and sum describe the same observations. False if new ones came too
    /// fast for a thousand looks, as [`Histogram`] says: the sum may then differ by those
    /// that were being recorded.
    pub is_settled: bool,
}

impl<S> HistogramSnapshot<S> {
    /// How many values were observed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |count, bucket| count.wrapping_add(*bucket))
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
