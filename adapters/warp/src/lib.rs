//! [http]: tickmark_http
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod first_bytes;
mod route;
mod scrape;
mod serve;

pub use route::{route, unmatched};
pub use scrape::{scrape, scrape_with};
pub use serve::{Server, remote, serve, serve_until};
pub use tickmark_http::{
    BearerToken, CountedBody, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken,
    MetricsServer, Preset, RequestBytesLayer, ResponseBody, ResponseFuture, RouteId, ScrapeBody,
    ScrapeEndpoint, ScrapeEndpointBuilder, ScrapeFuture, detached, serve_metrics, serve_metrics_at,
    set_route, trace_id,
};

#[doc(hidden)]
pub use warp as __warp;
