//! Dashboards written for axum-prometheus. Under the preset `axum` their queries return
//! what they return with axum-prometheus itself, by a real Prometheus that scrapes one
//! service of each kind.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use axum_prometheus::PrometheusMetricLayerBuilder;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, Preset};
use tickmark_tests::prometheus::{self, Prometheus};
use tickmark_tests::wire::Client;
use tickmark_tests::{fetched, say_skipped};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Query kinds of published dashboards and alerts.
const QUERIES: [&str; 20] = [
    r#"sum(increase(axum_http_requests_total{status=~"^2.*"}[1h]))"#,
    r#"sum(increase(axum_http_requests_total{status=~"^5.*"}[1h]))"#,
    r#"sum(rate(axum_http_requests_total{status=~"^4.*"}[1m])) by (status, method, endpoint)"#,
    r#"sum(rate(axum_http_requests_total{status=~"^2.*$"}[1m])) by (status, method, endpoint)"#,
    "sum by (status) (rate(axum_http_requests_total[5m]))",
    "topk(3, sum by (endpoint) (rate(axum_http_requests_total[5m])))",
    r#"100 * sum(rate(axum_http_requests_total{status=~"5.."}[5m])) /
       sum(rate(axum_http_requests_total[5m]))"#,
    "1000 * histogram_quantile(0.5,
       sum by (le) (rate(axum_http_requests_duration_seconds_bucket[5m])))",
    "histogram_quantile(0.99, sum by (le) (rate(axum_http_requests_duration_seconds_bucket[5m])))",
    "histogram_quantile(0.95,
       sum by (le, endpoint) (rate(axum_http_requests_duration_seconds_bucket[5m])))",
    r#"max(increase(axum_http_requests_duration_seconds_sum{method=~"GET|HEAD"}[1m]) * 1000 /
           increase(axum_http_requests_duration_seconds_count{method=~"GET|HEAD"}[1m]))
         by (status, method, endpoint)"#,
    r#"sum(rate(axum_http_requests_duration_seconds_bucket{le="0.1"}[5m])) by (endpoint) /
       sum(rate(axum_http_requests_duration_seconds_count[5m])) by (endpoint)"#,
    // Every bound as the library writes it: before Prometheus 3, another text is another
    // series.
    "sum by (le) (rate(axum_http_requests_duration_seconds_bucket[5m]))",
    r#"axum_http_requests_duration_seconds_bucket{le="1"}"#,
    r#"sum(rate(axum_http_requests_duration_seconds_bucket{le="5"}[5m])) by (endpoint) /
       sum(rate(axum_http_requests_duration_seconds_count[5m])) by (endpoint)"#,
    r#"sum(axum_http_requests_duration_seconds_bucket{le="10"}) /
       sum(axum_http_requests_duration_seconds_count)"#,
    "axum_http_requests_pending > 0",
    "sum by (method) (axum_http_requests_pending) > 0",
    "rate(axum_http_response_body_size_sum[5m]) > 0",
    "sum(rate(axum_http_response_body_size_sum[5m])) /
       sum(rate(axum_http_response_body_size_count[5m]))",
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
    routes()
        .layer(tickmark_axum::layer(metrics))
        .route("/metrics", tickmark_axum::scrape(&registry))
}

fn theirs() -> Router {
    let builder =
        PrometheusMetricLayerBuilder::new().with_default_metrics().enable_response_body_size(true);
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

/// The results of a Prometheus after some visits, while one request waits.
fn answers(runtime: &Runtime, router: Router) -> Answers {
    let addr = runtime.block_on(serve(router));
    let prometheus = Prometheus::start(&addr.to_string());
    let mut waiting = runtime.block_on(Client(addr).open("GET /waits HTTP/1.1\r\nhost: x\r\n\r\n"));
    // A rate is between scrapes, so there are visits before each.
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

/// A service that can be replaced by another one at the same address.
fn exchangeable(first: Router) -> (Router, Arc<Mutex<Router>>) {
    let current = Arc::new(Mutex::new(first));
    let asked = Arc::clone(&current);
    let answer = move |request: Request| {
        let router = asked.lock().unwrap().clone();
        router.oneshot(request)
    };
    (Router::new().fallback(answer), current)
}

/// Moves a service from one library to the other while a Prometheus scrapes it. Returns
/// the bound texts known since, and the share of requests within 5 seconds for the text
/// in `le`.
fn moved(
    runtime: &Runtime,
    program: &Path,
    (from, to): (&Router, &Router),
    le: &str,
) -> (Vec<String>, f64) {
    let (router, current) = exchangeable(from.clone());
    let addr = runtime.block_on(serve(router));
    let prometheus = Prometheus::start_program(program, &addr.to_string());
    for router in [from, to] {
        *current.lock().unwrap() = router.clone();
        for _ in 0..3 {
            runtime.block_on(visit(addr));
            _ = prometheus.scrape();
        }
    }
    let family = "axum_http_requests_duration_seconds";
    let bounds =
        prometheus.query_now(&format!("count by (le) (last_over_time({family}_bucket[5m]))"));
    let share = format!(
        "sum(increase({family}_bucket{{le=\"{le}\"}}[5m])) / sum(increase({family}_count[5m]))"
    );
    let share = prometheus.query_now(&share).into_values().next().unwrap_or_default();
    assert_eq!(prometheus.complaints(), [""; 0]);
    (bounds.into_keys().collect(), share)
}

/// `bucket / count` over the time of the move: 1, unless the bounds became other series.
fn check_moved(runtime: &Runtime, program: &Path, theirs: &Router, le: &str) {
    for (from, to) in [(theirs.clone(), ours()), (ours(), theirs.clone())] {
        let (bounds, share) = moved(runtime, program, (&from, &to), le);
        assert_eq!(bounds.len(), 12, "{bounds:?}");
        assert!((share - 1.0).abs() < 1e-9, "{share} of {bounds:?}");
    }
}

#[test]
fn queries_of_axum_prometheus_dashboards_agree() {
    if !prometheus::available() {
        return say_skipped("prometheus and promtool are not installed");
    }
    let runtime = Runtime::new().unwrap();
    // It has a task that empties its histograms every few seconds.
    let _entered = runtime.enter();
    let their_service = theirs();
    let (ours, theirs) = (answers(&runtime, ours()), answers(&runtime, their_service.clone()));
    for query in QUERIES {
        let (ours, theirs) = (&ours[query], &theirs[query]);
        assert!(
            ours.keys().eq(theirs.keys()),
            "{query}\n{ours:#?}\nis not of the series of\n{theirs:#?}"
        );
        assert!(!ours.is_empty() && ours.values().all(|value| *value > 0.0), "{query}\n{ours:#?}");
    }
    // Their service has the process's only recorder of `metrics`, so this cannot be a
    // test of its own.
    check_moved(&runtime, "prometheus".as_ref(), &their_service, "5");
    match fetched::prometheus_3() {
        // It writes all bounds alike.
        Some(program) => check_moved(&runtime, &program, &their_service, "5.0"),
        None => say_skipped("the move with Prometheus 3: tests/run fetches it"),
    }
    runtime.shutdown_timeout(Duration::ZERO);
}
