//! One series: its labels, its cells, and how long they live.

use crate::arena;
use crate::block::Run;
use crate::exemplar::Exemplars;
use crate::labels::LabelValues;
use crate::sync::{Arc, ArcSlot, AtomicU64, Ordering};

/// What a family knows of one label set. It lives as long as the family lists it or a handle writes to it; then its
/// cells go back to the arena.
#[derive(Debug)]
pub(crate) struct Series {
    /// Of this process, never given twice.
    pub(crate) id: u64,
    pub(crate) labels: LabelValues,
    /// The cells of this series in every shard; empty for a gauge.
    pub(crate) run: Run,
    /// The value of a gauge, as bits: it is set, not added up, so it cannot be spread over shards. Of a float counter or a
    /// float histogram: how many records it rejected.
    pub(crate) shared: AtomicU64,
    /// None until one is set.
    pub(crate) exemplars: ArcSlot<Exemplars>,
}

impl Series {
    pub(crate) fn new(labels: LabelValues, cell_count: usize) -> Arc<Self> {
        Arc::new(Self {
            id: next_id(),
            labels,
            run: if cell_count == 0 { Run::EMPTY } else { arena::process().allocate(cell_count) },
            shared: AtomicU64::new(0),
            exemplars: ArcSlot::default(),
        })
    }
}

impl Drop for Series {
    fn drop(&mut self) {
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
