//! A real server and its client.

#![allow(dead_code, unused_imports, reason = "each test program uses some of it")]

use axum::Router;
use tickmark::Registry;
use tickmark_axum::HttpMetrics;
use tokio::net::TcpListener;

pub(crate) use tickmark_tests::recorded::{Recorded, settled};
pub(crate) use tickmark_tests::wire::Client;

/// Returns a registry with HTTP metrics.
pub(crate) fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().build(&registry).unwrap();
    (registry, metrics)
}

/// Serves the router on its own port until the test ends.
pub(crate) async fn serve(router: Router) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(axum::serve(listener, router).into_future()));
    client
}
