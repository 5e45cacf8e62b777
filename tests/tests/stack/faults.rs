//! Faults around the service. It keeps serving and counting, and Prometheus knows
//! everything afterwards.

use std::fs;
use std::io::{Read, Write};
use std::mem;
use std::net;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tickmark_tests::client::{Call, Client};
use tickmark_tests::loopback::own_address;
use tickmark_tests::process::wait_for;
use tickmark_tests::prometheus::{self, Prometheus};
use tickmark_tests::say_skipped;
use tickmark_tests::service::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use crate::slow::Network;
use crate::visitor::{VISITS, Visitor, value_of};

/// A Prometheus that scrapes every second, with further lines in its job.
fn prometheus(target: &str, further: &str) -> Prometheus {
    let dir = TempDir::new().unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         scrape_configs:\n\
         - job_name: runtime\n  static_configs: [{{targets: ['{target}']}}]\n{further}"
    );
    fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    Prometheus::start_in(dir, Path::new("prometheus"), &format!("{}:9090", own_address()))
}

/// Waits until the last scrape has succeeded, or failed.
fn wait_until_up(prometheus: &Prometheus, expected: f64) {
    let up = || prometheus.query_now("up").into_values().next();
    wait_for(&format!("up that is {expected}"), || (up() == Some(expected)).then_some(()));
}

fn is_missing() -> bool {
    let missing = !prometheus::available();
    if missing {
        say_skipped("prometheus is not installed");
    }
    missing
}

#[test]
#[ignore = "tests/run runs it"]
fn events_during_prometheus_downtime_are_known_later() {
    if is_missing() {
        return;
    }
    let service = Service::start();
    let mut prometheus = prometheus(service.addr(), "");
    let visitor = Visitor::start(&service);
    wait_until_up(&prometheus, 1.0);
    visitor.wait_for_more(1_000);
    prometheus.kill();
    let before = service.resident_bytes();
    visitor.wait_for_more(5_000);
    // Nothing is buffered for the missing scrape.
    let grown = service.resident_bytes().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} bytes more than {before}");
    prometheus.restart();
    wait_for("Prometheus that is back", || (!prometheus.query_now("up").is_empty()).then_some(()));
    let visits = visitor.stop();
    assert_eq!(prometheus.scrape().series[VISITS].to_string(), visits.to_string());
}

#[test]
#[ignore = "tests/run runs it"]
fn restarted_service_is_a_counter_reset() {
    if is_missing() {
        return;
    }
    let addr = format!("{}:8081", own_address());
    let start = || Service::start_with(&[("RUNTIME_ADDR", &addr)]);
    let service = start();
    let prometheus = prometheus(&addr, "");
    let visitor = Visitor::start(&service);
    visitor.wait_for_more(2_000);
    let before = visitor.stop();
    assert_eq!(prometheus.scrape().series[VISITS].to_string(), before.to_string());
    drop(service);
    wait_until_up(&prometheus, 0.0);
    // The restart is not seen as continued counting.
    assert!(prometheus.query_now(VISITS).is_empty());

    let service = start();
    let visitor = Visitor::start(&service);
    visitor.wait_for_more(100);
    let after = visitor.stop();
    wait_until_up(&prometheus, 1.0);
    assert_eq!(prometheus.scrape().series[VISITS].to_string(), after.to_string());
    assert!(after < before, "no reset visible: {before}, {after}");
    let resets = prometheus.query_now(&format!("resets({VISITS}[10m])"));
    assert_eq!(resets.into_values().collect::<Vec<_>>(), [1.0]);
}

#[test]
#[ignore = "tests/run runs it"]
fn slow_scrape_fails_alone() {
    if is_missing() {
        return;
    }
    let service = Service::start_with(&[("METRICS_ADDR", "127.0.0.1:0")]);
    let network = Network::to(service.metrics_addr(), 1_000);
    let prometheus = prometheus(network.addr(), "");
    let visitor = Visitor::start(&service);
    wait_until_up(&prometheus, 0.0);
    let said = wait_for("warning of Prometheus", || prometheus.complaints().pop());
    assert!(said.contains("deadline exceeded"), "{said}");
    visitor.wait_for_more(500);
    network.set_bytes_per_second(10_000_000);
    wait_until_up(&prometheus, 1.0);
    let visits = visitor.stop();
    assert_eq!(prometheus.scrape().series[VISITS].to_string(), visits.to_string());
    assert_eq!(value_of(&service.metrics(), "tickmark_scrapes_in_flight").to_string(), "1");
}

#[test]
#[ignore = "tests/run runs it"]
fn wrong_token_is_refused_and_counted() {
    if is_missing() {
        return;
    }
    let service =
        Service::start_with(&[("METRICS_ADDR", "127.0.0.1:0"), ("METRICS_TOKEN", "s3cret")]);
    let with_token = |token: &str| {
        prometheus(service.metrics_addr(), &format!("  authorization: {{credentials: {token}}}\n"))
    };
    let visitor = Visitor::start(&service);
    let wrong = with_token("secret");
    wait_until_up(&wrong, 0.0);
    let said = wait_for("warning of Prometheus", || wrong.complaints().pop());
    assert!(said.contains("401"), "{said}");
    visitor.wait_for_more(500);
    let right = with_token("s3cret");
    wait_until_up(&right, 1.0);
    let visits = visitor.stop();
    let scraped = right.scrape().series;
    assert_eq!(scraped[VISITS].to_string(), visits.to_string());
    assert!(scraped["tickmark_scrape_errors_total{cause=\"unauthorized\"}"] >= 1.0);
    assert_eq!(right.complaints(), [""; 0]);
}

