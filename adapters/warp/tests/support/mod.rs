//! A real server and its client.

#![allow(dead_code, unused_imports, reason = "each test program uses a part")]

use std::convert::Infallible;
use std::error::Error;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tickmark::Registry;
use tickmark_warp::HttpMetrics;
use tokio::net::TcpListener;
use tower_service::Service;

pub(crate) use tickmark_tests::recorded::{Recorded, reaches, settled};
pub(crate) use tickmark_tests::wire::{Answer, Client, read_until};

/// A registry with HTTP metrics in it.
pub(crate) fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().ignore(["/metrics"]).build(&registry).unwrap();
    (registry, metrics)
}

/// Serves on a port of its own until the test ends.
pub(crate) async fn serve<S, B>(metrics: HttpMetrics, service: S) -> Client
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(tickmark_warp::serve(listener, metrics, service)));
    client
}
