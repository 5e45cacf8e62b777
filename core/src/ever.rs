//! Whether something ever happened in this process, or in a family: until it did, scrapes
//! need not look for it.

use std::sync::atomic::AtomicBool;

use crate::sync::Ordering;

/// False until the first time.
// Plain std under loom too: it only ever saves work, and a static of loom's cannot be
// constant.
#[derive(Debug, Default)]
pub(crate) struct Ever(AtomicBool);

impl Ever {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Says that it happened. Wait-free.
    pub(crate) fn happened(&self) {
        // Relaxed: see `has_happened`. Read first, so that threads to which it happens
        // often do not pass the line around.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Begins again, when all that it happened to is gone.
    pub(crate) fn forget(&self) {
        // Relaxed: the caller orders it with what happens next.
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether it happened before this call. Wait-free.
    #[inline]
    pub(crate) fn has_happened(&self) -> bool {
        // Relaxed: what happened before is seen by coherence, and nothing else is read
        // through it.
        self.0.load(Ordering::Relaxed)
    }
}
