//! The size of a request body that is counted as it is read.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::labels::dimension::Facts;
use crate::series::route::MethodSeries;

/// The size of one request body, shared by the body and the record of the request. The
/// last of the two to be dropped observes it.
#[derive(Default)]
pub(crate) struct Upload {
    /// Added to by the body alone, read by the last drop. `Arc` orders the two.
    read_bytes: AtomicU64,
    /// The series to observe it in; unset if the request had no head.
    answer: OnceLock<(&'static MethodSeries, Facts)>,
}

impl Upload {
    /// Adds bytes that were read.
    pub(crate) fn add(&self, bytes: usize) {
        // Relaxed: only the last drop reads it, ordered by the release and acquire of
        // `Arc`.
        _ = self.read_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Sets the series, at the head of the response.
    pub(crate) fn answered(&self, series: &'static MethodSeries, facts: Facts) {
        _ = self.answer.set((series, facts));
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some((series, facts)) = self.answer.get() {
            let read_bytes = *self.read_bytes.get_mut();
            series.request_size.record(|| *facts, |size| size.observe(read_bytes));
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("read_bytes", &self.read_bytes).finish_non_exhaustive()
    }
}
