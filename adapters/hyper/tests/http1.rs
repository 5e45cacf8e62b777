//! A service of hyper's own over real sockets, HTTP/1.1.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use hyper::service::service_fn;
use support::{Recorded, Routes, measured, reaches, read_until, serve, serve_measured, settled};
use tickmark_hyper::{MetricsService, ScrapeService};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn routes_are_those_that_the_dispatch_says() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    for path in ["/items/1", "/items/2", "/nothing"] {
        _ = client.get(path).await;
    }
    assert_eq!(client.request("DELETE", "/items/3").await.status, 405);
    let head = client.request("HEAD", "/items/4").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(
        settled(&registry).await,
        [
            "DELETE /items/{id}: 405 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /items/{id}: 200 x 2, timed 2, request 2 of 0, response 2 of 14",
            "GET unmatched: 404 x 1, timed 1, request 1 of 0, response 1 of 0",
            "HEAD /items/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}

#[tokio::test]
async fn scanners_add_two_label_sets() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    _ = client.get("/items/1").await;
    let before = Recorded::of(&registry).series_count("http_requests_total");
    for number in 0..300 {
        _ = client.get(&format!("/wp-admin/{number}.php")).await;
        _ = client.request(&format!("SCAN{number}"), "/items/1").await;
    }
    _ = settled(&registry).await;
    let page = Recorded::of(&registry);
    assert_eq!(page.series_count("http_requests_total"), before + 2);
    assert_eq!(page.sum("http_requests_total", &["GET", "unmatched", "404"]), 300.0);
    assert_eq!(page.sum("http_requests_total", &["_OTHER", "/items/{id}", "405"]), 300.0);
}

#[tokio::test]
async fn one_connection_has_many_requests() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    let request = "GET /items/1 HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /items/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = client.send(&format!("{request}{request}{last}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 3);
    assert_eq!(settled(&registry).await, ["GET /items/{id}: 200 x 3, timed 3, request 3 of 0, response 3 of 21"]);
}

#[tokio::test]
async fn requests_that_do_not_end_as_they_should() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    let waiting = client.open("GET /waits HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut streaming = client.open("GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    read_until(&mut streaming, "12345").await;
    reaches(&registry, 2.0).await;
    drop((waiting, streaming));
    // The server closes the connection without an answer.
    assert_eq!([client.get("/fails").await.status, client.get("/panics").await.status], [0, 0]);
    for path in ["/broken", "/bursts"] {
        assert!(!client.get(path).await.body.ends_with("0\r\n\r\n"));
    }
    assert_eq!(
        settled(&registry).await,
        [
            "GET /broken: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
            "GET /bursts: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
            "GET /events: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
            "GET /fails: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
            "GET /panics: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
            "GET /waits: 499 x 1, timed 0, request 0 of 0, response 0 of 0",
            "/broken: body_error x 1",
            "/bursts: body_panic x 1",
            "/events: body_dropped x 1",
            "/fails: error x 1",
            "/panics: panic x 1",
            "/waits: cancelled x 1",
        ]
    );
}

#[tokio::test]
async fn an_upgrade_ends_with_its_head() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    let mut stream = client.open("GET /up HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await;
    read_until(&mut stream, "101 Switching Protocols").await;
    assert_eq!(settled(&registry).await, ["GET /up: 101 x 1, timed 0, request 1 of 0, response 1 of 0"]);
}

#[tokio::test]
async fn around_a_service_with_the_same_metrics_it_counts_once() {
    let (registry, metrics) = measured();
    let routes = Routes::new(metrics);
    let inner = MetricsService::new(metrics, service_fn(move |request| routes.dispatch(request)));
    let client = serve(MetricsService::new(metrics, inner), false).await;
    _ = client.get("/items/1").await;
    assert_eq!(settled(&registry).await, ["GET /items/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 7"]);
}

#[tokio::test]
async fn scrapes_are_answered_and_not_counted() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    let scrapes = serve(ScrapeService::new(&registry), false).await;
    _ = client.get("/items/1").await;
    _ = settled(&registry).await;
    let page = scrapes.get("/metrics").await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(page.body.contains("http_requests_total{method=\"GET\",path=\"/items/{id}\",status=\"200\"} 1\n"));
    assert_eq!(scrapes.request("POST", "/metrics").await.status, 405);
    assert_eq!(Recorded::of(&registry).sum("http_requests_total", &["*", "*", "*"]), 1.0);
}

#[tokio::test]
async fn an_upload_has_its_declared_length() {
    let (registry, metrics) = measured();
    let client = serve_measured(metrics, false).await;
    let mut stream =
        client.open("GET /items/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\n").await;
    stream.write_all(b"12345").await.unwrap();
    let mut answer = String::new();
    _ = stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(settled(&registry).await, ["GET /items/{id}: 200 x 1, timed 1, request 1 of 5, response 1 of 7"]);
}
