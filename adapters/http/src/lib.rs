//! What tickmark records of an HTTP request, for every framework: a tower layer, and an
//! endpoint for scrapes.
//!
//! Users of axum want the crate `tickmark-axum`, which adds the route of the request.
//! This crate is what adapters are made of, and it serves plain tower services as it is:
//!
//! ```
//! use http::{Request, Response};
//! use tickmark_http::HttpMetrics;
//! use tower::{Layer, Service, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = tickmark::Registry::new();
//! let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
//! let cart = metrics.route("/cart/{id}");
//!
//! let service = metrics.layer().layer(service_fn(move |_request: Request<String>| async move {
//!     tickmark_http::set_route(cart);
//!     Ok::<_, std::convert::Infallible>(Response::new("2 books".to_owned()))
//! }));
//! let response = service.oneshot(Request::get("/cart/17").body(String::new())?).await?;
//! # drop(response);
//!
//! let page = String::from_utf8(tickmark_text::Encoder::new(&registry).encode().to_vec())?;
//! assert!(page.contains(r#"shop_http_requests_total{method="GET",path="/cart/{id}",status="200"} 1"#));
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//! Every name begins with the prefix, which is empty unless set. A time is exposed in
//! seconds, a size in bytes.
//!
//! | family | labels | recorded |
//! | --- | --- | --- |
//! | `http_requests_total` | method, path, status | at the head of the response, or when the request dies without one |
//! | `http_request_duration_seconds` | method, path | from the call to the head; not for 101, not without a head |
//! | `http_request_size_bytes` | method, path | at the head: the declared length, at most 1 TiB, 0 without a body; nothing if it is unknown |
//! | `http_response_size_bytes` | method, path | at the end: the body bytes handed to the server, also when cut short |
//! | `http_requests_in_flight` | method | from the call to the end of the body |
//! | `http_requests_aborted_total` | path, reason | a request that did not end as it should |
//! | `http_response_duration_seconds`, if [enabled](HttpMetric::ResponseDuration) | method, path | from the call to the end of the body |
//! | `metrics_routes_overflow_total` | | a route template turned away by the limit |
//!
//! - The path is the route's template, never the path that was asked for: `unmatched`
//!   without a route, `_overflow` beyond the limit of routes.
//! - The method is one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH,
//!   QUERY, or else `_OTHER`.
//! - A request without a head counts with status 499 and reason `cancelled` when its
//!   future was dropped, and with status 500 and reason `panic` or `error` when the
//!   service panicked or failed. A body that ends early leaves the status as it was; the
//!   reason is `body_dropped`, `body_error`, `body_panic`, or `body_short` for one that
//!   ended before its declared length.
//! - A response is complete when it was handed to the server in full. Whether the client
//!   received it nobody knows.
//!
//! # Where the layer goes
//! Outermost: outside of whatever catches panics, limits the time or compresses. What
//! happens outside of the layer it cannot see; a timeout there, for one, is a cancelled
//! request here, whatever the client is told.
//!
//! # Settings
//! All of them are methods of [`HttpMetricsBuilder`]; there is no environment variable,
//! and nothing is shared by the process. As set at first, a request costs two readings of
//! the clock and six records, and allocates nothing unless it may meet a [second
//! copy](MetricsLayer) of the layer. Records use the memory of earlier ones, of which a
//! thread keeps 64. A thread without one allocates it: with more requests at once, and
//! where it begins requests that other threads end, as under HTTP/2 on a runtime of
//! several threads.
//!
//! | setting | costs |
//! | --- | --- |
//! | [`preset`](HttpMetricsBuilder::preset), [`prefix`](HttpMetricsBuilder::prefix), [`only_listed`](HttpMetricsBuilder::only_listed), [`url_scheme`](HttpMetricsBuilder::url_scheme) | nothing for a request; series, where a preset has more labels |
//! | [`enable`](HttpMetricsBuilder::enable) the [response duration](HttpMetric::ResponseDuration) | a third reading of the clock, a histogram for each route and method |
//! | [`disable`](HttpMetricsBuilder::disable) | less than nothing: without both durations the clock is read once |
//! | [`duration_bounds`](HttpMetricsBuilder::duration_bounds), [`size_bounds`](HttpMetricsBuilder::size_bounds) | 8 bytes for a bucket and series, and for each thread that [records often](tickmark#what-holds) in it |
//! | [`status_on_duration`](HttpMetricsBuilder::status_on_duration), [`protocol_version`](HttpMetricsBuilder::protocol_version) | a histogram for each status or version |
//! | [`status_class`](HttpMetricsBuilder::status_class) | fewer series |
//! | [`time_all`](HttpMetricsBuilder::time_all) | a reading of the clock for requests without a head |
//! | [`exemplars`](HttpMetricsBuilder::exemplars) | the hook, and some allocations for a request that has one; at most 128 characters are kept |
//! | [`ignore`](HttpMetricsBuilder::ignore), [`max_routes`](HttpMetricsBuilder::max_routes) | nothing for a request |
//! | [`HttpMetrics::known_route`], [`known_statuses`](HttpMetricsBuilder::known_statuses) | series from the start instead of the first request |
//! | [`HttpMetrics::request_bytes_layer`] | an allocation for a request, an atomic add for a frame of its body |
//!
//! # Features
//! - `gzip`, on by default: the [endpoint](ScrapeEndpoint) compresses pages for scrapers
//!   that ask for it.
//! - `quanta`: reads the clock at less than half the cost, by the processor's own
//!   counter. The first instance measures that counter, which takes 0.6 ms on an idle
//!   machine and at most 0.2 s. Durations keep the error of this measurement: of 72
//!   starts on a busy machine, 60 were within 3 millionths of the system's clock, 11
//!   within 20, and one was 204 off. Later corrections of the system's clock, and a move
//!   to a machine whose counter has another rate, are not seen. Not the default for this
//!   error, and for five more crates.
//! - `server`: `serve_metrics`, a listener for scrapes alone, with tokio and hyper; and
//!   `accept` and `WriteTimeout`, for listeners of your own.

