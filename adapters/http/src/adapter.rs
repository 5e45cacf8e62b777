//! Building blocks of adapters, for the author of a server or a framework integration.
//!
//! A service needs none of them: it uses [`HttpMetrics::layer`], or the crate of its
//! framework.

use crate::metrics::HttpMetrics;
use crate::series::route::RouteId;

#[cfg(feature = "server")]
pub use crate::scrape::accept::accept;
pub use crate::tower::call::{record, record_noted};
pub use crate::tower::layer::{NoRoute, RouteSource, note_router, note_service};
pub use crate::tower::request_bytes::count_request_bytes;

/// Returns a number that identifies the instance, for tables that are looked up by
/// instance.
#[must_use]
#[inline]
pub fn key(metrics: HttpMetrics) -> usize {
    metrics.key()
}

/// Returns whether the route belongs to this instance.
#[must_use]
#[inline]
pub fn owns(metrics: HttpMetrics, route: RouteId) -> bool {
    metrics.owns(route)
}

/// Returns a route whose requests are not recorded, for a part of a service.
///
/// If code below sets it, the gauge of requests in flight moves nevertheless, as with
/// [`ignore`](crate::HttpMetricsBuilder::ignore).
///
/// ```
/// use tickmark_http::{HttpMetrics, RouteLabelLayer, adapter};
///
/// let metrics = HttpMetrics::builder().build(&tickmark::Registry::new())?;
/// let unrecorded = RouteLabelLayer::new(adapter::unrecorded(metrics));
/// # _ = unrecorded;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn unrecorded(metrics: HttpMetrics) -> RouteId {
    metrics.unrecorded()
}
