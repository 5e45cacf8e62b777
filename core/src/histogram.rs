//! Histograms: how large the observed values were.

use std::fmt;
use std::time::Duration;

use crate::arena;
use crate::block::{Column, Run};
use crate::bounds::Layout;
use crate::counter::run_of;
use crate::metric::{Metric, Sealed};
use crate::parity::{Reading, observe_leased, observe_shared};
use crate::series::Series;
use crate::shard::{self, Place};
use crate::sync::Kept;

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
        let bucket = self.layout.bucket(value);
        match shard::near(self.run.block()) {
            Some(block) => observe_leased(block, self.run, bucket, value),
            None => self.observe_far(bucket, value),
        }
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

    #[inline(never)]
    fn observe_far(&self, bucket: usize, value: u64) {
        observe_at(shard::place(self.run.block()), self.run, bucket, value);
    }

    /// Buckets, count and sum as of one moment between call and return. Lock-free; allocates.
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot {
        let mut reading = Reading::default();
        read(arena::process().column(self.run.block()), self.run, self.layout.bucket_count(), &mut reading);
        HistogramSnapshot { buckets: reading.buckets, sum: reading.sum }
    }
}

/// Records in whatever block the thread may write to.
pub(crate) fn observe_at(place: Place, run: Run, bucket: usize, value: u64) {
    match place {
        Place::Leased(block) => observe_leased(block, run, bucket, value),
        Place::Shared(block) => observe_shared(block, run, bucket, value),
    }
}

/// Reads a histogram over all shards: one state of each.
pub(crate) fn read(column: &Column, run: Run, bucket_count: usize, reading: &mut Reading) {
    reading.clear(bucket_count);
    for block in column.leased() {
        reading.add_leased(block.cells(run));
    }
    if let Some(block) = column.shared() {
        reading.add_shared(block.cells(run));
    }
}

/// What a histogram had observed at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistogramSnapshot {
    /// Observations by bucket, each alone (not cumulated); the last is beyond all bounds.
    pub buckets: Vec<u64>,
    /// The sum of the observed values, in the unit of the bounds' scale; wraps past `u64::MAX`.
    pub sum: u64,
}

impl HistogramSnapshot {
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
