//! Requests with a body, over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use bytes::Bytes;
use support::{measured, reaches, read_until, serve, settled};
use tickmark_axum::layer;
use tokio::io::AsyncWriteExt;

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
