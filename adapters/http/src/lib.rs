//! HTTP metrics for every framework: a tower layer, and an endpoint for scrapes.
//!
//! For axum, hyper and warp use the crates `tickmark-axum`, `tickmark-hyper` and
//! `tickmark-warp`, which know the routes of their framework. They are built on this
//! crate, which serves plain tower services:
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use tickmark_http::{HttpMetrics, set_route};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = tickmark::Registry::new();
//! let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
//! let cart = metrics.route("/cart/{id}");
//!
//! let handler = service_fn(move |_request: Request<String>| async move {
//!     set_route(cart);
//!     Ok::<_, Infallible>(Response::new("2 books".to_owned()))
//! });
//! let service = metrics.layer().layer(handler);
//! let response = service.oneshot(Request::get("/cart/17").body(String::new())?).await?;
//! # drop(response);
//!
//! let page = tickmark_text::Encoder::new(&registry).encode_to_string();
//! assert!(page.contains(
//!     r#"shop_http_requests_total{method="GET",path="/cart/{id}",status="200"} 1"#
//! ));
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//! Every name begins with the prefix, which is empty by default. Times are exposed in
//! seconds, sizes in bytes.
//!
//! | family | labels | recorded |
//! | --- | --- | --- |
//! | `http_requests_total` | method, path, status | at the head of the response, or when the request ends without one |
//! | `http_request_duration_seconds` | method, path | from the call to the head; not for 101, not without a head |
//! | `http_request_size_bytes` | method, path | at the head: the declared length, at most 1 TiB, 0 without a body; not if unknown |
//! | `http_response_size_bytes` | method, path | at the end: the body bytes handed to the server, even of a truncated body |
//! | `http_requests_in_flight` | method | from the call to the end of the body |
//! | `http_requests_aborted_total` | path, reason | an aborted request |
//! | `http_response_duration_seconds`, if [enabled](HttpMetric::ResponseDuration) | method, path | from the call to the end of the body |
//! | `metrics_routes_overflow_total` | | a route template over the limit |
//!
//! - The path is the route's template, never the requested path: `unmatched` without a
//!   route, `_overflow` over the limit of routes.
//! - The method is one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH,
//!   QUERY, or else `_OTHER`.
//! - A request without a head counts with status 499 and reason `cancelled` if its future
//!   was dropped. It counts with status 500 and reason `panic` or `error` if the service
//!   panicked or failed.
//! - A body that ends early leaves the status unchanged. The reason is `body_dropped`,
//!   `body_error`, `body_panic`, or `body_short` for one that ends before its declared
//!   length.
//! - A response is complete when it was handed to the server in full. Delivery to the
//!   client cannot be observed here.
//!
//! # Where the layer goes
//! Outermost: outside the layers that catch panics, limit the time or compress. The layer
//! cannot observe what happens outside it. With a timeout outside, for example, the
//! request is recorded as cancelled, regardless of the response that the client receives.
//!
//! # Settings
//! All are methods of [`HttpMetricsBuilder`]. They use no environment variable and no
//! state of the process. With the defaults a request costs two readings of the clock and
//! six records. It does not allocate, unless it may meet a [second copy](MetricsLayer) of
//! the layer.
//!
//! Records reuse the memory of earlier ones, of which a thread keeps 64. A thread without
//! one allocates it. That happens with more requests at once, and where a thread starts
//! requests that other threads end, as under HTTP/2 on a multi-threaded runtime.
//!
//! | setting | costs |
//! | --- | --- |
//! | [`preset`](HttpMetricsBuilder::preset), [`prefix`](HttpMetricsBuilder::prefix), [`only_listed`](HttpMetricsBuilder::only_listed), [`url_scheme`](HttpMetricsBuilder::url_scheme) | nothing for a request; series, where a preset has more labels |
//! | [`enable`](HttpMetricsBuilder::enable) the [response duration](HttpMetric::ResponseDuration) | a third reading of the clock, a histogram for each route and method |
//! | [`disable`](HttpMetricsBuilder::disable) | negative: without either duration the clock is read once |
//! | [`duration_bounds`](HttpMetricsBuilder::duration_bounds), [`size_bounds`](HttpMetricsBuilder::size_bounds) | 8 bytes for a bucket and series, and for each thread that [records often](tickmark#guarantees) in it |
//! | [`status_on_duration`](HttpMetricsBuilder::status_on_duration), [`protocol_version`](HttpMetricsBuilder::protocol_version) | a histogram for each status or version |
//! | [`status_class`](HttpMetricsBuilder::status_class) | fewer series |
//! | [`time_all`](HttpMetricsBuilder::time_all) | a reading of the clock for requests without a head |
//! | [`exemplars`](HttpMetricsBuilder::exemplars) | the hook, and some allocations for a request with an exemplar; at most 128 characters are kept |
//! | [`ignore`](HttpMetricsBuilder::ignore), [`max_routes`](HttpMetricsBuilder::max_routes) | nothing for a request |
//! | [`HttpMetrics::expose_route`], [`exposed_statuses`](HttpMetricsBuilder::exposed_statuses) | series from the start instead of the first request |
//! | [`HttpMetrics::request_bytes_layer`] | an allocation for a request, an atomic add for a frame of its body |
//!
//! # Features
//! - `gzip`, on by default: the [endpoint](ScrapeEndpoint) compresses pages for scrapers
//!   that accept it.
//! - `quanta`: reads the processor's own counter, at less than half the cost of the
//!   system's clock. The first instance calibrates the counter, which takes 0.6 ms on an
//!   idle machine and at most 0.2 s. Durations keep the error of the calibration. Of 72
//!   starts on a busy machine, 60 were within 3 millionths of the system's clock, 11
//!   within 20, and one was 204 off. Later corrections of the system's clock have no
//!   effect, nor does a move to a machine whose counter has another rate. Not the default
//!   because of this error, and of five more crates.
//! - `server`: `serve_metrics`, a listener for scrapes only, with tokio and hyper; and
//!   `adapter::accept` and `WriteTimeout`, for other listeners.

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
