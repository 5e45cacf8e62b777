//! Settings other than names. Services are polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::pending;
use std::panic::{self, AssertUnwindSafe};

use http::{Extensions, HeaderMap, Request, Response, StatusCode, Version};
use support::{Reply, call, lines, names, ok, read, request};
use tickmark::Registry;
use tickmark_http::{HttpMetric, HttpMetrics, HttpMetricsBuilder, adapter};
use tickmark_text::{Encoder, Format};
use tower::{Layer, Service, service_fn};

fn build(settings: HttpMetricsBuilder) -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = settings.build(&registry).unwrap();
    (registry, metrics)
}

/// Sends a request that is answered with a body of two bytes.
fn ask(metrics: HttpMetrics, status: u16, version: Version) {
    let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
        let response = Response::builder().status(status).body("ok".to_owned());
        std::future::ready(Ok::<_, Infallible>(response.unwrap()))
    }));
    let mut asked = request();
    *asked.version_mut() = version;
    read(support::poll(service.call(asked)));
}

fn cancel(metrics: HttpMetrics) {
    let never = |_: Request<String>| pending::<Result<Reply, Infallible>>();
    drop(metrics.layer().layer(service_fn(never)).call(request()));
}

#[test]
fn disabled_metrics_are_not_registered() {
    use HttpMetric::*;
    let all = [
        (Requests, "http_requests"),
        (RequestDuration, "http_request_duration_seconds"),
        (RequestSize, "http_request_size_bytes"),
        (ResponseSize, "http_response_size_bytes"),
        (RequestsInFlight, "http_requests_in_flight"),
        (RequestsAborted, "http_requests_aborted"),
        (ResponseDuration, "http_response_duration_seconds"),
    ];
    for (off, name) in all {
        let settings = HttpMetrics::builder().enable(ResponseDuration).disable(off);
        let (registry, metrics) = build(settings);
        ask(metrics, 200, Version::HTTP_11);
        cancel(metrics);
        metrics.expose_route(&http::Method::GET, "/a");
        let names = names(&registry);
        assert!(!names.iter().any(|known| known == name), "{name} in {names:?}");
        for (_, other) in all.iter().filter(|(metric, _)| *metric != off) {
            assert!(
                names.iter().any(|known| known == other),
                "without {name}: no {other} in {names:?}"
            );
        }
    }
    let (registry, metrics) =
        build(all.iter().fold(HttpMetrics::builder(), |all, (off, _)| all.disable(*off)));
    ask(metrics, 200, Version::HTTP_11);
    cancel(metrics);
    assert_eq!(names(&registry).iter().filter(|name| name.starts_with("http_")).count(), 0);
    let (registry, _) = build(HttpMetrics::builder().disable(Requests).enable(Requests));
    assert!(names(&registry).contains(&"http_requests".to_owned()), "the last switch applies");
}

