//! Requests that end as they should, over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use support::{Recorded, chunks, measured, reaches, read_until, serve, settled, unfinished};
use tickmark_axum::layer;
use tokio::io::AsyncWriteExt;
use tower_http::compression::CompressionLayer;

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
    let bytes = Recorded::of(&registry).sum("http_response_size_bytes_sum", &["*", "*"]);
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