/// Twice the limit of concurrent scrapes.
const SLOW_READERS: u32 = 8;

/// Pages of 70 KB requested per reader. They exceed the 4 MB that Linux buffers per
/// connection at most, so the service has to wait for the reader.
const PAGES: u32 = 100;

#[test]
#[ignore = "tests/run runs it"]
fn slow_readers_hold_no_memory_or_permits() {
    if is_missing() {
        return;
    }
    let service = Service::start_with(&[("METRICS_ADDR", "127.0.0.1:0")]);
    make_a_long_page(&service);
    let prometheus = prometheus(service.metrics_addr(), "");
    wait_until_up(&prometheus, 1.0);
    let visitor = Visitor::start(&service);
    visitor.wait_for_more(500);
    let before = service.resident_bytes();

    let runtime = Runtime::new().unwrap();
    let readers: Vec<_> = (0..SLOW_READERS)
        .map(|_| {
            let stream = runtime.block_on(ask_for_pages(service.metrics_addr()));
            let reader = runtime.spawn(read_slowly(stream));
            // In sequence: if all had their pages at once, some would be turned away.
            wait_until_it_waits(&service);
            reader
        })
        .collect();
    visitor.wait_for_more(2_000);
    for _ in 0..3 {
        _ = prometheus.scrape();
    }
    assert!(!readers.iter().any(|reader| reader.is_finished()), "a reader has gone");
    let pages = pages(&service);
    assert!(
        pages < f64::from(SLOW_READERS * PAGES),
        "the service does not wait for them: {pages} pages"
    );
    let grown = service.resident_bytes().saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more than {before}");

    drop(runtime);
    let visits = visitor.stop();
    let scraped = prometheus.scrape().series;
    assert_eq!(scraped[VISITS].to_string(), visits.to_string());
    assert_eq!(scraped["tickmark_scrape_errors_total{cause=\"busy\"}"].to_string(), "0");
    assert_eq!(prometheus.complaints(), [""; 0]);
}

/// Makes the page as long as possible: 400 more series, and more than a slow reader reads
/// in this test.
fn make_a_long_page(service: &Service) {
    let client = Client::new(service.addr());
    for status in 200..600 {
        let call = Call::new("GET", format!("/status/{status}"), "/status/{code}").status(status);
        _ = client.make(&call);
    }
}

/// Requests pages, all at once, on a connection with a small receive buffer.
async fn ask_for_pages(metrics: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let mut stream = socket.connect(metrics.parse().unwrap()).await.unwrap();
    for _ in 0..PAGES {
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    }
    stream
}

/// Pages in the format of slow readers, and of this check.
fn pages(service: &Service) -> f64 {
    value_of(&service.metrics(), "tickmark_scrapes_total{format=\"text_0.0.4\"}")
}

/// Returns once its own requests are the only new pages.
fn wait_until_it_waits(service: &Service) {
    let mut last = f64::NEG_INFINITY;
    wait_for("service that waits for a reader", || {
        let before = mem::replace(&mut last, pages(service));
        (last - before < 1.5).then_some(())
    });
}

/// Reads a kilobyte per second, to the end.
async fn read_slowly(mut stream: TcpStream) {
    let mut bytes = [0; 100];
    while stream.read(&mut bytes).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

const SCRAPERS: usize = 50;

#[test]
#[ignore = "tests/run runs it"]
fn fifty_scrapers_get_whole_page_or_busy() {
    let service = Service::start_with(&[("METRICS_ADDR", "127.0.0.1:0")]);
    make_a_long_page(&service);
    let visitor = Visitor::start(&service);
    visitor.wait_for_more(100);
    let together = Barrier::new(SCRAPERS);
    let statuses: Vec<_> = thread::scope(|scope| {
        let scrapers: Vec<_> =
            (0..SCRAPERS).map(|_| scope.spawn(|| scrape(&service, &together))).collect();
        scrapers.into_iter().map(|scraper| scraper.join().unwrap()).collect()
    });
    visitor.wait_for_more(100);
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    let (served, busy) = (count(200), count(503));
    assert_eq!(served + busy, SCRAPERS, "{statuses:?}");
    assert!(served >= 4, "{served}");
    let page = service.metrics();
    let counted = |series: &str| value_of(&page, series).to_string();
    assert_eq!(counted("tickmark_scrapes_total{format=\"openmetrics_1.0.0\"}"), served.to_string());
    assert_eq!(counted("tickmark_scrape_errors_total{cause=\"busy\"}"), busy.to_string());
    assert_eq!(counted("tickmark_scrapes_in_flight"), "1");
    let visits = visitor.stop();
    assert_eq!(value_of(&service.metrics(), VISITS).to_string(), visits.to_string());
}

/// Requests the page when all others do, and returns the status of the response.
fn scrape(service: &Service, together: &Barrier) -> u16 {
    let mut stream = net::TcpStream::connect(service.metrics_addr()).unwrap();
    _ = together.wait();
    let accept = "application/openmetrics-text;version=1.0.0";
    let request = format!(
        "GET /metrics HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    _ = stream.read_to_string(&mut answer).unwrap();
    let status = answer[9..12].parse().unwrap();
    // The last chunk, after the end of a page.
    assert!(status != 200 || answer.ends_with("# EOF\n\r\n0\r\n\r\n"), "{answer}");
    assert!(status != 503 || answer.to_lowercase().contains("\r\nretry-after: "), "{answer}");
    status
}
