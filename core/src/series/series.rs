//! One series: its labels, its cells, and how long they live.

use crate::cells::arena;
use crate::cells::block::Run;
use crate::names::labels::LabelValues;
use crate::series::exemplar::Exemplars;
use crate::series::fault_counts::{self, FaultCounts, FaultNumber};
use crate::sync::{Arc, ArcSlot, AtomicU64, Ordering};

/// What a family knows of one label set. It lives as long as the family lists it or a
/// handle writes to it; then its cells go back to the arena.
#[derive(Debug)]
pub(crate) struct Series {
    /// Of this process, never given twice.
    pub(crate) id: u64,
    pub(crate) labels: LabelValues,
    /// The cells of this series in every shard; empty for a gauge.
    pub(crate) run: Run,
    /// The value of a gauge, as bits: it is set, not added up, so it cannot be spread
    /// over shards. Of a series with cells: which fault counts its family has, as bits.
    pub(crate) shared: AtomicU64,
    /// None until one is set.
    pub(crate) exemplars: ArcSlot<Exemplars>,
}

impl Series {
    /// `faults` are the counts of its family, if it has cells.
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
            shared: AtomicU64::new(faults.map_or(0, |faults| faults.share().into_bits())),
            exemplars: ArcSlot::default(),
        })
    }

    /// Where the faults of its family are counted; `None` for a gauge, whose values are
    /// all taken.
    pub(crate) fn fault_counts(&self) -> Option<&'static FaultCounts> {
        fault_counts::of_bits(self.fault_bits())
    }

    fn fault_bits(&self) -> u64 {
        // Relaxed: of a series with cells, the bits never change.
        if self.run.len() == 0 { 0 } else { self.shared.load(Ordering::Relaxed) }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        drop(FaultNumber::from_bits(self.fault_bits()));
        arena::process().free(self.run);
    }
}

// Plain std under loom too: no model depends on identities.
static NEXT_ID: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// An identity for a series or a family.
pub(crate) fn next_id() -> u64 {
    // Relaxed: only uniqueness matters.
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// Above every identity that was given before.
pub(crate) fn end_id() -> u64 {
    // Relaxed: what happened before is in it, and what happens meanwhile may be.
    NEXT_ID.load(Ordering::Relaxed)
}
