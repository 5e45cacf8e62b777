//! [http]: tickmark_http
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cache;
mod matched;
mod scrape;

use tickmark_http::adapter;

pub use matched::{MatchedRoute, MetricsLayer, layer};
pub use scrape::{scrape, scrape_with};
pub use tickmark_http::{
    BearerToken, CountedBody, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken, Preset,
    RequestBytesLayer, ResponseBody, ResponseFuture, RouteId, RouteLabelLayer, ScrapeBody,
    ScrapeEndpoint, ScrapeEndpointBuilder, ScrapeFuture, detached, set_route, trace_id,
};
#[cfg(feature = "server")]
pub use tickmark_http::{MetricsServer, serve_metrics, serve_metrics_at};

/// Labels a service that does not know its own route, such as a service of files.
///
/// Needs the layer of the same instance outside of it; alone it does nothing. See
/// [Below `nest_service`](crate#below-nest_service).
#[must_use = "add the layer to a service"]
pub fn route_label(route: RouteId) -> RouteLabelLayer {
    RouteLabelLayer::new(route)
}

/// Excludes a route, a nested router or a service from the metrics.
///
/// Use it among measured routes. Routes added after the layer are not measured anyway,
/// and [`ignore`](HttpMetricsBuilder::ignore) suits templates that are known at the
/// start. The gauge of requests in flight still moves.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_axum::HttpMetrics::builder().build(&registry)?;
/// let service: Router = Router::new()
///     .route("/cart/{id}", get(async || "2 books"))
///     .route("/ping", get(async || "pong").layer(tickmark_axum::unrecorded(metrics)))
///     .layer(tickmark_axum::layer(metrics));
/// # _ = service;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use = "add the layer to a service"]
pub fn unrecorded(metrics: HttpMetrics) -> RouteLabelLayer {
    RouteLabelLayer::new(adapter::unrecorded(metrics))
}
