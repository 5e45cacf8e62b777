//! Scrapes over a real socket, served by plain hyper.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

use std::net::SocketAddr;

use http_body::Body;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tickmark::Registry;
use tickmark_http::ScrapeEndpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves one connection with the endpoint.
async fn serve_one(registry: &Registry) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = TowerToHyperService::new(ScrapeEndpoint::new(registry));
    drop(tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), endpoint).await.unwrap();
    }));
    address
}

/// The answer to one request: the head's lines in lower case, sorted, without the date; and the body.
async fn answer(registry: &Registry, method: &str) -> (Vec<String>, String) {
    let mut stream = TcpStream::connect(serve_one(registry).await).await.unwrap();
    let request = format!("{method} /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    _ = stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<String> = head
        .lines()
        .map(str::to_lowercase)
        .filter(|line| !line.starts_with("date") && !line.starts_with("conn"))
        .collect();
    lines.sort();
    (lines, body.to_owned())
}

const PAGE: &str = "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n";

fn registry() -> Registry {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    registry
}

#[tokio::test]
async fn get_answers_with_the_page() {
    let (head, body) = answer(&registry(), "GET").await;
    assert_eq!(body, PAGE);
    assert_eq!(
        head,
        [
            &format!("content-length: {}", PAGE.len()),
            "content-type: text/plain; version=0.0.4; charset=utf-8",
            "http/1.1 200 ok",
            "vary: accept, accept-encoding",
        ]
    );
}

#[tokio::test]
async fn head_answers_with_the_headers_and_claims_no_length() {
    let (head, body) = answer(&registry(), "HEAD").await;
    assert_eq!(body, "");
    assert_eq!(
        head,
        ["content-type: text/plain; version=0.0.4; charset=utf-8", "http/1.1 200 ok", "vary: accept, accept-encoding",]
    );
}

#[test]
fn the_body_of_a_head_is_at_its_end() {
    let response = ScrapeEndpoint::new(&registry()).respond(&http::Request::head("/metrics").body(()).unwrap());
    assert!(response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), None);
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "QUERY", "get"] {
        let (head, body) = answer(&registry(), method).await;
        assert_eq!(body, "");
        assert_eq!(head, ["allow: get, head", "content-length: 0", "http/1.1 405 method not allowed"]);
    }
}

#[tokio::test]
async fn scrapes_at_the_same_time_get_a_page_each() {
    let endpoint = ScrapeEndpoint::new(&registry());
    let pages = [(); 4].map(|()| {
        let endpoint = endpoint.clone();
        std::thread::spawn(move || {
            (0..100).map(|_| endpoint.respond(&http::Request::new(())).into_body()).collect::<Vec<_>>()
        })
    });
    for body in pages.into_iter().flat_map(|thread| thread.join().unwrap()) {
        assert_eq!(body.collect().await.unwrap().to_bytes(), PAGE);
    }
}
