//! How requests end, over a real socket: complete, cancelled, broken.

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
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use support::{Page, measured, reaches, read_until, serve, settled};
use tickmark_axum::layer;
use tokio::io::AsyncWriteExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

/// A body of chunks, without a length.
fn chunks<const N: usize>(chunks: [&'static str; N]) -> Body {
    Body::from_stream(stream::iter(chunks.map(Ok::<_, Infallible>)))
}

/// One chunk of 5 bytes, and then nothing for ever.
fn unfinished() -> Body {
    Body::from_stream(stream::iter([Ok::<_, Infallible>("12345")]).chain(stream::pending()))
}

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
        Page::of(&registry).summary(),
        ["GET /events: 200 x 1, timed 1, request 1 of 0, response 0 of 0"],
        "counted and timed at the head"
    );
    assert_eq!(Page::of(&registry).in_flight(), 1.0);
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

#[tokio::test]
async fn a_head_is_complete_and_keeps_its_length() {
    let (registry, metrics) = measured();
    let client = serve(
        Router::new()
            .route("/full", get(async || "12345"))
            .route("/streamed", get(async || chunks(["123"])))
            .route("/unfinished", get(async || unfinished()))
            .layer(layer(metrics)),
    )
    .await;
    let full = client.request("HEAD", "/full").await;
    assert_eq!((full.header("content-length"), full.body.as_str()), (Some("5"), ""));
    let streamed = client.request("HEAD", "/streamed").await;
    assert_eq!((streamed.header("content-length"), streamed.body.as_str()), (None, ""));
    assert_eq!(client.request("HEAD", "/unfinished").await.status, 200);
    assert_eq!(
        settled(&registry).await,
        ["/full", "/streamed", "/unfinished"]
            .map(|path| format!("HEAD {path}: 200 x 1, timed 1, request 1 of 0, response 1 of 0"))
    );
}

#[tokio::test]
async fn a_status_without_a_body_is_complete_at_the_head() {
    let (registry, metrics) = measured();
    let client = serve(
        Router::new()
            .route("/204", get(async || (StatusCode::NO_CONTENT, "never sent")))
            .route("/304", get(async || (StatusCode::NOT_MODIFIED, unfinished())))
            .layer(layer(metrics)),
    )
    .await;
    assert_eq!(client.get("/204").await.status, 204);
    assert_eq!(client.get("/304").await.status, 304);
    assert_eq!(
        settled(&registry).await,
        ["204", "304"].map(|status| format!("GET /{status}: {status} x 1, timed 1, request 1 of 0, response 1 of 0"))
    );
}

#[tokio::test]
async fn an_interim_status_counts_as_the_500_that_is_sent() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/a", get(async || StatusCode::EARLY_HINTS)).layer(layer(metrics))).await;
    assert_eq!(client.get("/a").await.status, 500);
    assert_eq!(settled(&registry).await, ["GET /a: 500 x 1, timed 1, request 1 of 0, response 1 of 0"]);
}

#[tokio::test]
async fn an_upgrade_is_complete_at_the_head_and_not_timed() {
    let (registry, metrics) = measured();
    let upgrade = async || {
        Response::builder()
            .status(101)
            .header("connection", "upgrade")
            .header("upgrade", "echo")
            .body(Body::empty())
            .unwrap()
    };
    let client = serve(Router::new().route("/socket", get(upgrade)).layer(layer(metrics))).await;
    let mut stream =
        client.open("GET /socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await;
    read_until(&mut stream, "HTTP/1.1 101 Switching Protocols").await;
    assert_eq!(settled(&registry).await, ["GET /socket: 101 x 1, timed 0, request 1 of 0, response 1 of 0"]);
}

#[tokio::test]
async fn a_stream_of_declared_length_is_complete_with_its_last_byte() {
    let (registry, metrics) = measured();
    let declared = async || ([("content-length", "5")], unfinished());
    let client = serve(Router::new().route("/a", get(declared)).layer(layer(metrics))).await;
    let answer = client.get("/a").await;
    assert_eq!((answer.header("content-length"), answer.body.as_str()), (Some("5"), "12345"));
    assert_eq!(settled(&registry).await, ["GET /a: 200 x 1, timed 1, request 1 of 0, response 1 of 5"]);
}

#[tokio::test]
async fn requests_on_one_connection_count_each() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/a", get(async || "12345")).layer(layer(metrics))).await;
    let request = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = client.open(request).await;
    for _ in 0..2 {
        read_until(&mut stream, "12345").await;
        stream.write_all(request.as_bytes()).await.unwrap();
    }
    read_until(&mut stream, "12345").await;
    assert_eq!(settled(&registry).await, ["GET /a: 200 x 3, timed 3, request 3 of 0, response 3 of 15"], "one by one");

    let last = "GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = client.send(&[request, request, last].concat()).await;
    assert_eq!(answers.matches("12345").count(), 3);
    assert_eq!(settled(&registry).await, ["GET /a: 200 x 6, timed 6, request 6 of 0, response 6 of 30"], "pipelined");
}

