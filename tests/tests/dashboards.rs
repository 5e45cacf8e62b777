//! Dashboards that were written for axum-prometheus: under the preset `axum` their queries have the answers that they have
//! with axum-prometheus itself, by a real Prometheus that scrapes one service of each kind.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use axum_prometheus::PrometheusMetricLayerBuilder;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, Preset};
use tickmark_tests::prometheus::{self, Prometheus};
use tickmark_tests::say_skipped;
use tickmark_tests::wire::Client;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Of the kinds that published dashboards and alerts are made of.
const QUERIES: [&str; 16] = [
    r#"sum(increase(axum_http_requests_total{status=~"^2.*"}[1h]))"#,
    r#"sum(increase(axum_http_requests_total{status=~"^5.*"}[1h]))"#,
    r#"sum(rate(axum_http_requests_total{status=~"^4.*"}[1m])) by (status, method, endpoint)"#,
    r#"sum(rate(axum_http_requests_total{status=~"^2.*$"}[1m])) by (status, method, endpoint)"#,
    "sum by (status) (rate(axum_http_requests_total[5m]))",
    "topk(3, sum by (endpoint) (rate(axum_http_requests_total[5m])))",
    r#"100 * sum(rate(axum_http_requests_total{status=~"5.."}[5m])) / sum(rate(axum_http_requests_total[5m]))"#,
    "histogram_quantile(0.5, sum by (le) (rate(axum_http_requests_duration_seconds_bucket[5m]))) * 1000",
    "histogram_quantile(0.99, sum by (le) (rate(axum_http_requests_duration_seconds_bucket[5m])))",
    "histogram_quantile(0.95, sum by (le, endpoint) (rate(axum_http_requests_duration_seconds_bucket[5m])))",
    r#"max(increase(axum_http_requests_duration_seconds_sum{method=~"GET|HEAD"}[1m]) * 1000 /
           increase(axum_http_requests_duration_seconds_count{method=~"GET|HEAD"}[1m])) by (status, method, endpoint)"#,
    r#"sum(rate(axum_http_requests_duration_seconds_bucket{le="0.1"}[5m])) by (endpoint) /
       sum(rate(axum_http_requests_duration_seconds_count[5m])) by (endpoint)"#,
    "axum_http_requests_pending > 0",
    "sum by (method) (axum_http_requests_pending) > 0",
    "rate(axum_http_response_body_size_sum[5m]) > 0",
    "sum(rate(axum_http_response_body_size_sum[5m])) / sum(rate(axum_http_response_body_size_count[5m]))",
];

fn routes() -> Router {
    Router::new()
        .route("/users/{id}", get(async || "Ada").put(async || StatusCode::CREATED))
        .route("/fails", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/waits", get(pending::<()>))
}

fn ours() -> Router {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().preset(Preset::AXUM).build(&registry).unwrap();
    routes().layer(tickmark_axum::layer(metrics)).route("/metrics", tickmark_axum::scrape(&registry))
}

fn theirs() -> Router {
    let builder = PrometheusMetricLayerBuilder::new().with_default_metrics().enable_response_body_size(true);
    let (layer, handle) = builder.build_pair();
    routes().layer(layer).route("/metrics", get(async move || handle.render()))
}

/// Serves until the runtime ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(tokio::spawn(axum::serve(listener, router).into_future()));
    addr
}

async fn visit(addr: SocketAddr) {
    let client = Client(addr);
    for user in 0..20 {
        let path = format!("/users/{user}");
        assert_eq!(client.get(&path).await.status, 200);
        assert_eq!(client.request("HEAD", &path).await.status, 200);
        assert_eq!(client.request("PUT", &path).await.status, 201);
        assert_eq!(client.request("DELETE", &path).await.status, 405);
        assert_eq!(client.get("/fails").await.status, 500);
    }
}

type Answers = BTreeMap<&'static str, BTreeMap<String, f64>>;

/// What a Prometheus answers after some visits, while one request waits.
fn answers(runtime: &Runtime, router: Router) -> Answers {
    let addr = runtime.block_on(serve(router));
    let prometheus = Prometheus::start(&addr.to_string());
    let mut waiting = runtime.block_on(Client(addr).open("GET /waits HTTP/1.1\r\nhost: x\r\n\r\n"));
    // A rate is that between scrapes, so there are visits before each.
    let mut last = prometheus.scrape();
    for _ in 0..3 {
        runtime.block_on(visit(addr));
        last = prometheus.scrape();
    }
    assert!(last.number >= 3.0, "{last:?}");
    let answers = QUERIES.into_iter().map(|query| (query, prometheus.query_now(query))).collect();
    assert_eq!(prometheus.complaints(), [""; 0]);
    runtime.block_on(waiting.shutdown()).unwrap();
    answers
}

#[test]
fn queries_of_dashboards_for_axum_prometheus_have_its_answers() {
    if !prometheus::available() {
        return say_skipped("prometheus and promtool are not installed");
    }
    let runtime = Runtime::new().unwrap();
    // It has a task that empties its histograms every few seconds.
    let _entered = runtime.enter();
    let (ours, theirs) = (answers(&runtime, ours()), answers(&runtime, theirs()));
    for query in QUERIES {
        let (ours, theirs) = (&ours[query], &theirs[query]);
        assert!(ours.keys().eq(theirs.keys()), "{query}\n{ours:#?}\nis not of the series of\n{theirs:#?}");
        assert!(!ours.is_empty() && ours.values().all(|value| *value > 0.0), "{query}\n{ours:#?}");
    }
    runtime.shutdown_timeout(Duration::ZERO);
}
