//! How many scrapes there may be at once, and how long they may take.

use std::time::Duration;

use http_body_util::BodyExt;
use tickmark_http::{ScrapeEndpoint, ScrapeError};

use crate::client::{Answer, serve};
use crate::{get, large, page_of, respond, small, unmetered};

#[tokio::test]
async fn the_fifth_scrape_is_turned_away() {
    let registry = large(3_000);
    let client = serve(&unmetered(&registry));
    let mut slow = Vec::new();
    for _ in 0..4 {
        let stream = client.open("GET", "/metrics", &[]).await;
        // The head has come: the scrape has begun.
        stream.readable().await.unwrap();
        slow.push(stream);
    }
    let fifth = client.get(&[]).await;
    assert_eq!((fifth.status, fifth.text()), (503, "busy: scrapes at once are limited to 4\n"));
    assert_eq!(
        fifth.headers,
        [
            "content-length: 39",
            "content-type: text/plain; charset=utf-8",
            "retry-after: 1",
            "vary: accept, accept-encoding"
        ]
    );
    // A HEAD takes none, so it is not turned away.
    assert_eq!(client.request("HEAD", "/metrics", &[]).await.status, 200);

    // Those that were slow have lost nothing.
    let page = page_of(&registry);
    for stream in slow {
        let answer = Answer::read(stream).await;
        assert!(answer.is_whole && answer.body == page);
    }
    assert_eq!(client.get(&[]).await.status, 200);
}

#[test]
fn the_limit_can_be_set_and_is_that_of_the_endpoint_and_its_clones() {
    for (set, limit) in [(0, 1), (1, 1), (7, 7)] {
        let registry = small();
        let endpoint = ScrapeEndpoint::builder().max_scrapes(set).build(&registry).unwrap();
        let other = ScrapeEndpoint::new(&registry);
        let heads: Vec<_> = (0..10).map(|_| respond(&endpoint, http::Request::head("/metrics"))).collect();
        let pages: Vec<_> = (0..limit).map(|_| respond(&endpoint.clone(), get())).collect();
        assert!(heads.iter().chain(&pages).all(|response| response.status() == 200));
        assert_eq!(respond(&endpoint, get()).status(), 503);
        assert_eq!(respond(&other, get()).status(), 200);
    }
}

#[tokio::test]
async fn a_page_that_is_not_out_in_time_is_aborted() {
    let registry = large(1_000);
    for encoding in ["identity", "gzip"] {
        let endpoint = unmetered(&registry);
        // Over before the first poll.
        let request = get().header("accept-encoding", encoding);
        let late = request.header("x-prometheus-scrape-timeout-seconds", "0.000000001");
        let mut body = respond(&endpoint, late).into_body();
        assert_eq!(body.frame().await.unwrap().unwrap_err(), ScrapeError::DeadlinePassed);
        assert!(body.frame().await.is_none());

        // Over in the middle.
        let request = get().header("accept-encoding", encoding);
        let slow = request.header("x-prometheus-scrape-timeout-seconds", "1.5");
        let mut body = respond(&endpoint, slow).into_body();
        assert!(body.frame().await.unwrap().is_ok());
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(body.frame().await.unwrap().unwrap_err(), ScrapeError::DeadlinePassed);
    }
}

#[tokio::test]
async fn the_client_of_an_aborted_page_sees_that_it_is_not_whole() {
    for series_count in [1, 1_000] {
        let client = serve(&unmetered(&large(series_count)));
        for encoding in ["identity", "gzip"] {
            let timeout = ("x-prometheus-scrape-timeout-seconds", "0.000000001");
            let answer = client.get(&[timeout, ("accept-encoding", encoding)]).await;
            assert!(!answer.is_whole, "{series_count} {encoding}");
        }
        assert!(client.get(&[("x-prometheus-scrape-timeout-seconds", "0")]).await.is_whole);
        assert!(client.get(&[("x-prometheus-scrape-timeout-seconds", "30")]).await.is_whole);
    }
}
