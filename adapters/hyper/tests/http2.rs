//! A service of hyper's own over real sockets, HTTP/2 with hyper's client.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{Recorded, measured, reaches, serve_measured, settled};
use tickmark::Registry;
use tokio::net::TcpStream;

/// A measured service, and one connection to it.
async fn connected() -> (Registry, SendRequest<Empty<Bytes>>) {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, true).await;
    let stream = TokioIo::new(TcpStream::connect(client.0).await.unwrap());
    let (sender, connection) = handshake(TokioExecutor::new(), stream).await.unwrap();
    drop(tokio::spawn(async move { connection.await.unwrap() }));
    (registry, sender)
}

fn request(method: Method, path: &str) -> Request<Empty<Bytes>> {
    Request::builder().method(method).uri(format!("http://x{path}")).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_body_with_trailers_is_complete_and_a_head_has_none() {
    let (registry, mut sender) = connected().await;
    let response = sender.send_request(request(Method::GET, "/whole")).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-end"], "yes");
    assert_eq!(body.to_bytes(), "1234567");
    let response = sender.send_request(request(Method::HEAD, "/whole")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");
    assert_eq!(
        settled(&registry).await,
        [
            "GET /whole: 200 x 1, timed 1, request 1 of 0, response 1 of 7",
            "HEAD /whole: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}

#[tokio::test]
async fn a_stream_that_is_reset_drops_its_body_and_not_the_connection() {
    let (registry, mut sender) = connected().await;
    let mut response = sender.send_request(request(Method::GET, "/events")).await.unwrap();
    let frame = response.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "12345");
    assert_eq!(Recorded::of(&registry).in_flight(), 1.0);
    // hyper's client resets the stream.
    drop(response);
    reaches(&registry, 0.0).await;
    let response = sender.send_request(request(Method::GET, "/items/1")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "an item");
    assert_eq!(
        settled(&registry).await,
        [
            "GET /events: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
            "GET /items/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 7",
            "/events: body_dropped x 1",
        ]
    );
}

#[tokio::test]
async fn a_request_that_is_reset_is_cancelled_and_others_go_on() {
    let (registry, mut sender) = connected().await;
    let waiting = sender.send_request(request(Method::GET, "/waits"));
    let waiting = tokio::spawn(waiting);
    reaches(&registry, 1.0).await;
    waiting.abort();
    reaches(&registry, 0.0).await;
    let responses = (0..3).map(|_| sender.send_request(request(Method::GET, "/items/1"))).collect::<Vec<_>>();
    for response in responses {
        assert_eq!(response.await.unwrap().into_body().collect().await.unwrap().to_bytes(), "an item");
    }
    assert_eq!(
        settled(&registry).await,
        [
            "GET /items/{id}: 200 x 3, timed 3, request 3 of 0, response 3 of 21",
            "GET /waits: 499 x 1, timed 0, request 0 of 0, response 0 of 0",
            "/waits: cancelled x 1",
        ]
    );
}
