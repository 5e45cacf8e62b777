//! Filters of warp over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use std::future::pending;
use std::io;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use support::{Client, Recorded, measured, reaches, read_until, serve, settled};
use tickmark_warp::{ScrapeEndpoint, path, remote, scrape, serve_until};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use warp::Filter;
use warp::reply::Reply;

/// A body of these parts, and then what comes after them.
fn body(
    parts: [&'static str; 2],
    end: impl stream::Stream<Item = io::Result<Bytes>> + Send + Sync + 'static,
) -> impl Reply {
    let parts = stream::iter(parts.map(|part| Ok(Bytes::from_static(part.as_bytes()))));
    warp::reply::stream(parts.chain(end))
}

#[tokio::test]
async fn routes_are_those_that_the_filters_matched() {
    let (registry, metrics) = measured();
    let item = path!(metrics; "items" / u32 / "of" / String).and(warp::get());
    let item = item.map(|item: u32, of: String| format!("{item} of {of}"));
    let make = path!(metrics; "items").and(warp::post()).and(warp::body::json());
    let make = make.map(|number: u32| format!("made {number}"));
    let files = path!(metrics; "files" / ..).and(warp::path::tail()).map(|_| "a file");
    let home = path!(metrics;).map(|| "home");
    let client = serve(metrics, warp::service(home.or(item).or(make).or(files))).await;

    assert_eq!(client.get("/").await.body, "home");
    assert_eq!(client.get("/items/1/of/a").await.body, "1 of a");
    assert_eq!(client.get("/files/a/b/c").await.body, "a file");
    assert_eq!(client.get("/items/x/of/a").await.status, 404);
    assert_eq!(client.request("DELETE", "/items/2/of/b").await.status, 405);
    assert_eq!(client.request("HEAD", "/items/2/of/b").await.status, 405);
    let post = "POST /items HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\n";
    assert!(client.send(&format!("{post}{{x}}")).await.starts_with("HTTP/1.1 400"));
    assert!(client.send(&format!("{post}123")).await.ends_with("made 123"));
    let summary = settled(&registry).await;
    let counts: Vec<_> = summary.iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(
        counts,
        [
            "DELETE /items/{u32}/of/{String}: 405 x 1",
            "GET /: 200 x 1",
            "GET /files/*: 200 x 1",
            "GET /items/{u32}/of/{String}: 200 x 1",
            "GET unmatched: 404 x 1",
            "HEAD /items/{u32}/of/{String}: 405 x 1",
            "POST /items: 200 x 1",
        ]
    );
    let page = Recorded::of(&registry);
    assert_eq!(page.sum("http_requests_total", &["POST", "/items", "400"]), 1.0);
    assert_eq!(page.sum("http_request_size_bytes_sum", &["POST", "/items"]), 6.0);
}

#[tokio::test]
async fn scanners_add_two_label_sets() {
    let (registry, metrics) = measured();
    let item = path!(metrics; "items" / u32).and(warp::get()).map(|item: u32| item.to_string());
    let client = serve(metrics, warp::service(item)).await;
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
    assert_eq!(page.sum("http_requests_total", &["_OTHER", "/items/{u32}", "405"]), 300.0);
}

#[tokio::test]
async fn requests_that_do_not_end_as_they_should() {
    let (registry, metrics) = measured();
    let waits = path!(metrics; "waits").then(pending::<&str>);
    let panics = path!(metrics; "panics").map(|| -> &str { panic!("the handler panics, as it should") });
    let events = path!(metrics; "events").map(|| body(["123", "45"], stream::pending()));
    let whole = path!(metrics; "whole").map(|| body(["123", "4567"], stream::empty()));
    let broken = path!(metrics; "broken")
        .map(|| body(["123", ""], stream::iter([Err(io::Error::other("the body breaks, as it should"))])));
    let client = serve(metrics, warp::service(waits.or(panics).or(events).or(whole).or(broken))).await;
    let waiting = client.open("GET /waits HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut streaming = client.open("GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    read_until(&mut streaming, "45").await;
    reaches(&registry, 2.0).await;
    drop((waiting, streaming));
    // The server closes the connection without an answer.
    assert_eq!(client.get("/panics").await.status, 0);
    assert!(client.get("/whole").await.body.ends_with("0\r\n\r\n"));
    assert!(!client.get("/broken").await.body.ends_with("0\r\n\r\n"));
    assert_eq!(
        settled(&registry).await,
        [
            "GET /broken: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
            "GET /events: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
            "GET /panics: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
            "GET /waits: 499 x 1, timed 0, request 0 of 0, response 0 of 0",
            "GET /whole: 200 x 1, timed 1, request 1 of 0, response 1 of 7",
            "/broken: body_error x 1",
            "/events: body_dropped x 1",
            "/panics: panic x 1",
            "/waits: cancelled x 1",
        ]
    );
}

#[tokio::test]
async fn scrapes_are_answered_as_they_ask_and_not_counted() {
    let (registry, metrics) = measured();
    let scrapes = path!(metrics; "metrics").and(scrape(ScrapeEndpoint::new(&registry)));
    let hello = path!(metrics; "hello").map(|| "hello");
    let client = serve(metrics, warp::service(hello.or(scrapes))).await;
    _ = client.get("/hello").await;
    let page = client.get("/metrics").await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(page.header("vary"), Some("accept, accept-encoding"));
    assert!(page.body.contains("http_requests_total{method=\"GET\",path=\"/hello\",status=\"200\"} 1\n"));
    let page = client.get("/metrics?name[]=http_requests_total").await.body;
    assert!(page.contains("http_requests_total{") && !page.contains("http_request_duration"));
    let head = client.request("HEAD", "/metrics").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let post = client.request("POST", "/metrics").await;
    assert_eq!((post.status, post.header("allow")), (405, Some("get, head")));
    _ = settled(&registry).await;
    assert_eq!(Recorded::of(&registry).sum("http_requests_total", &["*", "*", "*"]), 1.0);
}

#[tokio::test]
async fn filters_know_where_a_request_comes_from() {
    let (_, metrics) = measured();
    let whence = path!(metrics; "whence").and(remote()).map(|remote: Option<_>| format!("{remote:?}"));
    let client = serve(metrics, warp::service(whence)).await;
    let answer = client.get("/whence").await.body;
    assert!(answer.starts_with("Some(127.0.0.1:"), "{answer}");
}

#[tokio::test]
async fn a_server_that_is_to_stop_answers_what_has_begun() {
    let (registry, metrics) = measured();
    let (answer, answered) = oneshot::channel::<&str>();
    let answered = std::sync::Arc::new(tokio::sync::Mutex::new(Some(answered)));
    let slow = path!(metrics; "slow").then(move || {
        let answered = answered.clone();
        async move { answered.lock().await.take().unwrap().await.unwrap() }
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    let stopped = async { stopped.await.unwrap() };
    let server = tokio::spawn(serve_until(stopped, listener, metrics, warp::service(slow)));
    let mut stream = client.open("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    reaches(&registry, 1.0).await;
    stop.send(()).unwrap();
    answer.send("at last").unwrap();
    read_until(&mut stream, "at last").await;
    server.await.unwrap();
    assert_eq!(settled(&registry).await, ["GET /slow: 200 x 1, timed 1, request 1 of 0, response 1 of 7"]);
}
