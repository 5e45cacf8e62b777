//! When series came into being, for families that are asked to keep it.

use std::time::{Duration, SystemTime};

use crate::cells::growing::Growing;
use crate::sync::{AtomicU64, Ordering};

/// By slot, the milliseconds since the Unix epoch.
#[derive(Debug, Default)]
pub(crate) struct CreatedTimes(Growing<AtomicU64>);

impl CreatedTimes {
    /// Notes that the series of this slot comes into being now. It is not in the slot
    /// yet.
    pub(crate) fn note(&self, slot: usize) {
        let since_epoch =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        // Relaxed: published with the series, by the Release of its slot.
        self.0.grow(slot).store(millis, Ordering::Relaxed);
    }

    /// When the series that is in this slot came into being.
    pub(crate) fn get(&self, slot: usize) -> Option<SystemTime> {
        // Relaxed: whoever has the series sees what was stored before it.
        let millis = self.0.get(slot)?.load(Ordering::Relaxed);
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
    }
}
