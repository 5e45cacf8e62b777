//! A real server and its client.

#![allow(dead_code, unused_imports, reason = "each test program uses a part")]

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use futures_util::stream::{self, StreamExt};
use tickmark::Registry;
use tickmark_axum::HttpMetrics;
use tokio::net::TcpListener;

pub(crate) use tickmark_tests::recorded::{Recorded, reaches, settled};
pub(crate) use tickmark_tests::wire::{Answer, Client, read_until};

/// A registry with HTTP metrics in it.
pub(crate) fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().build(&registry).unwrap();
    (registry, metrics)
}

/// Serves the router on a port of its own until the test ends.
pub(crate) async fn serve(router: Router) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(axum::serve(listener, router).into_future()));
    client
}

/// A body of chunks, without a length.
pub(crate) fn chunks<const N: usize>(chunks: [&'static str; N]) -> Body {
    Body::from_stream(stream::iter(chunks.map(Ok::<_, Infallible>)))
}

/// One chunk of 5 bytes, and then nothing for ever.
pub(crate) fn unfinished() -> Body {
    Body::from_stream(stream::iter([Ok::<_, Infallible>("12345")]).chain(stream::pending()))
}
