//! The listener for scrapes, over sockets.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

use std::time::{Duration, Instant};

use tickmark::Registry;
use tickmark_http::{MetricsServer, ScrapeEndpoint, serve_metrics, serve_metrics_at};
use tickmark_tests::recorded::PATIENCE;
use tickmark_tests::wire::{Client, read_until};
use tickmark_text::{Encoder, Format, NameFilter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const SCRAPE: &str = "GET /metrics?name[]=a HTTP/1.1\r\nhost: x\r\n\r\n";

/// A listener and the registry of its endpoint.
struct Served {
    registry: Registry,
    server: MetricsServer,
}

impl Served {
    async fn new(registry: Registry) -> Self {
        let server = serve_metrics("127.0.0.1:0", ScrapeEndpoint::new(&registry)).await.unwrap();
        Self { registry, server }
    }

    /// Serves a page longer than all buffers on the way to a client.
    async fn large() -> Self {
        let registry = Registry::new();
        let family = registry.counter_family("large", "Large.", ["label"]).unwrap();
        family.set_series_limit(6_000);
        (0..6_000).for_each(|number| family.with([&format!("{number:x>1000}")]).inc());
        Self::new(registry).await
    }

    fn client(&self) -> Client {
        Client(self.server.addr())
    }

    /// Begins a scrape with this header, and reads nothing.
    async fn unread(&self, header: &str) -> TcpStream {
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        self.unread_bytes(&format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{header}\r\n")).await
    }

    /// Sends many requests, as far as they are accepted, and reads nothing.
    async fn unread_requests(&self, count: usize) -> TcpStream {
        self.unread_bytes(&"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(count)).await
    }

    async fn unread_bytes(&self, bytes: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        let stream = socket.connect(self.server.addr()).await.unwrap();
        let mut bytes = bytes.as_bytes();
        stream.writable().await.unwrap();
        while let Ok(count) = stream.try_write(bytes) {
            bytes = &bytes[count..];
            if bytes.is_empty() {
                break;
            }
        }
        stream.readable().await.unwrap();
        stream
    }

    fn dropped(&self, cause: &str) -> u64 {
        self.value(&format!("tickmark_scrape_connections_dropped_total{{cause=\"{cause}\"}}"))
    }

    fn value(&self, series: &str) -> u64 {
        value(&self.registry, series)
    }

    /// Waits until the series has this value.
    async fn reaches(&self, series: &str, wanted: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.value(series) != wanted {
            assert!(Instant::now() < deadline, "{series} is {}, not {wanted}", self.value(series));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Returns the current value in the registry.
fn value(registry: &Registry, series: &str) -> u64 {
    let (name, _) = series.split_once('{').unwrap_or((series, ""));
    let filter = NameFilter::parse(&format!("name[]={name}")).unwrap();
    let page: Vec<_> = Encoder::new(registry).page(Format::Text0_0_4, filter).collect();
    let page = String::from_utf8(page.concat()).unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series}")).parse().unwrap()
}

async fn server() -> (Served, Client) {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    let server = Served::new(registry).await;
    let client = server.client();
    (server, client)
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let (_server, client) = server().await;
    let page = client.get("/metrics?name[]=a").await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (200, "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n")
    );
    for path in ["/", "/metrics/", "/metric", "/METRICS"] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "not found: the metrics are at /metrics\n")
        );
    }
    assert_eq!(client.request("POST", "/metrics").await.status, 405);
}

#[tokio::test]
async fn custom_path_serves_the_page() {
    let endpoint = ScrapeEndpoint::new(&Registry::new());
    let server = serve_metrics_at("127.0.0.1:0", "/internal/metrics", endpoint).await.unwrap();
    let client = Client(server.addr());
    assert_eq!(client.get("/internal/metrics").await.status, 200);
    let answer = client.get("/metrics").await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (404, "not found: the metrics are at /internal/metrics\n")
    );
}

#[tokio::test]
async fn invalid_path_is_refused() {
    for path in ["", "metrics", "/metrics?name[]=a"] {
        let endpoint = ScrapeEndpoint::new(&Registry::new());
        let error = serve_metrics_at("127.0.0.1:0", path, endpoint).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{path}");
        assert_eq!(
            error.to_string(),
            format!("invalid path {path:?}: must start with '/' and have no query")
        );
    }
}

