//! The declared length of a request. Services are polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::{Body, Frame};
use support::{Recorded, build, ok, poll, summary};
use tickmark::Registry;
use tickmark_http::{CountedBody, HttpMetrics};
use tower::{Layer, Service, service_fn};

/// A body of unknown length.
struct Chunked;

impl Body for Chunked {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

#[test]
fn declared_request_length_is_recorded() {
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
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 3, timed 3, request 2 of 107, response 3 of 0"]
    );

    // The largest length that a server accepts. Recorded as 1 TiB, so that it does not
    // dominate the sum.
    for _ in 0..2 {
        send(
            metrics,
            Request::post("/")
                .header("content-length", "18446744073709551613")
                .body(Chunked)
                .unwrap(),
        );
    }
    let bytes = 107 + 2 * (1_u64 << 40);
    let expected =
        format!("POST unmatched: 200 x 5, timed 5, request 4 of {bytes}, response 5 of 0");
    assert_eq!(summary(&registry), [expected]);
}

/// Data that claims this number of bytes.
struct Vast(u64);

impl Buf for Vast {
    fn remaining(&self) -> usize {
        usize::try_from(self.0).unwrap()
    }

    fn chunk(&self) -> &[u8] {
        &[]
    }

    fn advance(&mut self, bytes: usize) {
        self.0 -= bytes as u64;
    }
}

/// A body of one such frame.
struct VastBody(Option<Vast>);

impl Body for VastBody {
    type Data = Vast;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Vast>, Infallible>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }
}

fn vast(bytes: u64) -> VastBody {
    VastBody(Some(Vast(bytes)))
}

const TIB: u64 = 1 << 40;

/// 2^24 requests that declare 1 TiB each add up to 2^64. Here most of it comes from
/// counted uploads.
#[test]
fn declared_lengths_never_decrease_the_sum() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let reads = service_fn(|request: Request<CountedBody<VastBody>>| {
        let mut body = Box::pin(request.into_body());
        while body
            .as_mut()
            .poll_frame(&mut Context::from_waker(Waker::noop()))
            .map(|frame| frame.is_some())
            == Poll::Ready(true)
        {}
        async { ok() }
    });
    let mut counted = metrics.layer().layer(metrics.request_bytes_layer().layer(reads));
    for bytes in [1 << 62, 1 << 62, 1 << 62, (1 << 62) - TIB] {
        drop(poll(counted.call(Request::new(vast(bytes)))));
    }
    let sum = || Recorded::of(&registry).sum("http_request_size_bytes_sum", &["GET", "unmatched"]);
    let mut before = sum();
    let mut service = metrics.layer().layer(service_fn(|_: Request<Chunked>| async { ok() }));
    for _ in 0..3 {
        let declared = Request::get("/").header("content-length", TIB.to_string()).body(Chunked);
        drop(poll(service.call(declared.unwrap())));
        assert!(sum() >= before, "{} after {before}", sum());
        before = sum();
    }
    // 2^64 and more, as a float.
    assert!(before >= 18_446_744_073_709_551_616.0, "{before}");
}

#[test]
fn response_sizes_never_decrease_the_sum() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let mut service = metrics.layer().layer(service_fn(|_: Request<Chunked>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(vast(1 << 63))))
    }));
    for _ in 0..3 {
        let response = poll(service.call(Request::new(Chunked)));
        let mut body = Box::pin(response.into_body());
        assert!(body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    let sum = Recorded::of(&registry).sum("http_response_size_bytes_sum", &["GET", "unmatched"]);
    assert_eq!(sum, 3.0 * 2_f64.powi(63));
}
