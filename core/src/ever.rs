//! Flags for events that scrapes look for only after the first one.

use std::sync::atomic::AtomicBool;

use crate::sync::Ordering;

/// Records whether an event ever happened.
// Plain std under loom too: the flag only saves work, and statics of loom cannot be
// constant.
#[derive(Debug, Default)]
pub(crate) struct Ever(AtomicBool);

impl Ever {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Records the event. Wait-free.
    pub(crate) fn happened(&self) {
        // Relaxed: see `has_happened`. Read first, so that frequent events do not contend
        // for the cache line.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Resets the flag for the next owner.
    pub(crate) fn forget(&self) {
        // Relaxed: the caller orders it with later events.
        self.0.store(false, Ordering::Relaxed);
    }

    /// Returns whether the event happened before this call. Wait-free.
    #[inline]
    pub(crate) fn has_happened(&self) -> bool {
        // Relaxed: coherence shows an event that happened before, and the flag publishes
        // nothing else.
        self.0.load(Ordering::Relaxed)
    }
}
