//! The series limit of a family, and the names of its overflow series.

use crate::names::description::Description;
use crate::sync::{AtomicUsize, Ordering};

/// The default series limit of a family.
pub(crate) const DEFAULT_SERIES_LIMIT: usize = 2_000;

/// Label value of the overflow series.
const OVERFLOW_VALUE: &str = "_overflow";

/// Only label name of the overflow series of an open family.
pub(crate) const OVERFLOW_LABEL: &str = "overflow";

/// Returns the key of the overflow series of a family.
pub(super) fn overflow_values(description: &Description) -> Box<[&'static str]> {
    if description.has_open_labels {
        Box::new([OVERFLOW_LABEL, OVERFLOW_VALUE])
    } else {
        vec![OVERFLOW_VALUE; description.label_names.len()].into()
    }
}

/// The series limit of a family, and the number of series that count towards it: all
/// except the overflow series.
#[derive(Debug)]
pub(super) struct SeriesLimit {
    series_count: AtomicUsize,
    limit: AtomicUsize,
}

impl Default for SeriesLimit {
    fn default() -> Self {
        Self { series_count: AtomicUsize::new(0), limit: AtomicUsize::new(DEFAULT_SERIES_LIMIT) }
    }
}

impl SeriesLimit {
    /// Counts a series, which is in the index.
    pub(super) fn count(&self) {
        // Release: pairs with the Acquire in `is_reached`, so a thread that finds the
        // family full finds this series.
        _ = self.series_count.fetch_add(1, Ordering::Release);
    }

    /// Ends the count of a series, which is still in the index.
    pub(super) fn discount(&self) {
        // Relaxed: it precedes the removal from the index, so a search that misses the
        // series sees the room that it left.
        _ = self.series_count.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns the number of series that count; approximate during changes.
    pub(super) fn series_count(&self) -> usize {
        // Relaxed: a number that publishes nothing.
        self.series_count.load(Ordering::Relaxed)
    }

    /// Returns whether the limit is reached. Exact under the lock of the table; without
    /// it, all series that count can be found.
    #[inline]
    pub(super) fn is_reached(&self) -> bool {
        // Acquire: pairs with the Release in `count`.
        let series_count = self.series_count.load(Ordering::Acquire);
        // Relaxed: a new limit may take effect a little later.
        series_count >= self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, limit: usize) {
        // Relaxed: see `is_reached`.
        self.limit.store(limit, Ordering::Relaxed);
    }
}
