#![doc = include_str!("../README.md")]
//!
//! # How a route is said
//! hyper has no router: whoever writes one says the route of a request by [`set_route`],
//! with a [`RouteId`] that was made at start. That costs about as much as a write to a
//! thread-local.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Method, Request, Response, StatusCode};
//! use http_body_util::Full;
//! use hyper::body::{Bytes, Incoming};
//! use hyper::service::service_fn;
//! use tickmark_hyper::{HttpMetrics, MetricsService, RouteId, ScrapeService, set_route};
//!
//! #[derive(Clone, Copy)]
//! struct Routes {
//!     home: RouteId,
//!     cart: RouteId,
//! }
//!
//! async fn dispatch(routes: Routes, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let path = request.uri().path();
//!     let (status, text) = if path == "/" {
//!         set_route(routes.home);
//!         (StatusCode::OK, "welcome")
//!     } else if path.strip_prefix("/cart/").is_some_and(|id| !id.contains('/')) {
//!         set_route(routes.cart);
//!         // Said before the method is looked at, so that a 405 has its route too.
//!         let is_get = request.method() == Method::GET;
//!         if is_get { (StatusCode::OK, "2 books") } else { (StatusCode::METHOD_NOT_ALLOWED, "") }
//!     } else {
//!         (StatusCode::NOT_FOUND, "")
//!     };
//!     let mut response = Response::new(Full::from(text));
//!     *response.status_mut() = status;
//!     Ok(response)
//! }
//!
//! # fn main() -> Result<(), tickmark::RegisterError> {
//! let registry = tickmark::Registry::new();
//! let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
//! let routes = Routes {
//!     home: metrics.route("/"),
//!     cart: metrics.route("/cart/{id}"),
//! };
//! metrics.expose_route(&Method::GET, "/");
//! metrics.expose_route(&Method::GET, "/cart/{id}");
//! // Make one, and clone it for each connection: requests to a second one would carry
//! // marks.
//! let service = MetricsService::new(metrics, service_fn(move |request| dispatch(routes, request)));
//! let scrapes = ScrapeService::new(&registry);
//! # drop((service, scrapes));
//! # Ok(())
//! # }
//! ```
//!
//! The example `router` in this crate's folder is the whole program, with a listener for
//! each of the two. Connections that are upgraded work as without the metrics; the 101
//! ends the request. What is recorded, and when, is described in [`tickmark_http`].

#![forbid(unsafe_code)]

mod scrape;
mod service;

pub use scrape::ScrapeService;
pub use service::MetricsService;
pub use tickmark_http::{
    BearerToken, CountedBody, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken, Preset,
    RequestBytesLayer, ResponseBody, ResponseFuture, RouteId, ScrapeBody, ScrapeEndpoint,
    ScrapeEndpointBuilder, ScrapeFuture, detached, set_route, trace_id,
};
#[cfg(feature = "server")]
pub use tickmark_http::adapter::accept;
#[cfg(feature = "server")]
pub use tickmark_http::{MetricsServer, WriteTimeout, serve_metrics, serve_metrics_at};
