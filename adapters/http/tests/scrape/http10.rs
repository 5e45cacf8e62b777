//! HTTP/1.0, where the end of the connection is the end of a body without a length.

use std::time::Duration;

use http_body::Body;
use http_body_util::BodyExt;
use tickmark_http::ScrapeEndpoint;

use crate::client::serve;
use crate::gone::reaches;
use crate::metrics::value;
use crate::{answer, get, gunzip, large, page_of, random, respond, small, unmetered, whole};

#[tokio::test]
async fn every_page_has_its_length() {
    for registry in [small(), large(1), large(64), large(3_000)] {
        let client = serve(&unmetered(&registry));
        let page = page_of(&registry);
        let plain = client.get_by_1_0(&[]).await;
        assert_eq!(plain.header("content-length"), Some(page.len().to_string().as_str()));
        assert_eq!((plain.header("transfer-encoding"), plain.is_whole), (None, true));
        assert!(plain.body == page);
        let gzip = client.get_by_1_0(&[("accept-encoding", "gzip")]).await;
        assert_eq!(gzip.header("content-length"), Some(gzip.body.len().to_string().as_str()));
        assert!(gunzip(&gzip.body) == page);
    }
}

#[tokio::test]
async fn page_over_16_mib_is_refused() {
    let registry = random(18_000);
    let endpoint = ScrapeEndpoint::new(&registry);
    let client = serve(&endpoint);
    let refused = client.get_by_1_0(&[]).await;
    assert_eq!((refused.status, refused.is_whole), (505, true));
    assert_eq!(refused.text(), "page over 16777216 bytes: use HTTP/1.1, or accept gzip\n");
    let by_1_0 = || get().version(http::Version::HTTP_10);
    assert_eq!(respond(&endpoint, by_1_0()).status(), 505);
    assert_eq!(answer(&endpoint, by_1_0()).await.status(), 505);
    assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"too_long\"}"), 3);
    assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
    let by_1_1 = client.get(&[]).await;
    assert!(by_1_1.is_whole && by_1_1.body.len() > 16 << 20);
}

#[tokio::test]
async fn buffered_page_is_written_without_polls() {
    let registry = large(3_000);
    let by_1_0 = || get().version(http::Version::HTTP_10);
    let endpoint = unmetered(&registry);
    for response in [respond(&endpoint, by_1_0()), answer(&endpoint, by_1_0()).await] {
        let length = response.body().size_hint().exact().unwrap();
        let page = whole(response.into_body()).await;
        assert_eq!(page.len() as u64, length);
        assert!(page == page_of(&registry));
    }
}

/// The head has the length, so that the reader notices the missing rest.
#[tokio::test]
async fn page_past_its_deadline_misses_bytes() {
    let registry = random(3_000);
    let client = serve(&ScrapeEndpoint::new(&registry));
    let stream = client.open_by_1_0(&[("x-prometheus-scrape-timeout-seconds", "2")]).await;
    reaches(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}", 1).await;
    let cut = tokio::time::timeout(Duration::from_secs(20), crate::client::Answer::read(stream))
        .await
        .unwrap();
    assert_eq!((cut.status, cut.is_whole), (200, false));
    assert!(cut.header("content-length").is_some());
}

/// Layers around the endpoint may delay the head.
#[tokio::test]
async fn page_late_before_its_head_misses_bytes() {
    let registry = large(64);
    let endpoint = ScrapeEndpoint::new(&registry);
    let late =
        get().version(http::Version::HTTP_10).header("x-prometheus-scrape-timeout-seconds", "2");
    let response = answer(&endpoint, late).await;
    assert_eq!(response.status(), 200);
    reaches(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}", 1).await;
    assert!(!response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), Some(1));
    assert!(response.into_body().collect().await.is_err());
}
