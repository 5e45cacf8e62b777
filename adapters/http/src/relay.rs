//! A copy of the layer whose request is recorded by another task.

use std::sync::Arc;

use crate::mark::Trail;
use crate::metrics::HttpMetrics;
use crate::request_bytes::Upload;
use crate::route::RouteId;
use crate::slot;

/// The way of labels and uploads from a copy of the layer to the record above it.
#[derive(Debug)]
pub(crate) struct Relay {
    metrics: HttpMetrics,
    trail: Arc<Trail>,
}

impl Relay {
    /// Labels the request, if the copy knows the route.
    pub(crate) fn new(metrics: HttpMetrics, trail: Arc<Trail>, route: Option<RouteId>) -> Self {
        if let Some(route) = route {
            trail.label(route);
        }
        Self { metrics, trail }
    }

    /// Runs code of the service, which may set the route.
    pub(crate) fn run_service<T>(&self, code: impl FnOnce() -> T) -> T {
        // The future of a call by a worker returns to the thread of the record.
        if slot::is_recording(self.metrics) {
            return code();
        }
        let unset = self.metrics.unset();
        // Reports when it is dropped, even by a panic.
        let mut report = Report { trail: &self.trail, unset, route: unset, upload: None };
        let entered = slot::enter(&mut report.route, &mut report.upload);
        let output = code();
        drop(entered);
        output
    }
}

struct Report<'a> {
    trail: &'a Trail,
    /// The route that no code can set.
    unset: RouteId,
    route: RouteId,
    upload: Option<Arc<Upload>>,
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if self.route != self.unset {
            self.trail.label(self.route);
        }
        if let Some(upload) = &self.upload {
            _ = self.trail.offer_upload(upload);
        }
    }
}
