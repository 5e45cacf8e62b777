//! The limit of concurrent scrapes. Its default is in `scrape/builder.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The permits of an endpoint, one for each concurrent scrape.
#[derive(Debug)]
pub(crate) struct Permits {
    limit: usize,
    taken: AtomicUsize,
}

impl Permits {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, taken: AtomicUsize::new(0) })
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes a permit; none if all are taken. Lock-free.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Permit> {
        let one_more = |taken| (taken < self.limit).then_some(taken + 1);
        // Relaxed: a permit is a count, which publishes nothing.
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.is_ok().then(|| Permit(Arc::clone(self)))
    }
}

/// The permit of one scrape, returned on drop.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Permits>);

impl Drop for Permit {
    fn drop(&mut self) {
        // Relaxed: partner of `take`, see there.
        _ = self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
