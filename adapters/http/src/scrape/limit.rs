//! The limit of scrapes at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As many slots as there may be scrapes at once.
#[derive(Debug)]
pub(crate) struct Slots {
    limit: usize,
    taken: AtomicUsize,
}

impl Slots {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, taken: AtomicUsize::new(0) })
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// `None` if all are taken. Lock-free.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Slot> {
        let one_more = |taken| (taken < self.limit).then_some(taken + 1);
        // Relaxed: a slot is a number, and publishes nothing.
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.is_ok().then(|| Slot(Arc::clone(self)))
    }
}

/// One scrape; the slot is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Slots>);

impl Drop for Slot {
    fn drop(&mut self) {
        // Relaxed: as in `take`.
        _ = self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
