//! Creation times of series, for families that keep them.

use std::time::{Duration, SystemTime};

use crate::cells::growing::Growing;
use crate::sync::{AtomicU64, Ordering};

/// Creation times by slot, in milliseconds since the Unix epoch.
#[derive(Debug, Default)]
pub(crate) struct CreatedTimes(Growing<AtomicU64>);

impl CreatedTimes {
    /// Records the creation of the series of this slot, before it is in the slot.
    pub(crate) fn note(&self, slot: usize) {
        let since_epoch =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        // Relaxed: published with the series, by the store of its slot.
        self.0.grow(slot).store(millis, Ordering::Relaxed);
    }

    /// Returns the creation time of the series in this slot.
    pub(crate) fn get(&self, slot: usize) -> Option<SystemTime> {
        // Relaxed: a reader that has the series sees the store before it.
        let millis = self.0.get(slot)?.load(Ordering::Relaxed);
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
    }
}
