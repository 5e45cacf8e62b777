//! The differences that MIGRATING.md names are all there are. The same requests go
//! through the old library and through its preset.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::pending;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::routing::get;
use axum_prometheus::PrometheusMetricLayerBuilder;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http_body_util::BodyExt;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, Preset};
use tickmark_tests::page::Labels;
use tickmark_tests::{parser, say_skipped};
use tickmark_text::Encoder;
use tower::ServiceExt;

fn routes() -> Router {
    let chunks = async || {
        let chunks = ["one", "two", "six"]
            .map(|chunk| Ok::<_, Infallible>(Bytes::from_static(chunk.as_bytes())));
        Body::from_stream(stream::iter(chunks))
    };
    Router::new()
        .route("/users/{id}", get(async || "Ada"))
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/chunks", get(chunks))
        .route("/switch", get(async || StatusCode::SWITCHING_PROTOCOLS))
        .route("/waits", get(pending::<()>))
}

/// One request of each kind that MIGRATING.md mentions.
async fn visit(app: &Router) {
    let ask = |method: &str, path: &str| {
        let method: Method = method.parse().unwrap();
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request)
    };
    for (method, path) in [
        ("GET", "/users/7"),
        ("HEAD", "/users/7"),
        ("DELETE", "/users/7"),
        ("BREW", "/users/7"),
        ("GET", "/empty"),
        ("GET", "/chunks"),
        ("GET", "/switch"),
        ("GET", "/nowhere/1"),
    ] {
        let response = ask(method, path).await.unwrap();
        _ = response.into_body().collect().await.unwrap();
    }
    // A client that leaves before the head.
    assert!(ask("GET", "/waits").now_or_never().is_none());
}

/// A page: samples by name and labels, and kinds by family.
struct Page {
    samples: BTreeMap<(String, Labels), f64>,
    kinds: BTreeMap<String, String>,
}

impl Page {
    /// Reads a page whose label values have neither blanks nor quotes.
    fn read(text: &str) -> Page {
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "\"}"));
            let labels = labels
                .strip_suffix("\"}")
                .unwrap()
                .split("\",")
                .filter_map(|label| label.split_once("=\""));
            let labels =
                labels.map(|(label, value)| (label.to_owned(), value.to_owned())).collect();
            ((name.to_owned(), labels), value.parse().unwrap())
        };
        let is_sample = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        Page {
            samples: text.lines().filter(is_sample).map(sample).collect(),
            kinds: kinds.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect(),
        }
    }

    /// The samples of that name, by these labels.
    fn of(&self, name: &str, labels: &[&str]) -> BTreeMap<String, f64> {
        let samples = self.samples.iter().filter(|((own, _), _)| own == name);
        let key =
            |of: &Labels| labels.iter().map(|label| &*of[*label]).collect::<Vec<_>>().join(" ");
        samples.map(|((_, labels), value)| (key(labels), *value)).collect()
    }

    /// The values of a label in the samples of that name.
    fn values(&self, name: &str, label: &str) -> BTreeSet<&str> {
        let of = self.samples.keys().filter(|(own, _)| own == name);
        of.map(|(_, labels)| &*labels[label]).collect()
    }
}

/// The old library's series under the names of MIGRATING.md.
fn renamed(theirs: BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let rename = |series: &str| match series.strip_prefix(' ') {
        Some(rest) => format!("_OTHER {rest}"),
        None => series.replace("/nowhere/1", "unmatched"),
    };
    theirs.iter().map(|(series, value)| (rename(series), *value)).collect()
}

