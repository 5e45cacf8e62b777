//! The listener for scrapes, over real sockets.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
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

/// A listener, and the registry of its endpoint.
struct Served {
    registry: Registry,
    server: MetricsServer,
}

impl Served {
    async fn new(registry: Registry) -> Self {
        let server = serve_metrics("127.0.0.1:0", ScrapeEndpoint::new(&registry)).await.unwrap();
        Self { registry, server }
    }

    /// With a page longer than all that is buffered on the way to a client.
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

    /// A scrape of everything with this header, of which nothing is read.
    async fn unread(&self, header: &str) -> TcpStream {
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        self.unread_bytes(&format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{header}\r\n")).await
    }

    /// The same with many requests, as far as they are taken.
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

/// A value as the registry has it now.
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
async fn the_page_is_at_its_path_and_nothing_elsewhere() {
    let (_server, client) = server().await;
    let page = client.get("/metrics?name[]=a").await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (200, "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n")
    );
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
    let error = serve_metrics(server.server.addr(), ScrapeEndpoint::new(&Registry::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn after_a_shutdown_nobody_listens_and_idle_connections_are_closed() {
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
async fn dropped_it_is_served_on() {
    let (server, client) = server().await;
    drop(server.server);
    assert_eq!(client.get("/metrics").await.status, 200);
}

/// The clock stands still until there is nothing else to do, so this takes no time.
#[tokio::test(start_paused = true)]
async fn a_client_without_a_whole_head_is_closed() {
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
async fn a_head_byte_by_byte_is_cut_off() {
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

/// Nothing is wrong with a scraper that keeps its connection.
#[tokio::test(start_paused = true)]
async fn a_connection_that_rests_is_closed_uncounted() {
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
async fn bytes_that_are_no_http_are_refused() {
    let (_server, client) = server().await;
    let hello = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[0; 512]].concat();
    assert!(client.send(hello).await.starts_with("HTTP/1.1 400"));
    assert_eq!(client.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn silent_connections_make_room_for_scrapes() {
    let (server, client) = server().await;
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(client.open("").await);
    }
    for closed in 1..=3 {
        assert_eq!(client.get("/metrics").await.status, 200);
        // The oldest goes first. Those of scrapes that are over leave room.
        assert_eq!(rest(&mut silent[0]).await, b"");
        assert_eq!(server.dropped("limit"), 1, "{closed}");
    }
}

#[tokio::test]
async fn the_connection_that_rested_longest_makes_room() {
    let (server, client) = server().await;
    let mut idle = Vec::new();
    for _ in 0..64 {
        let mut stream = client.open(SCRAPE).await;
        read_until(&mut stream, "a_total 3").await;
        idle.push(stream);
    }
    // The first has been used last.
    idle[0].write_all(SCRAPE.as_bytes()).await.unwrap();
    read_until(&mut idle[0], "a_total 3").await;
    let mut late = client.open(SCRAPE).await;
    read_until(&mut late, "a_total 3").await;
    _ = rest(&mut idle[1]).await;
    idle[0].write_all(SCRAPE.as_bytes()).await.unwrap();
    read_until(&mut idle[0], "a_total 3").await;
    assert_eq!(server.dropped("limit"), 1);
}

/// Four scrapes of half a second that nothing is read of.
#[tokio::test]
async fn readers_that_stopped_hold_no_scrape() {
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
    // Cut off, and the client sees that.
    let mut first = stuck.swap_remove(0);
    assert!(!rest(&mut first).await.ends_with(b"\r\n0\r\n\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_nothing_is_closed() {
    let server = Served::large().await;
    let mut stuck = server.unread("").await;
    let deadline = Instant::now() + PATIENCE;
    while server.dropped("write_timeout") == 0 {
        assert!(Instant::now() < deadline, "it is still open");
        // Virtual seconds. In real ones the page is written until the connection is full.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(!rest(&mut stuck).await.ends_with(b"\r\n0\r\n\r\n"));
    assert_eq!(server.dropped("write_timeout"), 1);
    assert_eq!(server.value("tickmark_scrapes_in_flight"), 0);
}

/// Some readers take the end of a connection for the end of a page.
#[tokio::test]
async fn a_page_that_is_cut_ends_in_a_reset() {
    let server = Served::large().await;
    for version in ["1.0", "1.1"] {
        let head = format!(
            "GET /metrics HTTP/{version}\r\nhost: x\r\nx-prometheus-scrape-timeout-seconds: 5\r\n\r\n"
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
async fn connections_that_are_all_answered_make_room() {
    let server = Served::large().await;
    let mut stuck = Vec::new();
    for _ in 0..70 {
        // Four pages, and so many refusals that the connection is full of them.
        stuck.push(server.unread_requests(3_000).await);
    }
    assert!(server.dropped("limit") >= 6);
    assert_ne!(server.client().get("/metrics?name[]=none").await.status, 0);
}

#[tokio::test]
async fn a_shutdown_takes_ten_seconds_at_most() {
    let (server, client) = server().await;
    let mut half = client.open("GET /met").await;
    let mut silent = client.open("").await;
    // Accepted one after the other, so the two before have been too.
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
async fn a_shutdown_is_as_long_as_it_is_told() {
    let served = Served::large().await;
    let mut stuck = served.unread("").await;
    served.reaches("tickmark_scrapes_in_flight", 1).await;
    let Served { server, registry, .. } = served;
    server.shutdown_within(Duration::from_millis(1)).await;
    assert!(!rest(&mut stuck).await.ends_with(b"\r\n0\r\n\r\n"));
    assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
}

/// Reads until the page has come. Without a limit of time: the clock that stands still
/// does not wait for threads.
async fn read_page(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("a_total 3") {
        assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0, "closed before the page");
    }
}

/// What comes until the connection ends, one way or another.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = stream.read_to_end(&mut bytes).await;
    bytes
}