#![forbid(unsafe_code)]

mod abort;
#[cfg(feature = "server")]
mod accept;
mod body;
mod builder;
mod call;
#[cfg_attr(feature = "quanta", path = "counter_clock.rs")]
mod clock;
mod detached;
mod dimension;
mod error;
mod exemplar;
mod families;
mod future;
mod label;
mod labelled;
mod layer;
mod length;
mod mark;
mod method;
mod metrics;
mod pool;
mod preset;
mod record;
mod request_bytes;
mod route;
mod scrape;
mod slot;
mod status;
mod trace;
#[cfg(feature = "server")]
mod write_timeout;

#[cfg(feature = "server")]
pub use accept::accept;
pub use body::ResponseBody;
pub use builder::HttpMetricsBuilder;
pub use detached::{Detached, detached};
pub use error::BuildError;
pub use future::ResponseFuture;
pub use label::{RouteLabel, RouteLabelLayer};
pub use layer::{MetricsLayer, MetricsService, NoRoute, RouteSource};
pub use metrics::HttpMetrics;
pub use preset::{HttpMetric, Preset};
pub use request_bytes::{CountedBody, RequestBytes, RequestBytesLayer};
pub use route::RouteId;
pub use scrape::{
    InvalidToken, ScrapeBody, ScrapeEndpoint, ScrapeEndpointBuilder, ScrapeError, ScrapeFuture,
};
#[cfg(feature = "server")]
pub use scrape::{MetricsServer, serve_metrics, serve_metrics_at};
pub use slot::set_route;
pub use trace::trace_id;
#[cfg(feature = "server")]
pub use write_timeout::WriteTimeout;