#[tokio::test]
async fn preset_axum_differs_as_documented() {
    let builder =
        PrometheusMetricLayerBuilder::new().enable_response_body_size(true).with_default_metrics();
    let (layer, handle) = builder.build_pair();
    let registry = Registry::new();
    let metrics =
        HttpMetrics::builder().preset(Preset::AXUM).only_listed(true).build(&registry).unwrap();
    visit(&routes().layer(layer)).await;
    visit(&routes().layer(tickmark_axum::layer(metrics))).await;
    let page = Encoder::new(&registry).encode();
    let (theirs, ours) =
        (Page::read(&handle.render()), Page::read(std::str::from_utf8(&page).unwrap()));
    let count =
        |name: &str, labels: &[&str]| (renamed(theirs.of(name, labels)), ours.of(name, labels));

    // Kinds: the summary is a histogram, and there is one more family.
    let mut kinds = theirs.kinds.clone();
    let more = [
        ("axum_http_response_body_size", "histogram"),
        ("axum_metrics_routes_overflow_total", "counter"),
    ];
    kinds.extend(more.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    assert_eq!(ours.kinds, kinds);
    assert_eq!(theirs.kinds["axum_http_response_body_size"], "summary");

    // Requests: those without a head count.
    let labels = ["method", "endpoint", "status"];
    let (mut expected, counted) = count("axum_http_requests_total", &labels);
    assert_eq!(expected.insert("GET /waits 499".to_owned(), 1.0), None);
    assert_eq!(counted, expected);

    // Durations: the same bounds, and 101 is not timed.
    let (mut expected, counted) = count("axum_http_requests_duration_seconds_count", &labels);
    assert_eq!(expected.remove("GET /switch 101"), Some(1.0));
    assert_eq!(counted, expected);
    let bucket = "axum_http_requests_duration_seconds_bucket";
    assert_eq!(ours.values(bucket, "le"), theirs.values(bucket, "le"));
    assert_eq!(ours.values(bucket, "le").len(), 12);

    let (expected, pending) = count("axum_http_requests_pending", &["method", "endpoint"]);
    assert_eq!(pending, expected);

    // Sizes: one per response instead of one per chunk with the bytes so far.
    let labels = ["method", "endpoint"];
    let (their_counts, our_counts) = count("axum_http_response_body_size_count", &labels);
    let (their_sums, our_sums) = count("axum_http_response_body_size_sum", &labels);
    assert_eq!(their_counts, [("GET /chunks", 3.0), ("GET /users/{id}", 1.0)].map(owned).into());
    assert_eq!(their_sums, [("GET /chunks", 18.0), ("GET /users/{id}", 3.0)].map(owned).into());
    assert_eq!(our_counts.len(), 8);
    assert!(our_counts.values().all(|count| *count == 1.0), "{our_counts:?}");
    let sums: BTreeMap<_, _> = our_sums.into_iter().filter(|(_, sum)| *sum > 0.0).collect();
    assert_eq!(sums, [("GET /chunks", 9.0), ("GET /users/{id}", 3.0)].map(owned).into());
    let size = "axum_http_response_body_size";
    assert_eq!(
        theirs.values(size, "quantile"),
        ["0", "0.5", "0.9", "0.95", "0.99", "0.999", "1"].into()
    );
    assert!(ours.values(size, "quantile").is_empty());
}

fn owned((series, value): (&str, f64)) -> (String, f64) {
    (series.to_owned(), value)
}

/// Python writes whole bounds with a point, as we do without a setting.
#[tokio::test]
async fn preset_emmett_has_the_bounds_of_python() {
    if !parser::available() {
        return say_skipped("prometheus_client is missing: tests/run fetches it");
    }
    let theirs = parser::run(
        "import prometheus_client as p\n\
         registry = p.CollectorRegistry()\n\
         buckets = [5, 35, 100, 200, 500, 1000, 'INF']\n\
         labels = ['route', 'method', 'status']\n\
         latency = p.Histogram('emmett_request_latency', 'L', labels, \
                               buckets=buckets, registry=registry)\n\
         latency.labels('/users', 'GET', '200').observe(1)\n\
         count = p.Counter('emmett_request_count', 'C', labels, registry=registry)\n\
         count.labels('/users', 'GET', '200').inc()\n\
         print(p.generate_latest(registry).decode(), end='')\n",
    );
    let registry = Registry::new();
    let metrics =
        HttpMetrics::builder().preset(Preset::EMMETT).only_listed(true).build(&registry).unwrap();
    let app =
        Router::new().route("/users", get(async || "Ada")).layer(tickmark_axum::layer(metrics));
    let request = Request::get("/users").body(Body::empty()).unwrap();
    _ = app.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    let page = Encoder::new(&registry).encode();
    let (theirs, ours) = (Page::read(&theirs), Page::read(std::str::from_utf8(&page).unwrap()));

    let bucket = "emmett_request_latency_bucket";
    assert_eq!(ours.values(bucket, "le"), theirs.values(bucket, "le"));
    let labels = ["route", "method", "status"];
    for name in ["emmett_request_count_total", "emmett_request_latency_count"] {
        assert_eq!(ours.of(name, &labels), theirs.of(name, &labels));
        assert_eq!(ours.of(name, &labels).len(), 1);
    }
    // Only theirs has creation times as gauges of their own.
    let created = |page: &Page| page.kinds.keys().filter(|name| name.ends_with("_created")).count();
    assert_eq!((created(&theirs), created(&ours)), (2, 0));
}
