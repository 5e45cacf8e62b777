//! Requests that do not end as they should, over a real socket: cancelled, broken, timed out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use support::{Recorded, chunks, measured, reaches, read_until, serve, settled, unfinished};
use tickmark_axum::layer;
use tokio::io::AsyncWriteExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// A body that panics after 3 bytes.
struct PanicsAfter3(bool);

impl http_body::Body for PanicsAfter3 {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        assert!(!self.0, "the body panics, as it should");
        self.0 = true;
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from("123")))))
    }
}

#[tokio::test]
async fn a_client_gone_before_the_head_cancels() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/a", get(async || pending::<()>().await)).layer(layer(metrics))).await;
    let stream = client.open("GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await;
    reaches(&registry, 1.0).await;
    drop(stream);
    assert_eq!(
        settled(&registry).await,
        ["GET /a: 499 x 1, timed 0, request 0 of 0, response 0 of 0", "/a: cancelled x 1"]
    );
}

#[tokio::test]
async fn a_half_closed_connection_cancels() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/a", get(async || pending::<()>().await)).layer(layer(metrics))).await;
    let mut stream = client.open("GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await;
    reaches(&registry, 1.0).await;
    stream.shutdown().await.unwrap();
    assert_eq!(
        settled(&registry).await,
        ["GET /a: 499 x 1, timed 0, request 0 of 0, response 0 of 0", "/a: cancelled x 1"]
    );
}

#[tokio::test]
async fn a_client_gone_in_mid_stream_drops_the_body() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/events", get(async || unfinished())).layer(layer(metrics))).await;
    let mut stream = client.open("GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    read_until(&mut stream, "12345").await;
    assert_eq!(
        Recorded::of(&registry).summary(),
        ["GET /events: 200 x 1, timed 1, request 1 of 0, response 0 of 0"],
        "counted and timed at the head"
    );
    assert_eq!(Recorded::of(&registry).in_flight(), 1.0);
    drop(stream);
    assert_eq!(
        settled(&registry).await,
        ["GET /events: 200 x 1, timed 1, request 1 of 0, response 1 of 5", "/events: body_dropped x 1"]
    );
}

#[tokio::test]
async fn a_runtime_that_goes_down_cancels() {
    let (registry, metrics) = measured();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let router = Router::new().route("/a", get(async || pending::<()>().await)).layer(layer(metrics));
    let client = runtime.spawn(serve(router)).await.unwrap();
    let _stream = client.open("GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await;
    reaches(&registry, 1.0).await;
    runtime.shutdown_background();
    assert_eq!(
        settled(&registry).await,
        ["GET /a: 499 x 1, timed 0, request 0 of 0, response 0 of 0", "/a: cancelled x 1"]
    );
}

#[tokio::test]
async fn chunked_bodies_complete_or_break() {
    let (registry, metrics) = measured();
    let broken =
        async || Body::from_stream(stream::iter([Ok("123"), Err(io::Error::other("the body breaks, as it should"))]));
    let client = serve(
        Router::new()
            .route("/whole", get(async || chunks(["123", "4567", "89"])))
            .route("/broken", get(broken))
            .route("/panics", get(async || Body::new(PanicsAfter3(false))))
            .layer(CatchPanicLayer::new())
            .layer(layer(metrics)),
    )
    .await;
    assert_eq!(client.get("/whole").await.body, "3\r\n123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n");
    assert!(!client.get("/broken").await.body.ends_with("0\r\n\r\n"));
    assert!(!client.get("/panics").await.body.ends_with("0\r\n\r\n"));
    assert_eq!(
        settled(&registry).await,
        [
            "GET /broken: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
            "GET /panics: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
            "GET /whole: 200 x 1, timed 1, request 1 of 0, response 1 of 9",
            "/broken: body_error x 1",
            "/panics: body_panic x 1",
        ]
    );
}

/// Panics in its first poll, or after a wait.
fn panicking() -> Router {
    Router::new().route("/first", get(async || -> () { panic!("the handler panics, as it should") })).route(
        "/later",
        get(async || -> () {
            tokio::task::yield_now().await;
            panic!("the handler panics, as it should")
        }),
    )
}

/// What a panic counts as if nobody caught it inside of the layer.
const PANICKED: [&str; 4] = [
    "GET /first: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
    "GET /later: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
    "/first: panic x 1",
    "/later: panic x 1",
];

#[tokio::test]
async fn a_panic_that_nobody_catches_is_a_500() {
    let (registry, metrics) = measured();
    let client = serve(panicking().layer(layer(metrics))).await;
    assert_eq!(client.get("/first").await.status, 0, "the client sees a closed connection");
    assert_eq!(client.get("/later").await.status, 0);
    assert_eq!(settled(&registry).await, PANICKED);
}

#[tokio::test]
async fn a_panic_caught_outside_is_a_500() {
    let (registry, metrics) = measured();
    let client = serve(panicking().layer(layer(metrics)).layer(CatchPanicLayer::new())).await;
    assert_eq!(client.get("/first").await.status, 500);
    assert_eq!(client.get("/later").await.status, 500);
    assert_eq!(settled(&registry).await, PANICKED);
}

#[tokio::test]
async fn a_panic_caught_inside_is_an_ordinary_500() {
    let (registry, metrics) = measured();
    let client = serve(panicking().layer(CatchPanicLayer::new()).layer(layer(metrics))).await;
    assert_eq!(client.get("/first").await.status, 500);
    let length: u64 = client.get("/later").await.header("content-length").unwrap().parse().unwrap();
    assert_eq!(
        settled(&registry).await,
        ["/first", "/later"]
            .map(|path| { format!("GET {path}: 500 x 1, timed 1, request 1 of 0, response 1 of {length}") })
    );
}

#[tokio::test]
async fn a_timeout_inside_is_an_ordinary_answer_and_outside_a_cancelled_request() {
    let slow = || Router::new().route("/slow", get(async || pending::<()>().await));
    let limit = || TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(20));

    let (registry, metrics) = measured();
    let client = serve(slow().layer(limit()).layer(layer(metrics))).await;
    assert_eq!(client.get("/slow").await.status, 408);
    assert_eq!(settled(&registry).await, ["GET /slow: 408 x 1, timed 1, request 1 of 0, response 1 of 0"]);

    let (registry, metrics) = measured();
    let client = serve(slow().layer(layer(metrics)).layer(limit())).await;
    assert_eq!(client.get("/slow").await.status, 408);
    assert_eq!(
        settled(&registry).await,
        ["GET /slow: 499 x 1, timed 0, request 0 of 0, response 0 of 0", "/slow: cancelled x 1"]
    );
}
