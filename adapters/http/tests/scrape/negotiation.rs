//! Answers to the headers of real scrapers, and to unusual ones.

use serde_json::Value;

use crate::client::serve;
use crate::{gunzip, large, small, unmetered};

#[tokio::test]
async fn known_scrapers_get_their_format() {
    let client = serve(&unmetered(&small()));
    let file: Value =
        serde_json::from_str(include_str!("../../../../exporter-text/tests/accept_headers.json"))
            .unwrap();
    let requests = file["requests"].as_array().unwrap();
    assert!(requests.len() > 20);
    for request in requests {
        let values = |name: &'static str| {
            let values = request[name].as_array().unwrap();
            values.iter().map(move |value| value.as_str().unwrap().to_owned())
        };
        let accept: Vec<_> = values("accept").collect();
        let encoding: Vec<_> = values("accept_encoding").collect();
        let accept = accept.iter().map(|value| ("accept", value.as_str()));
        let headers: Vec<_> = accept
            .clone()
            .chain(encoding.iter().map(|value| ("accept-encoding", value.as_str())))
            .collect();
        let answer = client.get(&headers).await;

        let name = &request["name"];
        assert_eq!((answer.status, answer.is_whole), (200, true), "{name}");
        assert_eq!(answer.header("content-type"), request["content_type"].as_str(), "{name}");
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"), "{name}");
        let is_gzip = request["gzip"].as_bool().unwrap();
        assert_eq!(answer.header("content-encoding"), is_gzip.then_some("gzip"), "{name}");
        let page = if is_gzip { gunzip(&answer.body) } else { answer.body.clone() };
        assert_eq!(page, client.get(&accept.collect::<Vec<_>>()).await.body, "{name}");
        let is_openmetrics =
            answer.header("content-type").unwrap().starts_with("application/openmetrics-text");
        assert_eq!(page.ends_with(b"\n# EOF\n"), is_openmetrics, "{name}");
    }
}

#[tokio::test]
async fn repeated_headers_are_one_list() {
    let client = serve(&unmetered(&small()));
    let answer = client
        .get(&[
            ("accept", "text/plain;version=0.0.4;q=0.5"),
            ("accept", "application/openmetrics-text"),
            ("accept-encoding", "gzip;q=0.5"),
            ("accept-encoding", "identity"),
        ])
        .await;
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert_eq!(answer.header("content-encoding"), None);
}

/// By RFC 9110, section 12.5.3.
#[tokio::test]
async fn wildcards_and_refusals_choose_the_encoding() {
    let client = serve(&unmetered(&small()));
    for (accepted, expected) in [
        ("*", Some("gzip")),
        ("identity;q=0", Some("gzip")),
        ("x-gzip", Some("gzip")),
        ("identity, *;q=0.5", None),
        ("gzip;q=0, *", None),
        ("*;q=0", None),
        ("", None),
    ] {
        let answer = client.get(&[("accept-encoding", accepted)]).await;
        assert_eq!(
            (answer.status, answer.header("content-encoding")),
            (200, expected),
            "{accepted}"
        );
    }
}

#[tokio::test]
async fn compressed_pages_of_any_size_roundtrip() {
    // 1: a single chunk. 64: the end of the first chunk. 3,000: three megabytes.
    for series_count in [1, 63, 64, 65, 66, 128, 3_000] {
        let registry = large(series_count);
        let client = serve(&unmetered(&registry));
        let (plain, gzip) =
            (client.get(&[]).await, client.get(&[("accept-encoding", "gzip")]).await);
        assert!(plain.is_whole && gzip.is_whole);
        assert_eq!(
            (plain.header("content-encoding"), gzip.header("content-encoding")),
            (None, Some("gzip"))
        );
        assert!(
            gzip.body.len() < plain.body.len() / 3,
            "{} of {}",
            gzip.body.len(),
            plain.body.len()
        );
        assert_eq!(plain.body, crate::page_of(&registry));
        assert_eq!(gunzip(&gzip.body), plain.body);
    }
}
