//! HTTP metrics for warp, labelled by the path that the filters matched.
//!
//! The service on one listener, the metrics on another that only the scraper can reach:
//!
//! ```no_run
//! use tickmark_warp::{HttpMetrics, ScrapeEndpoint, path};
//! use tokio::net::TcpListener;
//! use warp::Filter;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = tickmark::Registry::new();
//! let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
//!
//! let cart = path!(metrics; "cart" / u32).and(warp::get()).map(|id: u32| format!("cart {id}: 2 books"));
//! let home = path!(metrics; ).and(warp::get()).map(|| "welcome");
//! let service = warp::service(home.or(cart));
//!
//! let scrapes = warp::serve(tickmark_warp::scrape(ScrapeEndpoint::new(&registry)));
//! tokio::join!(
//!     tickmark_warp::serve(TcpListener::bind("0.0.0.0:8080").await?, metrics, service),
//!     scrapes.incoming(TcpListener::bind("127.0.0.1:9100").await?).run(),
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//! warp knows no routes: a filter has no name, and nothing tells which of them matched. So a filter says it, right behind the
//! one that matches the path ([`path!`] writes both, [`route()`] is that filter alone). And nothing can be around filters, but
//! around the service that `warp::service` makes of them: the server of warp's own does not take that, [`serve`] does.
//!
//! | request | counts as |
//! | --- | --- |
//! | turned away behind the path, for its method or its body | the route, with the status of the rejection |
//! | to no path | `unmatched`, 404 |
//! | HEAD to what `warp::get()` guards | the route, 405: warp does not take HEAD for GET |
//!
//! What is recorded, and when, is described in [`tickmark_http`].

#![forbid(unsafe_code)]

mod route;
mod scrape;
mod serve;

pub use route::route;
pub use scrape::scrape;
pub use serve::{remote, serve, serve_until};
pub use tickmark_http::{
    BuildError, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken, Preset, RouteId, ScrapeEndpoint,
    ScrapeEndpointBuilder, detached, set_route,
};

#[doc(hidden)]
pub use warp as __warp;
