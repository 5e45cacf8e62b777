//! Layers around the metrics, and between them and the service.

use tickmark_http::HttpMetrics;
use tickmark_tests::recorded::Recorded;
use tickmark_tests::wire::read_until;

use crate::client::get;
use crate::hosts::{Around, Host};

#[tokio::test]
async fn inner_timeout_is_an_ordinary_response() {
    for host in Host::each() {
        let server = host.serve_in(|metrics| vec![Around::Timeout, Around::Metrics(metrics)]).await;
        assert_eq!(server.client.get("/waits").await.status, 408, "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /waits: 408 x 1, timed 1, request 1 of 0, response 1 of 0"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn outer_timeout_is_a_cancelled_request() {
    for host in Host::each() {
        let server = host.serve_in(|metrics| vec![Around::Metrics(metrics), Around::Timeout]).await;
        assert_eq!(server.client.get("/waits").await.status, 408, "{host:?}");
        assert_eq!(
            server.settled().await,
            [
                "GET /waits: 499 x 1, timed 0, request 0 of 0, response 0 of 0",
                "/waits: cancelled x 1"
            ],
            "{host:?}"
        );
    }
}

/// Bytes recorded for a response of 10,000 that is compressed on its way.
async fn bytes_of_big(host: Host, around: impl FnOnce(HttpMetrics) -> Vec<Around>) -> f64 {
    let server = host.serve_in(around).await;
    let ask = "GET /big HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
    let answer = server.client.send(ask).await;
    assert!(answer.contains("content-encoding: gzip"), "{host:?}: {answer}");
    assert_eq!(
        server.settled_without_sizes().await,
        ["GET /big: 200 x 1, timed 1, request 1 of 0"],
        "{host:?}: complete"
    );
    server.recorded().sum("http_response_size_bytes_sum", &["GET", "/big"])
}

#[tokio::test]
async fn compression_position_decides_recorded_bytes() {
    for host in Host::each() {
        let inside =
            bytes_of_big(host, |metrics| vec![Around::Compression, Around::Metrics(metrics)]).await;
        // 45 by the compressor's current version.
        assert!(inside > 10.0 && inside < 100.0, "{host:?}: {inside}");
        let outside =
            bytes_of_big(host, |metrics| vec![Around::Metrics(metrics), Around::Compression]).await;
        assert_eq!(outside, 10_000.0, "{host:?}");
    }
}

#[tokio::test]
async fn inner_limit_delays_where_readiness_is_checked() {
    for host in Host::each() {
        let server =
            host.serve_in(|metrics| vec![Around::OneAtATime, Around::Metrics(metrics)]).await;
        let mut streams = vec![];
        for _ in 0..3 {
            streams.push(server.client.open(get("/gate")).await);
        }
        let answered = |page: &Recorded| page.sum("http_requests_total", &["GET", "/gate", "200"]);
        for left in [3, 2, 1] {
            server.reaches(if host.waits_until_ready() { 1 } else { left }).await;
            server.open_gate();
            // The limit decides which of them is next.
            server.becomes("an answer", |page| answered(page) >= f64::from(4 - left)).await;
        }
        for stream in &mut streams {
            read_until(stream, "12345").await;
        }
        assert_eq!(
            server.settled().await,
            ["GET /gate: 200 x 3, timed 3, request 3 of 0, response 3 of 15"],
            "{host:?}"
        );
    }
}
