//! Filters over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tickmark::Registry;
use tickmark_tests::recorded::{PATIENCE, Recorded, reaches, settled};
use tickmark_tests::wire::Client;
use tickmark_warp::{HttpMetrics, ScrapeEndpoint, Server, path, remote, scrape, scrape_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tower_service::Service;
use warp::Filter;

/// Returns a registry with HTTP metrics.
fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().ignore(["/metrics"]).build(&registry).unwrap();
    (registry, metrics)
}

/// Serves on its own port until the test ends.
async fn serve<S, B>(metrics: HttpMetrics, service: S) -> Client
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(tickmark_warp::serve(listener, metrics, service)));
    client
}

#[tokio::test]
async fn path_macro_labels_the_matched_filter() {
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
async fn scrapes_are_negotiated_and_not_counted() {
    let (registry, metrics) = measured();
    let scrapes = path!(metrics; "metrics").and(scrape(&registry));
    let hello = path!(metrics; "hello").map(|| "hello");
    let client = serve(metrics, warp::service(hello.or(scrapes))).await;
    _ = client.get("/hello").await;
    let page = client.get("/metrics").await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(page.header("vary"), Some("accept, accept-encoding"));
    assert!(
        page.body
            .contains("http_requests_total{method=\"GET\",path=\"/hello\",status=\"200\"} 1\n")
    );
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
async fn remote_extracts_the_client_address() {
    let (_, metrics) = measured();
    let address =
        path!(metrics; "address").and(remote()).map(|remote: Option<_>| format!("{remote:?}"));
    let client = serve(metrics, warp::service(address)).await;
    let answer = client.get("/address").await.body;
    assert!(answer.starts_with("Some(127.0.0.1:"), "{answer}");
}

/// The paused clock advances only while all tasks are idle.
#[tokio::test(start_paused = true)]
async fn unfinished_request_head_times_out() {
    let (registry, metrics) = measured();
    let client = serve(metrics, warp::service(path!(metrics;).map(|| "home"))).await;
    let mut stream = client.open("GET / HTTP/1.1\r\nhost").await;
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert_eq!(settled(&registry).await, [""; 0]);
}

/// Silent from the start, or within the preface of HTTP/2.
#[tokio::test(start_paused = true)]
async fn late_first_bytes_close_the_connection() {
    let (_, metrics) = measured();
    let client = serve(metrics, warp::service(path!(metrics;).map(|| "home"))).await;
    for sent in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
        let start = Instant::now();
        assert_eq!(rest(&mut client.open(sent).await).await, b"", "{sent:?}");
        assert!(
            (30..32).contains(&start.elapsed().as_secs()),
            "virtual seconds: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn silent_http_2_client_is_closed() {
    let (_, metrics) = measured();
    let client = serve(metrics, warp::service(path!(metrics;).map(|| "home"))).await;
    let mut stream = client.open("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    // Empty settings, then no answer to any ping.
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    assert!(!rest(&mut stream).await.is_empty());
}

/// A chunk an hour, like server-sent events without news.
#[tokio::test(start_paused = true)]
async fn resting_stream_stays_open() {
    let (_, metrics) = measured();
    let events = path!(metrics; "events").map(|| {
        warp::reply::stream(futures_util::stream::unfold(1, async |number| {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Some((Ok::<_, Infallible>(format!("event {number};")), number + 1))
        }))
    });
    let client = serve(metrics, warp::service(events)).await;
    let mut stream = client.open("GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("event 3;") {
        assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0, "closed");
    }
}

/// Returns an endless response, as fast as the client reads it.
fn endless(
    metrics: HttpMetrics,
) -> impl Filter<Extract = (impl warp::reply::Reply,), Error = warp::Rejection> + Clone {
    path!(metrics; "endless").map(|| {
        let chunk = bytes::Bytes::from_static(&[b'x'; 65_536]);
        warp::reply::stream(futures_util::stream::repeat(Ok::<_, Infallible>(chunk)))
    })
}

#[tokio::test(start_paused = true)]
async fn client_that_reads_nothing_is_closed() {
    let (registry, metrics) = measured();
    let client = serve(metrics, warp::service(endless(metrics))).await;
    let mut stream = client.open("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
    reaches(&registry, 1.0).await;
    // On the paused clock.
    tokio::time::sleep(Duration::from_secs(61)).await;
    let lines = settled(&registry).await;
    assert_eq!(lines.last().map(String::as_str), Some("/endless: body_dropped x 1"), "{lines:?}");
    _ = rest(&mut stream).await;
}

#[tokio::test]
async fn shutdown_ends_at_its_limit() {
    for limit in [None, Some(3)] {
        let (registry, metrics) = measured();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client(listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let service = warp::service(
            path!(metrics; "waits").then(std::future::pending::<String>).or(endless(metrics)),
        );
        let server = Server::new(metrics);
        let server =
            limit.map_or(server.clone(), |limit| server.shutdown_limit(Duration::from_secs(limit)));
        let server =
            tokio::spawn(server.serve_until(async move { _ = stopped.await }, listener, service));
        let mut waiting = client.open("GET /waits HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut stuck = client.open("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
        reaches(&registry, 2.0).await;
        tokio::time::pause();
        let start = Instant::now();
        stop.send(()).unwrap();
        server.await.unwrap();
        assert_eq!(start.elapsed().as_secs(), limit.unwrap_or(10), "virtual seconds");
        assert_eq!(rest(&mut waiting).await, b"");
        _ = rest(&mut stuck).await;
        assert_eq!(settled(&registry).await.len(), 4);
        tokio::time::resume();
    }
}

/// Returns a registry with a page of several chunks.
fn large() -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("large", "Large.", ["label"]).unwrap();
    (0..500).for_each(|number| family.with([&format!("{number:x>1000}")]).inc());
    registry
}

#[tokio::test]
async fn page_without_chunked_encoding_has_a_length() {
    let (registry, (_, metrics)) = (large(), measured());
    let endpoint = ScrapeEndpoint::builder().self_metrics(false).build(&registry).unwrap();
    let scrapes = path!(metrics; "metrics").and(scrape_with(endpoint));
    let ours = serve(metrics, warp::service(scrapes.clone())).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let theirs = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(warp::serve(scrapes).incoming(listener).run()));
    let length = tickmark_text::Encoder::new(&registry).encode().len();
    for (client, version, is_chunked) in
        [(ours, "1.1", true), (ours, "1.0", false), (theirs, "1.0", false)]
    {
        let request =
            format!("GET /metrics HTTP/{version}\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = client.send(request).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_lowercase();
        assert_eq!(
            head.contains("\r\ntransfer-encoding: chunked"),
            is_chunked,
            "{version}: {head}"
        );
        assert!(
            is_chunked
                || (head.contains(&format!("\r\ncontent-length: {length}"))
                    && body.len() == length)
        );
    }
}

#[tokio::test]
async fn blocking_collector_delays_no_request() {
    let (registry, metrics) = measured();
    let (begin, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let blocks = move |_: &mut tickmark::collect::Collection| {
        _ = begin.send(());
        _ = released.lock().unwrap().recv_timeout(2 * PATIENCE);
    };
    let scrapes = path!(metrics; "metrics").and(scrape(&registry));
    registry.register_collector("blocks", blocks).unwrap();
    let client = serve(metrics, warp::service(path!(metrics;).map(|| "home").or(scrapes))).await;
    let scraping = tokio::spawn(async move { client.get("/metrics").await });
    begun.recv().await.unwrap();
    assert_eq!(client.get("/").await.body, "home");
    assert!(!scraping.is_finished());
    drop(release);
    assert_eq!(scraping.await.unwrap().status, 200);
}

/// Reads until the connection ends, even with an error.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = stream.read_to_end(&mut bytes).await;
    bytes
}
