//! The listener for scrapes, over real sockets.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

use tickmark::Registry;
use tickmark_http::{MetricsServer, ScrapeEndpoint, serve_metrics, serve_metrics_at};
use tickmark_tests::wire::{Client, read_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SCRAPE: &str = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";

async fn server() -> (MetricsServer, Client) {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    let server = serve_metrics("127.0.0.1:0", ScrapeEndpoint::new(&registry)).await.unwrap();
    let client = Client(server.addr());
    (server, client)
}

#[tokio::test]
async fn the_page_is_at_its_path_and_nothing_elsewhere() {
    let (_server, client) = server().await;
    let page = client.get("/metrics?name[]=a").await;
    assert_eq!((page.status, page.body.as_str()), (200, "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n"));
    for path in ["/", "/metrics/", "/metric", "/METRICS"] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, "scrapes are at /metrics\n"));
    }
    assert_eq!(client.request("POST", "/metrics").await.status, 405);
}

#[tokio::test]
async fn the_page_is_where_it_is_wanted() {
    let endpoint = ScrapeEndpoint::new(&Registry::new());
    let server = serve_metrics_at("127.0.0.1:0", "/internal/metrics", endpoint).await.unwrap();
    let client = Client(server.addr());
    assert_eq!(client.get("/internal/metrics").await.status, 200);
    let answer = client.get("/metrics").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, "scrapes are at /internal/metrics\n"));
}

#[tokio::test]
async fn a_path_that_no_request_has_is_an_error() {
    for path in ["", "metrics", "/metrics?name[]=a"] {
        let endpoint = ScrapeEndpoint::new(&Registry::new());
        let error = serve_metrics_at("127.0.0.1:0", path, endpoint).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{path}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let (server, _) = server().await;
    let error = serve_metrics(server.addr(), ScrapeEndpoint::new(&Registry::new())).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn after_a_shutdown_nobody_listens_and_idle_connections_are_closed() {
    let (server, client) = server().await;
    let mut idle = client.open(SCRAPE).await;
    read_until(&mut idle, "a_total 3").await;
    server.shutdown().await;
    assert_eq!(
        tokio::net::TcpStream::connect(client.0).await.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    let mut rest = Vec::new();
    _ = idle.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn dropped_it_is_served_on() {
    let (server, client) = server().await;
    drop(server);
    assert_eq!(client.get("/metrics").await.status, 200);
}

/// The clock stands still until there is nothing else to do, so this takes no time.
#[tokio::test(start_paused = true)]
async fn who_sends_no_request_is_sent_away() {
    let (_server, client) = server().await;
    for begun in ["", "GET /met"] {
        let mut stream = client.open(begun).await;
        let mut answer = Vec::new();
        _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn who_comes_when_all_connections_are_taken_is_served_when_one_ends() {
    let (_server, client) = server().await;
    let mut idle = Vec::new();
    for _ in 0..64 {
        let mut stream = client.open(SCRAPE).await;
        read_until(&mut stream, "a_total 3").await;
        idle.push(stream);
    }
    let mut late = client.open(SCRAPE).await;
    // Several times round the runtime, which is this thread alone.
    for _ in 0..10 {
        idle[0].write_all(SCRAPE.as_bytes()).await.unwrap();
        read_until(&mut idle[0], "a_total 3").await;
    }
    assert_eq!(late.try_read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(idle.pop());
    read_until(&mut late, "a_total 3").await;
}
