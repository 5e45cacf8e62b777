#![doc = include_str!("../README.md")]
//!
//! # In a program
//! The service on one listener, the metrics on another that only the scraper can reach:
//!
//! ```no_run
//! use tickmark_warp::{HttpMetrics, ScrapeEndpoint, path, serve_metrics};
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
//! let scrapes = serve_metrics("127.0.0.1:9100", ScrapeEndpoint::new(&registry)).await?;
//! println!("scrape http://{}/metrics", scrapes.addr());
//! tickmark_warp::serve(TcpListener::bind("0.0.0.0:8080").await?, metrics, service).await;
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//! warp knows no routes: a filter has no name, and nothing tells which of them matched.
//! So a filter says it, right behind the one that matches the path ([`path!`] writes
//! both, [`route()`] is that filter alone). And nothing can be around filters, but around
//! the service that `warp::service` makes of them: the server of warp's own does not take
//! that, [`serve`] does.
//!
//! What is recorded, and when, is described in [`tickmark_http`].

#![forbid(unsafe_code)]

mod first_bytes;
mod route;
mod scrape;
mod serve;

pub use route::{route, unmatched};
pub use scrape::scrape;
pub use serve::{Server, remote, serve, serve_until};
pub use tickmark_http::{
    BearerToken, CountedBody, HttpMetric, HttpMetrics, HttpMetricsBuilder, InvalidToken,
    MetricsServer, Preset, RequestBytesLayer, ResponseBody, ResponseFuture, RouteId, ScrapeBody,
    ScrapeEndpoint, ScrapeEndpointBuilder, ScrapeFuture, detached, serve_metrics, serve_metrics_at,
    set_route, trace_id,
};

#[doc(hidden)]
pub use warp as __warp;
