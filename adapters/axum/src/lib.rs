#![doc = include_str!("../README.md")]
//!
//! # In a program
//! The service on one listener, the metrics on another that only the scraper can reach:
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use tickmark_axum::HttpMetrics;
//!
//! # fn main() -> Result<(), tickmark::RegisterError> {
//! let registry = tickmark::Registry::new();
//! let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
//!
//! let service = Router::new()
//!     .route("/cart/{id}", get(async || "2 books"))
//!     .layer(tickmark_axum::layer(metrics))
//!     .route("/health", get(async || "ok"));
//! let scrapes = Router::new().route("/metrics", tickmark_axum::scrape(&registry));
//! # async fn serve(service: Router, scrapes: Router) -> std::io::Result<()> {
//! let service = axum::serve(tokio::net::TcpListener::bind("0.0.0.0:8080").await?, service);
//! let scrapes = axum::serve(tokio::net::TcpListener::bind("127.0.0.1:9100").await?, scrapes);
//! tokio::try_join!(service.into_future(), scrapes.into_future())?;
//! # Ok(())
//! # }
//! # drop(serve(service, scrapes));
//! # Ok(())
//! # }
//! ```
//!
//! What is recorded, and when, is described in [`tickmark_http`].
//!
//! # Where the layer goes
//! **Last, on the outermost `Router`.** Routes that are added after it, such as `/health`
//! above or a `/metrics` on the same listener, are not measured. What each place sees:
//!
//! | request | `layer`, last | `route_layer` | around the `Router` |
//! | --- | --- | --- | --- |
//! | to a route, also a nested one, also with a wrong method | template | template | `unmatched` |
//! | to a fallback or to nothing | `unmatched` | not measured | `unmatched` |
//! | below `nest_service` | `unmatched` | `unmatched` | `unmatched` |
//! | to the root of `nest_service` | as mounted | as mounted | `unmatched` |
//!
//! It belongs outside of layers that catch panics, limit the time or compress: `layer`
//! calls further down are outside of those before them, so last is right for that too.
//!
//! # Below `nest_service`
//! axum does not tell the outer layer what a nested service matched. If that service is a
//! `Router`, give it the same layer: there it only says the route, and each request
//! counts once. Any other service gets a [`route_label`].
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! # use tower::service_fn;
//!
//! # let registry = tickmark::Registry::new();
//! # let metrics = tickmark_axum::HttpMetrics::builder().build(&registry)?;
//! # let files = service_fn(async |_: axum::extract::Request| Ok::<_, std::convert::Infallible>(""));
//! let api = Router::new().route("/users/{id}", get(async || "Ada")).layer(tickmark_axum::layer(metrics));
//! let files = tower::Layer::layer(&tickmark_axum::route_label(metrics.route("/files/{*path}")), files);
//!
//! let service = Router::<()>::new()
//!     .nest_service("/api", api)
//!     .nest_service("/files", files)
//!     .layer(tickmark_axum::layer(metrics));
//! # drop(service);
//! # Ok::<(), tickmark::RegisterError>(())
//! ```

#![forbid(unsafe_code)]

mod cache;
mod matched;
mod scrape;

use tickmark_http::adapter;

pub use matched::{MatchedRoute, MetricsLayer, layer};
pub use scrape::scrape;
pub use tickmark_http::{
    BearerToken, CountedBody, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken, Preset,
    RequestBytesLayer, ResponseBody, ResponseFuture, RouteId, RouteLabelLayer, ScrapeBody,
    ScrapeEndpoint, ScrapeEndpointBuilder, ScrapeFuture, detached, set_route, trace_id,
};
#[cfg(feature = "server")]
pub use tickmark_http::{MetricsServer, serve_metrics, serve_metrics_at};

/// Labels a service that does not know its own route, such as one that serves files.
///
/// The layer of the same instance must be outside of it; alone it does nothing.
#[must_use]
pub fn route_label(route: RouteId) -> RouteLabelLayer {
    RouteLabelLayer::new(route)
}

/// Leaves what is inside of it out of the metrics: a route, a nested router, a service.
///
/// Routes that are added after the layer are not measured anyway, and templates that are
/// known at the start are better [ignored](HttpMetricsBuilder::ignore). This is for a
/// place among measured ones. The gauge of requests in flight moves all the same.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
///
/// # let registry = tickmark::Registry::new();
/// let metrics = tickmark_axum::HttpMetrics::builder().build(&registry)?;
/// let service: Router = Router::new()
///     .route("/cart/{id}", get(async || "2 books"))
///     .route("/ping", get(async || "pong").layer(tickmark_axum::unrecorded(metrics)))
///     .layer(tickmark_axum::layer(metrics));
/// # drop(service);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn unrecorded(metrics: HttpMetrics) -> RouteLabelLayer {
    RouteLabelLayer::new(adapter::unrecorded(metrics))
}