#[tokio::test]
async fn an_upload_counts_its_declared_length() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/echo", post(async |body: Bytes| body)).layer(layer(metrics))).await;
    let whole = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc";
    assert!(client.send(whole).await.ends_with("\r\n\r\nabc"));
    let chunked =
        "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    assert!(client.send(chunked).await.ends_with("\r\n\r\nab"));
    assert_eq!(settled(&registry).await, ["POST /echo: 200 x 2, timed 2, request 1 of 3, response 2 of 5"]);
}

#[tokio::test]
async fn an_upload_that_is_cut_counts_its_declared_length() {
    let (registry, metrics) = measured();
    let client = serve(Router::new().route("/echo", post(async |body: Bytes| body)).layer(layer(metrics))).await;
    let mut stream = client.open("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc").await;
    reaches(&registry, 1.0).await;
    stream.shutdown().await.unwrap();
    let seen = settled(&registry).await;
    assert!(seen[0].starts_with("POST /echo: 400 x 1, timed 1, request 1 of 100, "), "{seen:?}");
}

#[tokio::test]
async fn a_continue_is_no_request_of_its_own() {
    let (registry, metrics) = measured();
    let client = serve(
        Router::new()
            .route("/read", post(async |body: Bytes| body))
            .route("/unread", post(async |_: HeaderMap| "no"))
            .layer(layer(metrics)),
    )
    .await;
    let head = |path| format!("POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n");
    let mut stream = client.open(&head("/read")).await;
    read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    stream.write_all(b"abc").await.unwrap();
    read_until(&mut stream, "\r\n\r\nabc").await;
    let mut stream = client.open(&head("/unread")).await;
    read_until(&mut stream, "HTTP/1.1 200 OK").await;
    assert_eq!(
        settled(&registry).await,
        [
            "POST /read: 200 x 1, timed 1, request 1 of 3, response 1 of 3",
            "POST /unread: 200 x 1, timed 1, request 1 of 3, response 1 of 2",
        ]
    );
}

#[tokio::test]
async fn compression_inside_counts_the_bytes_on_the_wire_and_outside_those_of_the_service() {
    let big = || Router::new().route("/big", get(async || "x".repeat(10_000)));
    let ask = "GET /big HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";

    let (registry, metrics) = measured();
    let client = serve(big().layer(layer(metrics)).layer(CompressionLayer::new())).await;
    assert!(client.send(ask).await.contains("content-encoding: gzip"));
    assert_eq!(settled(&registry).await, ["GET /big: 200 x 1, timed 1, request 1 of 0, response 1 of 10000"]);

    let (registry, metrics) = measured();
    let client = serve(big().layer(CompressionLayer::new()).layer(layer(metrics))).await;
    assert!(client.send(ask).await.contains("content-encoding: gzip"));
    assert_eq!(settled(&registry).await.len(), 1, "complete");
    let bytes = Page::of(&registry).sum("http_response_size_bytes_sum", &["*", "*"]);
    assert!(bytes > 0.0 && bytes < 100.0, "{bytes}");
}

#[tokio::test]
async fn a_request_under_way_is_finished_by_a_graceful_shutdown() {
    let (registry, metrics) = measured();
    let (go, wait) = tokio::sync::watch::channel(false);
    let handler = async move |_: Request<Body>| {
        _ = wait.clone().wait_for(|go| *go).await;
        "12345"
    };
    let router = Router::new().route("/a", get(handler)).layer(layer(metrics));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = support::Client(listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(
        axum::serve(listener, router).with_graceful_shutdown(async move { drop(stopped.await) }).into_future(),
    );
    let mut stream = client.open("GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await;
    reaches(&registry, 1.0).await;
    stop.send(()).unwrap();
    go.send(true).unwrap();
    read_until(&mut stream, "12345").await;
    server.await.unwrap().unwrap();
    assert_eq!(settled(&registry).await, ["GET /a: 200 x 1, timed 1, request 1 of 0, response 1 of 5"]);
}
