//! Clients that disconnect before the end of the page.

use std::time::{Duration, Instant};

use tickmark::Registry;
use tickmark_http::ScrapeEndpoint;
use tokio::io::AsyncReadExt;

use crate::client::serve;
use crate::metrics::value;
use crate::{get, large, respond};

/// The limit on waiting for an expected value.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the series has this value.
pub(crate) async fn reaches(registry: &Registry, series: &str, wanted: u64) {
    let deadline = Instant::now() + PATIENCE;
    while value(registry, series) != wanted {
        assert!(Instant::now() < deadline, "{series} is {}, not {wanted}", value(registry, series));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn disconnected_client_frees_its_permit() {
    let registry = large(3_000);
    let endpoint = ScrapeEndpoint::builder().max_scrapes(1).build(&registry).unwrap();
    let client = serve(&endpoint);
    for round in 1..=3 {
        let mut stream = client.open("GET", "/metrics", &[]).await;
        let mut beginning = vec![0; 10_000];
        _ = stream.read_exact(&mut beginning).await.unwrap();
        assert!(beginning.starts_with(b"HTTP/1.1 200"));
        assert_eq!(client.get(&[]).await.status, 503);
        drop(stream);
        reaches(&registry, "tickmark_scrapes_in_flight", 0).await;
        assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"aborted\"}"), round);
    }
    let answer = client.get(&[]).await;
    assert_eq!((answer.status, answer.is_whole), (200, true));
}

#[tokio::test]
async fn dropped_body_frees_its_permit() {
    let registry = large(200);
    let endpoint = ScrapeEndpoint::builder().max_scrapes(1).build(&registry).unwrap();
    let unpolled = respond(&endpoint, get());
    assert_eq!(respond(&endpoint, get()).status(), 503);
    drop(unpolled);
    let done = respond(&endpoint, get());
    assert_eq!(done.status(), 200);
    assert!(!crate::whole(done.into_body()).await.is_empty());
    assert_eq!(respond(&endpoint, get()).status(), 200);
    assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"aborted\"}"), 2);
    assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"busy\"}"), 1);
}

#[tokio::test]
async fn dropped_future_frees_its_permit() {
    let registry = large(200);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let blocks = move |_: &mut tickmark::collect::Collection| _ = released.lock().unwrap().recv();
    let endpoint = ScrapeEndpoint::builder().max_scrapes(1).build(&registry).unwrap();
    registry.register_collector("blocks", blocks).unwrap();
    let request = get().body(()).unwrap();
    drop(endpoint.answer(&request));
    let second = endpoint.answer(&request);
    drop(release);
    assert_eq!(second.await.unwrap().status(), 200);
    assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"aborted\"}"), 2);
    assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
}
