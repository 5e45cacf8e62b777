#![doc = include_str!("../README.md")]
//!
//! # Settings
//! All are methods of [`HttpMetricsBuilder`], except the two of [`HttpMetrics`]. They use
//! no environment variable and no state of the process. With the defaults a request costs
//! two readings of the clock and six records. With a plain tower service it does not
//! allocate, unless it may meet a [second copy](MetricsLayer) of the layer.
//!
//! Records reuse the memory of earlier ones, of which a thread keeps 64. A thread without
//! one allocates it. That happens with more requests at once, and where a thread starts
//! requests that other threads end, as under HTTP/2 on a multi-threaded runtime.
//!
//! | setting | costs |
//! | --- | --- |
//! | [`preset`](HttpMetricsBuilder::preset), [`prefix`](HttpMetricsBuilder::prefix), [`only_listed`](HttpMetricsBuilder::only_listed), [`url_scheme`](HttpMetricsBuilder::url_scheme), [`plain_bounds`](HttpMetricsBuilder::plain_bounds) | nothing for a request; series, where a preset has more labels |
//! | [`enable`](HttpMetricsBuilder::enable) the [response duration](HttpMetric::ResponseDuration) | a third reading of the clock, a histogram for each route and method |
//! | [`disable`](HttpMetricsBuilder::disable) | saves the metric's cost; with both durations disabled, one reading of the clock remains |
//! | [`duration_bounds`](HttpMetricsBuilder::duration_bounds), [`size_bounds`](HttpMetricsBuilder::size_bounds) | 8 bytes for a bucket and series, and for each thread that [records often](tickmark#memory) in it |
//! | [`status_on_duration`](HttpMetricsBuilder::status_on_duration), [`protocol_version`](HttpMetricsBuilder::protocol_version) | a histogram for each status or version |
//! | [`status_class`](HttpMetricsBuilder::status_class) | fewer series |
//! | [`time_all`](HttpMetricsBuilder::time_all) | a reading of the clock for requests without a head, and for 101 |
//! | [`exemplars`](HttpMetricsBuilder::exemplars) | the hook, and about ten allocations for a request with an exemplar; one over 128 characters is dropped |
//! | [`ignore`](HttpMetricsBuilder::ignore), [`max_routes`](HttpMetricsBuilder::max_routes) | nothing for a request |
//! | [`HttpMetrics::expose_route`], [`exposed_statuses`](HttpMetricsBuilder::exposed_statuses) | series from the start instead of the first request |
//! | [`HttpMetrics::request_bytes_layer`] | an allocation for a request, an atomic add for a frame of its body |

// The other crates link here, wherever their documentation is built first.
#![doc(html_root_url = "../")]
#![forbid(unsafe_code)]

// First, so that the documentation of `HttpMetrics` begins with its builder.
mod builder;

#[cfg_attr(feature = "quanta", path = "counter_clock.rs")]
mod clock;
mod exemplar;
mod length;
mod trace;

mod labels;

mod series;

mod request;

mod metrics;

mod tower;

mod scrape;

pub mod adapter;

pub use builder::HttpMetricsBuilder;
pub use metrics::HttpMetrics;
pub use request::current::set_route;
pub use request::detached::{Detached, detached};
#[cfg(feature = "server")]
pub use scrape::server::{MetricsServer, serve_metrics, serve_metrics_at};
#[cfg(feature = "server")]
pub use scrape::write_timeout::WriteTimeout;
pub use scrape::{
    body::ScrapeBody,
    builder::ScrapeEndpointBuilder,
    endpoint::ScrapeEndpoint,
    error::ScrapeError,
    future::ScrapeFuture,
    token::{BearerToken, InvalidToken},
};
pub use series::preset::{HttpMetric, Preset};
pub use series::route::RouteId;
pub use tower::body::ResponseBody;
pub use tower::future::ResponseFuture;
pub use tower::label::{RouteLabel, RouteLabelLayer};
pub use tower::layer::{MetricsLayer, MetricsService};
pub use tower::request_bytes::{CountedBody, RequestBytes, RequestBytesLayer};
pub use trace::trace_id;
