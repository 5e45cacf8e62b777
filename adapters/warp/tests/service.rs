//! Filters of warp over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

use std::convert::Infallible;
use std::error::Error;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tickmark::Registry;
use tickmark_tests::recorded::{Recorded, settled};
use tickmark_tests::wire::Client;
use tickmark_warp::{HttpMetrics, ScrapeEndpoint, path, remote, scrape};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tower_service::Service;
use warp::Filter;

/// A registry with HTTP metrics in it.
fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().ignore(["/metrics"]).build(&registry).unwrap();
    (registry, metrics)
}

/// Serves on a port of its own until the test ends.
async fn serve<S, B>(metrics: HttpMetrics, service: S) -> Client
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(tickmark_warp::serve(listener, metrics, service)));
    client
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

/// The clock stands still until there is nothing else to do, so this takes no time.
#[tokio::test(start_paused = true)]
async fn who_begins_a_request_and_does_not_go_on_is_sent_away() {
    let (registry, metrics) = measured();
    let client = serve(metrics, warp::service(path!(metrics;).map(|| "home"))).await;
    let mut stream = client.open("GET / HTTP/1.1\r\nhost").await;
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert_eq!(settled(&registry).await, [""; 0]);
}