#[tokio::test]
async fn address_in_use_is_named() {
    let (server, _) = server().await;
    let addr = server.server.addr();
    let endpoint = ScrapeEndpoint::new(&Registry::new());
    let error = serve_metrics(addr, endpoint).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let prefix = format!("cannot bind {addr}: ");
    assert!(
        error.to_string().to_lowercase().starts_with(&(prefix + "address already in use")),
        "{error}"
    );
}

#[tokio::test]
async fn unresolved_address_is_an_error() {
    let endpoint = ScrapeEndpoint::new(&Registry::new());
    let error = serve_metrics("not-an-address", endpoint).await.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot resolve the address to bind, expected host:port: "),
        "{error}"
    );
    let none: &[std::net::SocketAddr] = &[];
    let endpoint = ScrapeEndpoint::new(&Registry::new());
    let error = serve_metrics(none, endpoint).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot bind: no address given");
}

#[tokio::test]
async fn later_address_is_bound_if_first_fails() {
    let (server, _) = server().await;
    let addrs = [server.server.addr(), "127.0.0.1:0".parse().unwrap()];
    let endpoint = ScrapeEndpoint::new(&Registry::new());
    let second = serve_metrics(&addrs[..], endpoint).await.unwrap();
    assert_ne!(second.addr(), server.server.addr());
}

