//! Limits on the number of concurrent scrapes and on their time.

use std::time::Duration;

use http_body_util::BodyExt;
use tickmark_http::{ScrapeEndpoint, ScrapeError};

use crate::client::{Answer, serve};
use crate::gone::reaches;
use crate::metrics::value;
use crate::{answer, get, large, page_of, random, respond, small, unmetered, whole};

const TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

#[tokio::test]
async fn fifth_scrape_is_refused() {
    let registry = large(3_000);
    let client = serve(&unmetered(&registry));
    let mut slow = Vec::new();
    for _ in 0..4 {
        let stream = client.open("GET", "/metrics", &[]).await;
        // The head has arrived, so the scrape has begun.
        stream.readable().await.unwrap();
        slow.push(stream);
    }
    let fifth = client.get(&[]).await;
    assert_eq!(
        (fifth.status, fifth.text()),
        (503, "busy: 4 scrapes in progress, which is the limit\n")
    );
    assert_eq!(
        fifth.headers,
        [
            "content-length: 48",
            "content-type: text/plain; charset=utf-8",
            "retry-after: 1",
            "vary: accept, accept-encoding"
        ]
    );
    // A HEAD takes no permit, so it is not refused.
    assert_eq!(client.request("HEAD", "/metrics", &[]).await.status, 200);

    // The slow scrapes are complete.
    let page = page_of(&registry);
    for stream in slow {
        let answer = Answer::read(stream).await;
        assert!(answer.is_whole && answer.body == page);
    }
    assert_eq!(client.get(&[]).await.status, 200);
}

#[test]
fn scrape_limit_is_shared_by_clones() {
    for (set, limit) in [(0, 1), (1, 1), (7, 7)] {
        let registry = small();
        let endpoint = ScrapeEndpoint::builder().max_scrapes(set).build(&registry).unwrap();
        let other = ScrapeEndpoint::new(&registry);
        let heads: Vec<_> =
            (0..10).map(|_| respond(&endpoint, http::Request::head("/metrics"))).collect();
        let pages: Vec<_> = (0..limit).map(|_| respond(&endpoint.clone(), get())).collect();
        assert!(heads.iter().chain(&pages).all(|response| response.status() == 200));
        assert_eq!(respond(&endpoint, get()).status(), 503);
        assert_eq!(respond(&other, get()).status(), 200);
    }
}

/// A deadline that passes before the page can begin.
const NO_TIME: (&str, &str) = (TIMEOUT, "0.000000001");

#[tokio::test]
async fn page_begun_late_is_refused() {
    for series_count in [1, 1_000] {
        let registry = large(series_count);
        let client = serve(&ScrapeEndpoint::new(&registry));
        for (refused, encoding) in (1..).zip(["identity", "gzip"]) {
            let answer = client.get(&[NO_TIME, ("accept-encoding", encoding)]).await;
            assert_eq!((answer.status, answer.is_whole), (503, true));
            assert_eq!(
                answer.text(),
                "timeout: the collectors did not finish before the scrape deadline\n"
            );
            assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
            assert_eq!(
                value(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}"),
                refused
            );
        }
        assert!(client.get(&[(TIMEOUT, "0")]).await.is_whole);
        assert!(client.get(&[(TIMEOUT, "30")]).await.is_whole);
    }
    assert_eq!(respond(&unmetered(&small()), get().header(NO_TIME.0, NO_TIME.1)).status(), 503);
}

#[tokio::test]
async fn page_finished_late_is_aborted() {
    let registry = large(1_000);
    for encoding in ["identity", "gzip"] {
        let endpoint = unmetered(&registry);
        let request = || get().header("accept-encoding", encoding).header(TIMEOUT, "1.5");
        for is_written_by_polls in [true, false] {
            let response = match is_written_by_polls {
                true => respond(&endpoint, request()),
                false => answer(&endpoint, request()).await,
            };
            let mut body = response.into_body();
            assert!(body.frame().await.unwrap().is_ok());
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            assert_eq!(body.frame().await.unwrap().unwrap_err(), ScrapeError::DeadlinePassed);
            assert!(body.frame().await.is_none());
        }
    }
}

/// The deadline passes without a poll of the body.
#[tokio::test]
async fn unpolled_body_frees_its_permit_in_time() {
    let registry = large(1_000);
    let endpoint = ScrapeEndpoint::builder().max_scrapes(1).build(&registry).unwrap();
    let request = || get().header(TIMEOUT, "0.5");
    for round in 1..=2 {
        let left_alone = match round {
            1 => respond(&endpoint, request()),
            _ => answer(&endpoint, request()).await,
        };
        assert_eq!(left_alone.status(), 200);
        assert_eq!(answer(&endpoint, get()).await.status(), 503);
        reaches(&registry, "tickmark_scrapes_in_flight", 0).await;
        assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}"), round);
        assert!(!whole(answer(&endpoint, get()).await.into_body()).await.is_empty());
        drop(left_alone);
        assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}"), round);
        assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"aborted\"}"), 0);
    }
}

#[tokio::test]
async fn client_detects_an_aborted_page() {
    for encoding in ["identity", "gzip"] {
        // Compresses badly, so that the page is longer than all buffers on the way.
        let registry = random(3_000);
        let client = serve(&ScrapeEndpoint::new(&registry));
        let stream =
            client.open("GET", "/metrics", &[(TIMEOUT, "2"), ("accept-encoding", encoding)]).await;
        reaches(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}", 1).await;
        let answer = Answer::read(stream).await;
        assert_eq!((answer.status, answer.is_whole), (200, false), "{encoding}");
        assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
    }
}