#[test]
fn configured_bounds_are_exposed() {
    let settings = HttpMetrics::builder().duration_bounds([0.001, 0.5]).size_bounds([1.0, 64.0]);
    let (registry, metrics) = build(settings);
    ask(metrics, 200, Version::HTTP_11);
    let bounds = |family: &str| -> Vec<String> {
        let buckets = lines(&registry, &format!("{family}_bucket"));
        buckets
            .iter()
            .map(|line| line.split("le=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(bounds("http_request_duration_seconds"), ["0.001", "0.5", "+Inf"]);
    assert_eq!(bounds("http_request_size_bytes"), ["1.0", "64.0", "+Inf"]);
    assert_eq!(bounds("http_response_size_bytes"), ["1.0", "64.0", "+Inf"]);
}

#[test]
fn status_class_groups_statuses() {
    let (registry, metrics) = build(HttpMetrics::builder().status_class(true));
    for status in [200, 204, 404, 418, 599, 999] {
        ask(metrics, status, Version::HTTP_11);
    }
    cancel(metrics);
    let counts = [("2xx", 2), ("4xx", 3), ("5xx", 1), ("9xx", 1)];
    assert_eq!(
        lines(&registry, "http_requests_total"),
        counts.map(|(class, count)| {
            format!(
                r#"http_requests_total{{method="GET",path="unmatched",status="{class}"}} {count}"#
            )
        })
    );
}

#[test]
fn duration_has_status_and_version_labels() {
    let (registry, metrics) =
        build(HttpMetrics::builder().status_on_duration(true).protocol_version(true));
    for (status, version) in
        [(200, Version::HTTP_11), (200, Version::HTTP_2), (418, Version::HTTP_2)]
    {
        ask(metrics, status, version);
        ask(metrics, status, version);
    }
    let name = "http_request_duration_seconds_count";
    let with = |status: u16, version: &str| {
        let version = format!("network_protocol_version={version:?}");
        format!(r#"{name}{{method="GET",path="unmatched",status="{status}",{version}}} 2"#)
    };
    assert_eq!(lines(&registry, name), [with(200, "1.1"), with(200, "2"), with(418, "2")]);
}

#[test]
fn response_duration_ends_with_the_body() {
    let (registry, metrics) = build(HttpMetrics::builder().enable(HttpMetric::ResponseDuration));
    let count = |name: &str| {
        lines(&registry, name)
            .iter()
            .map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    let mut service = metrics.layer().layer(service_fn(|_: Request<String>| {
        std::future::ready(Ok::<_, Infallible>(Response::new("body".to_owned())))
    }));
    let response = call(&mut service);
    assert_eq!(count("http_request_duration_seconds_count"), ["1"]);
    assert_eq!(count("http_response_duration_seconds_count"), [""; 0], "the body is unread");
    std::thread::sleep(std::time::Duration::from_millis(10));
    read(response);
    assert_eq!(count("http_response_duration_seconds_count"), ["1"]);
    let end: f64 = count("http_response_duration_seconds_sum")[0].parse().unwrap();
    let head: f64 = count("http_request_duration_seconds_sum")[0].parse().unwrap();
    assert!(end >= head + 0.01, "head after {head} s, end after {end} s");
    ask(metrics, 101, Version::HTTP_11);
    cancel(metrics);
    assert_eq!(
        count("http_response_duration_seconds_count"),
        ["1"],
        "not for 101, and not without a head"
    );
}

#[test]
fn time_all_times_every_request() {
    for (times_all, timed) in [(false, 1), (true, 3)] {
        let settings = HttpMetrics::builder();
        let (registry, metrics) = build(settings.time_all(times_all));
        ask(metrics, 200, Version::HTTP_11);
        ask(metrics, StatusCode::SWITCHING_PROTOCOLS.as_u16(), Version::HTTP_11);
        cancel(metrics);
        let count = format!(
            r#"http_request_duration_seconds_count{{method="GET",path="unmatched"}} {timed}"#
        );
        assert_eq!(lines(&registry, "http_request_duration_seconds_count"), [count]);
    }
}

#[test]
fn exemplar_comes_from_the_request() {
    let settings = HttpMetrics::builder().exemplars(|headers, extensions| {
        let trace = headers.get("x-trace").and_then(|trace| trace.to_str().ok());
        let span = extensions.get::<u64>().map(|span| ("span_id", span.to_string()));
        trace.map(|trace| ("trace_id", trace.to_owned())).into_iter().chain(span).collect()
    });
    let (registry, metrics) = build(settings);
    let page = |registry: &Registry| {
        let page = Encoder::new(registry).encode_as(Format::OpenMetrics1_0(None));
        String::from_utf8(page.to_vec()).unwrap()
    };
    let mut service =
        metrics.layer().layer(service_fn(|_: Request<String>| std::future::ready(ok())));
    read(support::poll(service.call(request())));
    assert!(!page(&registry).contains(" # {"), "no exemplar without the header");

    let mut asked = request();
    _ = asked.headers_mut().insert("x-trace", "4bf92f35".parse().unwrap());
    _ = asked.extensions_mut().insert(7_u64);
    read(support::poll(service.call(asked)));
    let page = page(&registry);
    let exemplar = r#" # {trace_id="4bf92f35",span_id="7"} "#;
    let with_exemplar: Vec<_> = page.lines().filter(|line| line.contains(exemplar)).collect();
    let of = |name: &str| with_exemplar.iter().filter(|line| line.starts_with(name)).count();
    assert_eq!(
        (
            with_exemplar.len(),
            of("http_requests_total{"),
            of("http_request_duration_seconds_bucket{")
        ),
        (2, 1, 1),
        "{page}"
    );
}

#[test]
fn panicking_hook_is_a_500() {
    let hook = |_: &HeaderMap, _: &Extensions| panic!("the hook panics, by design");
    let (registry, metrics) = build(HttpMetrics::builder().exemplars(hook));
    let mut service =
        metrics.layer().layer(service_fn(|_: Request<String>| std::future::ready(ok())));
    let asked = panic::catch_unwind(AssertUnwindSafe(|| drop(service.call(request()))));
    assert!(asked.is_err());
    assert_eq!(
        support::summary(&registry),
        [
            "GET unmatched: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
            "unmatched: panic x 1"
        ]
    );
    assert_eq!(
        lines(&registry, "http_requests_in_flight"),
        [r#"http_requests_in_flight{method="GET"} 0"#]
    );
}

#[test]
fn unrecorded_route_records_nothing() {
    let (registry, metrics) = build(HttpMetrics::builder());
    let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
        assert!(tickmark_http::set_route(adapter::unrecorded(metrics)));
        std::future::ready(ok())
    }));
    read(call(&mut service));
    assert_eq!(support::summary(&registry), [""; 0]);
}
