//! Histograms: how large the observed values were.

use std::fmt;
use std::time::Duration;

use crate::amount::Amount;
use crate::arena::{self, Arena};
use crate::block::Run;
use crate::bounds::Layout;
use crate::counter::run_of;
use crate::metric::{Metric, Sealed};
use crate::parity::{Reading, observe_leased, observe_shared};
use crate::series::Series;
use crate::shard::{self, Place};
use crate::sync::Kept;
use crate::timer::Timer;

/// Counts observed values by bucket and adds them up: durations, sizes.
///
/// Values are whole numbers in the unit of the bounds' [`Scale`](crate::Scale): nanoseconds for `Scale::Nanos`. Buckets,
/// count and sum are exact, and every reading describes one set of observations, whatever is recorded meanwhile. (Among
/// threads past the [shard limit](crate::set_shard_limit) the sum of a reading may differ by observations that stayed
/// unfinished for all of a thousand looks; `tickmark_histogram_reads_unsettled_total` counts such scrapes.)
///
/// A handle: `Clone` gives another one for the same series. Recording is wait-free, costs the same on any number of
/// threads, and allocates only when a thread first records in a block of cells.
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
    _series: Kept<Series>,
}

impl Histogram {
    /// Records one value, in the unit of the bounds' scale. Wait-free.
    #[inline]
    pub fn observe(&self, value: u64) {
        observe(self.run, self.layout.bucket(value), Amount::Whole(value));
    }

    /// Records one duration, cut to the unit of the bounds' scale (a second for `Scale::One`). One that does not fit a
    /// `u64` of that unit counts as `u64::MAX`. Wait-free.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        let value = match self.layout.scale().per_unit() {
            1_000_000_000 => duration.as_nanos(),
            per_second => duration.as_nanos() / u128::from(1_000_000_000 / per_second),
        };
        self.observe(u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// Buckets, count and sum as of one moment between call and return. Lock-free; allocates.
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot {
        let (buckets, sum) = snapshot(self.run, self.layout.bucket_count(), Amount::Whole(0));
        HistogramSnapshot { buckets, sum: sum.bits() }
    }

    /// Begins to time something: the timer records how long it lived when it is dropped. Reads the clock.
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

    /// Begins to time something that outlives this borrow, as a spawned task does: the timer keeps the handle. So does one for
    /// a series that was looked up: `family.with([…]).clone().into_timer()`. Reads the clock.
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

/// Records in the process's arena.
#[inline]
pub(crate) fn observe(run: Run, bucket: usize, value: Amount) {
    let near = shard::near(run.block());
    if !near.is_some_and(|block| observe_leased(block, run, bucket, value)) {
        observe_far(run, bucket, value);
    }
}

#[inline(never)]
fn observe_far(run: Run, bucket: usize, value: Amount) {
    observe_at(arena::process(), shard::place(run.block()), run, bucket, value);
}

/// Records in whatever block the thread may write to.
pub(crate) fn observe_at(arena: &Arena, place: Place, run: Run, bucket: usize, value: Amount) {
    match place {
        Place::Leased(block) if observe_leased(block, run, bucket, value) => {}
        // The reader that holds the block has made the shared one.
        Place::Leased(_) => observe_shared(arena.column(run.block()).shared_or_new(), run, bucket, value),
        Place::Shared(block) => observe_shared(block, run, bucket, value),
    }
}

/// Buckets and sum; `zero` says of what kind the sum is.
pub(crate) fn snapshot(run: Run, bucket_count: usize, zero: Amount) -> (Vec<u64>, Amount) {
    let mut reading = Reading::default();
    read(arena::process(), run, bucket_count, zero, &mut reading);
    (reading.buckets, reading.sum)
}

/// Reads a histogram over all shards: one state of each.
pub(crate) fn read(arena: &Arena, run: Run, bucket_count: usize, zero: Amount, reading: &mut Reading) {
    let column = arena.column(run.block());
    reading.clear(bucket_count, zero);
    let settled = column.leased().all(|block| reading.add_leased(block.cells(run)))
        && column.shared().is_none_or(|block| reading.add_shared(block.cells(run)));
    if !settled {
        reading.clear(bucket_count, zero);
        read_held(arena, run, reading);
    }
}

/// The same for a histogram that changes faster than it can be read.
#[cold]
fn read_held(arena: &Arena, run: Run, reading: &mut Reading) {
    let column = arena.column(run.block());
    let _only_holder = arena.hold();
    // First, while no writer is sent there; and made here, so that none of them has to.
    reading.add_shared_patiently(column.shared_or_new().cells(run));
    for block in column.leased() {
        reading.add_held(block.cells(run));
    }
}

/// What a histogram had observed at one moment. Its sum is a `u64`, and an `f64` for a
/// [`FloatHistogram`](crate::FloatHistogram).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistogramSnapshot<S = u64> {
    /// Observations by bucket, each alone (not cumulated); the last is beyond all bounds.
    pub buckets: Vec<u64>,
    /// The sum of the observed values. A whole number is in the unit of the bounds' scale and wraps past `u64::MAX`; a
    /// float is in units of exposition and stays finite.
    pub sum: S,
}

impl<S> HistogramSnapshot<S> {
    /// How many values were observed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |count, bucket| count.wrapping_add(*bucket))
    }
}

impl Metric for Histogram {}

impl Sealed for Histogram {
    type Shape = &'static Layout;

    #[inline]
    fn open(series: Kept<Series>, layout: &'static Layout) -> Self {
        Self { run: run_of(&series), layout, _series: series }
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HistogramSnapshot { buckets, sum } = self.snapshot();
        f.debug_struct("Histogram").field("buckets", &buckets).field("sum", &sum).finish()
    }
}
