//! One series: its labels, its cells and their lifetime.

use crate::cells::arena;
use crate::cells::block::Run;
use crate::names::labels::LabelValues;
use crate::series::exemplar::{Exemplar, Exemplars, SeriesExemplars, can_be_shown};
use crate::series::fault_counts::{self, FaultCounts, FaultNumber};
use crate::sync::{Arc, ArcSlot, AtomicU64, Kept, Ordering};
use crate::value::Number;

/// The state of one label set. It lives as long as its family lists it or a handle holds
/// it. Then its cells go back to the arena.
#[derive(Debug)]
pub(crate) struct Series {
    /// Unique in the process, never reused.
    pub(crate) id: u64,
    pub(crate) labels: LabelValues,
    /// The cells of this series in every shard; empty for a gauge.
    pub(crate) run: Run,
    /// For a gauge, the bits of its value: it is set, not added up, so it cannot be
    /// spread over shards. For a series with cells, the bits of a [`FaultNumber`] of its
    /// family.
    pub(crate) bits: AtomicU64,
    /// Empty until an exemplar is set.
    pub(crate) exemplars: ArcSlot<Exemplars>,
}

impl Series {
    /// Allocates the cells of a series. `faults` is the reference of its family.
    pub(crate) fn new(
        labels: LabelValues,
        cell_count: usize,
        faults: Option<&FaultNumber>,
    ) -> Arc<Self> {
        let faults = faults.filter(|_| cell_count > 0);
        Arc::new(Self {
            id: next_id(),
            labels,
            run: if cell_count == 0 { Run::EMPTY } else { arena::process().allocate(cell_count) },
            bits: AtomicU64::new(faults.map_or(0, |faults| faults.share().into_bits())),
            exemplars: ArcSlot::default(),
        })
    }

    /// Returns the fault counts of its family. `None` for a gauge, whose bits are all
    /// used by its value.
    pub(crate) fn fault_counts(&self) -> Option<&'static FaultCounts> {
        fault_counts::of_bits(self.fault_bits())
    }

    /// Returns the last exemplar of each bucket, if any was set.
    pub(crate) fn exemplars(&self) -> Option<SeriesExemplars> {
        let kept = self.exemplars.load();
        kept.get().is_some().then_some(SeriesExemplars(kept))
    }

    /// Returns the last exemplar of a bucket.
    pub(crate) fn exemplar(&self, bucket: usize) -> Option<Arc<Exemplar>> {
        self.exemplars.load().get()?.0.get(bucket)?.load_full()
    }

    fn fault_bits(&self) -> u64 {
        // Relaxed: the bits of a series with cells never change.
        if self.run.len() == 0 { 0 } else { self.bits.load(Ordering::Relaxed) }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        drop(FaultNumber::from_bits(self.fault_bits()));
        arena::process().free(self.run);
    }
}

// Plain std under loom too: no model depends on ids.
static NEXT_ID: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Returns a new id for a series or a family.
pub(crate) fn next_id() -> u64 {
    // Relaxed: only uniqueness matters.
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// Returns a number above every id given before.
pub(crate) fn end_id() -> u64 {
    // Relaxed: ids given before the call are below it; concurrent ones may be.
    NEXT_ID.load(Ordering::Relaxed)
}

/// Returns the cells of the series of a handle.
#[inline]
pub(crate) fn run_of(series: &Kept<Series>) -> Run {
    debug_assert!(series.get().is_some(), "a handle has a series");
    series.get().map_or(Run::EMPTY, |series| series.run)
}

/// Replaces the exemplar of a bucket, unless OpenMetrics cannot show the new one.
/// Lock-free. Allocates. A rejection takes bounded time and allocates nothing.
pub(crate) fn set_exemplar(
    series: &Kept<Series>,
    bucket: usize,
    bucket_count: usize,
    labels: &[(&str, &str)],
    value: Number,
) {
    if !can_be_shown(labels) {
        return reject_exemplar(series);
    }
    let Some(series) = series.get() else { return };
    let exemplars = series.exemplars.get_or_init(|| Exemplars::new(bucket_count));
    if let Some(slot) = exemplars.get().and_then(|exemplars| exemplars.0.get(bucket)) {
        slot.store(Arc::new(Exemplar::new(labels, value)));
        if let Some(counts) = series.fault_counts() {
            counts.exemplars().happened();
        }
    }
}

/// Counts a rejected record of a float metric. Wait-free.
#[cold]
#[inline(never)]
pub(crate) fn reject_record(series: &Kept<Series>) {
    reject_records(series, 1);
}

/// Counts rejected records of a float metric. Wait-free.
pub(crate) fn reject_records(series: &Kept<Series>, amount: u64) {
    count(series, amount, |counts| &counts.rejected_records);
}

/// Counts a rejected exemplar. Wait-free.
#[cold]
#[inline(never)]
fn reject_exemplar(series: &Kept<Series>) {
    count(series, 1, |counts| &counts.rejected_exemplars);
}

fn count(series: &Kept<Series>, amount: u64, fault: impl FnOnce(&FaultCounts) -> &AtomicU64) {
    if let Some(counts) = series.get().and_then(Series::fault_counts) {
        // Relaxed: a count publishes nothing but itself.
        _ = fault(counts).fetch_add(amount, Ordering::Relaxed);
        fault_counts::happened();
    }
}
