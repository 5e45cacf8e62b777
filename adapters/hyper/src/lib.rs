//! [http]: tickmark_http
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod scrape;
mod service;

pub use scrape::{ScrapeService, scrape, scrape_with};
pub use service::MetricsService;
#[cfg(feature = "server")]
pub use tickmark_http::adapter::accept;
pub use tickmark_http::{
    BearerToken, CountedBody, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken, Preset,
    RequestBytesLayer, ResponseBody, ResponseFuture, RouteId, ScrapeBody, ScrapeEndpoint,
    ScrapeEndpointBuilder, ScrapeFuture, detached, set_route, trace_id,
};
#[cfg(feature = "server")]
pub use tickmark_http::{MetricsServer, WriteTimeout, serve_metrics, serve_metrics_at};
