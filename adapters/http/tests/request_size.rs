//! The declared length of a request; polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use support::{build, ok, summary};
use tickmark::Registry;
use tickmark_http::HttpMetrics;
use tower::{Layer, Service, service_fn};

/// A body that does not say how long it is.
struct Chunked;

impl Body for Chunked {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

#[test]
fn the_declared_length_of_a_request_is_recorded() {
    let registry = Registry::new();
    let metrics = build(&registry);
    fn send<B: Body>(metrics: HttpMetrics, request: Request<B>) {
        let mut service = metrics.layer().layer(service_fn(|_: Request<B>| async { ok() }));
        let mut future = Box::pin(service.call(request));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    send(metrics, Request::post("/").body(String::from("1234567")).unwrap());
    send(metrics, Request::post("/").header("content-length", "100").body(Chunked).unwrap());
    send(metrics, Request::post("/").body(Chunked).unwrap());
    assert_eq!(summary(&registry), ["POST unmatched: 200 x 3, timed 3, request 2 of 107, response 3 of 0"]);

    // As large as a server lets pass: recorded as 1 TiB, so that it does not outweigh all
    // others.
    for _ in 0..2 {
        send(metrics, Request::post("/").header("content-length", "18446744073709551613").body(Chunked).unwrap());
    }
    let bytes = 107 + 2 * (1_u64 << 40);
    let expected = format!("POST unmatched: 200 x 5, timed 5, request 4 of {bytes}, response 5 of 0");
    assert_eq!(summary(&registry), [expected]);
}