#[tokio::test]
async fn shutdown_closes_listener_and_idle_connections() {
    let (server, client) = server().await;
    let mut idle = client.open(SCRAPE).await;
    read_until(&mut idle, "a_total 3").await;
    server.server.shutdown().await;
    assert_eq!(
        tokio::net::TcpStream::connect(client.0).await.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    let mut rest = Vec::new();
    _ = idle.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn dropped_server_continues() {
    let (server, client) = server().await;
    drop(server.server);
    assert_eq!(client.get("/metrics").await.status, 200);
}

/// The paused clock advances only when all tasks are idle, so this takes no time.
#[tokio::test(start_paused = true)]
async fn incomplete_head_closes_the_connection() {
    let (server, client) = server().await;
    for begun in ["", "GET /met", "GET /metrics HTTP/1.1\r\nhost: x\r\n", "\r\n"] {
        let mut stream = client.open(begun).await;
        assert!(!rest(&mut stream).await.starts_with(b"HTTP/1.1 200"), "{begun:?}");
    }
    assert_eq!(server.dropped("head_timeout"), 4);
    let mut stream = client.open(SCRAPE).await;
    read_page(&mut stream).await;
    stream.write_all(b"GET /met").await.unwrap();
    _ = rest(&mut stream).await;
    assert_eq!(server.dropped("head_timeout"), 5);
}

#[tokio::test(start_paused = true)]
async fn slow_head_closes_the_connection() {
    let (server, client) = server().await;
    let mut stream = client.open("").await;
    let head = format!("GET /metrics HTTP/1.1\r\nhost: {}\r\n\r\n", "x".repeat(1_000));
    for byte in head.bytes() {
        if stream.write_all(&[byte]).await.is_err() || server.dropped("head_timeout") > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(!rest(&mut stream).await.starts_with(b"HTTP/1.1 200"));
    assert_eq!(server.dropped("head_timeout"), 1);
}

/// A scraper may keep its connection.
#[tokio::test(start_paused = true)]
async fn idle_connection_is_closed_uncounted() {
    let (server, client) = server().await;
    let mut stream = client.open(SCRAPE).await;
    read_page(&mut stream).await;
    _ = rest(&mut stream).await;
    assert_eq!(
        ["limit", "head_timeout", "write_timeout"].map(|cause| server.dropped(cause)),
        [0; 3]
    );
}

#[tokio::test]
async fn non_http_bytes_are_refused() {
    let (_server, client) = server().await;
    let hello = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[0; 512]].concat();
    assert!(client.send(hello).await.starts_with("HTTP/1.1 400"));
    assert_eq!(client.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn silent_connections_yield_to_scrapes() {
    let (server, client) = server().await;
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(client.open("").await);
    }
    for closed in 1..=3 {
        assert_eq!(client.get("/metrics").await.status, 200);
        // The oldest is closed first. Connections of ended scrapes leave room.
        assert_eq!(rest(&mut silent[0]).await, b"");
        assert_eq!(server.dropped("limit"), 1, "{closed}");
    }
}

#[tokio::test]
async fn longest_idle_connection_yields() {
    let (server, client) = server().await;
    let mut idle = Vec::new();
    for _ in 0..64 {
        let mut stream = client.open(SCRAPE).await;
        read_until(&mut stream, "a_total 3").await;
        idle.push(stream);
    }
    // The first is the most recently used.
    idle[0].write_all(SCRAPE.as_bytes()).await.unwrap();
    read_until(&mut idle[0], "a_total 3").await;
    let mut late = client.open(SCRAPE).await;
    read_until(&mut late, "a_total 3").await;
    _ = rest(&mut idle[1]).await;
    idle[0].write_all(SCRAPE.as_bytes()).await.unwrap();
    read_until(&mut idle[0], "a_total 3").await;
    assert_eq!(server.dropped("limit"), 1);
}

/// Four unread scrapes with a deadline of half a second.
#[tokio::test]
async fn stopped_readers_hold_no_scrape() {
    let server = Served::large().await;
    let mut stuck = Vec::new();
    for _ in 0..4 {
        stuck.push(server.unread("x-prometheus-scrape-timeout-seconds: 0.5").await);
    }
    server.reaches("tickmark_scrape_errors_total{cause=\"timeout\"}", 4).await;
    assert_eq!(server.value("tickmark_scrapes_in_flight"), 0);
    for _ in 0..4 {
        assert_eq!(server.client().get("/metrics?name[]=none").await.status, 200);
    }
    // Truncated, and the client detects it.
    let mut first = stuck.swap_remove(0);
    assert!(!rest(&mut first).await.ends_with(b"\r\n0\r\n\r\n"));
}

#[tokio::test(start_paused = true)]
async fn unread_connection_is_closed() {
    let server = Served::large().await;
    let mut stuck = server.unread("").await;
    let deadline = Instant::now() + PATIENCE;
    while server.dropped("write_timeout") == 0 {
        assert!(Instant::now() < deadline, "the connection is still open");
        // Virtual seconds. In real time the page is written until the connection is full.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(!rest(&mut stuck).await.ends_with(b"\r\n0\r\n\r\n"));
    assert_eq!(server.dropped("write_timeout"), 1);
    assert_eq!(server.value("tickmark_scrapes_in_flight"), 0);
}

/// Some readers take the end of a connection for the end of a page.
#[tokio::test]
async fn truncated_page_ends_in_a_reset() {
    let server = Served::large().await;
    for version in ["1.0", "1.1"] {
        let head = format!(
            "GET /metrics HTTP/{version}\r\nhost: x\r\n\
             x-prometheus-scrape-timeout-seconds: 5\r\n\r\n"
        );
        let mut cut = server.unread_bytes(&head).await;
        server.reaches("tickmark_scrapes_in_flight", 0).await;
        let mut bytes = Vec::new();
        let end = cut.read_to_end(&mut bytes).await;
        assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset, "{version}");
        assert!(bytes.starts_with(format!("HTTP/{version} 200").as_bytes()));
        assert!(bytes.len() < 6_000_000);
    }
}

#[tokio::test]
async fn longest_answered_connections_yield() {
    let server = Served::large().await;
    let mut stuck = Vec::new();
    for _ in 0..70 {
        // Four pages, and enough refusals to fill the connection.
        stuck.push(server.unread_requests(3_000).await);
    }
    assert!(server.dropped("limit") >= 6);
    assert_ne!(server.client().get("/metrics?name[]=none").await.status, 0);
}

#[tokio::test]
async fn shutdown_takes_at_most_ten_seconds() {
    let (server, client) = server().await;
    let mut half = client.open("GET /met").await;
    let mut silent = client.open("").await;
    // Accepted in order, so the two before were accepted as well.
    read_page(&mut client.open(SCRAPE).await).await;
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    server.server.shutdown().await;
    assert_eq!(start.elapsed().as_secs(), 10, "virtual seconds");
    for stream in [&mut half, &mut silent] {
        assert_eq!(rest(stream).await, b"");
    }
}

#[tokio::test]
async fn shutdown_within_keeps_its_limit() {
    let served = Served::large().await;
    let mut stuck = served.unread("").await;
    served.reaches("tickmark_scrapes_in_flight", 1).await;
    let Served { server, registry, .. } = served;
    server.shutdown_within(Duration::from_millis(1)).await;
    assert!(!rest(&mut stuck).await.ends_with(b"\r\n0\r\n\r\n"));
    assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
}

/// Reads until the end of the page, without a time limit: the paused clock does not wait
/// for threads.
async fn read_page(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("a_total 3") {
        assert_ne!(
            stream.read_buf(&mut seen).await.unwrap(),
            0,
            "closed before the end of the page"
        );
    }
}

/// Reads until the end of the connection, clean or not.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = stream.read_to_end(&mut bytes).await;
    bytes
}
