//! The memory of exemplars with values chosen by a client.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::pending;

use http::{HeaderValue, Request, Response};
use support::{Always, Reply, ok, poll, read};
use tickmark::Registry;
use tickmark_http::{HttpMetrics, HttpMetricsBuilder, MetricsLayer, trace_id};
use tower::{Layer, Service, service_fn};

const ROUTES: usize = 20;
const REQUESTS: usize = 200;

/// Returns the bytes kept by each route and each waiting request, with headers of 400 kB.
fn kept_bytes(settings: HttpMetricsBuilder) -> (i64, i64) {
    let registry = Registry::new();
    let metrics = settings.build(&registry).unwrap();
    let routes: Vec<_> = (0..ROUTES).map(|route| metrics.route(&format!("/{route}"))).collect();
    let value = format!("00-{}-00f067aa0ba902b7-01", "a".repeat(400_000));
    let value = HeaderValue::try_from(value).unwrap();
    let traced =
        || Request::get("/").header("traceparent", value.clone()).body(String::new()).unwrap();
    let series = allocation_counter::measure(|| {
        for route in &routes {
            let layer = MetricsLayer::with_routes(metrics, Always(*route));
            let mut service = layer.layer(service_fn(|_: Request<String>| async { ok() }));
            for _ in 0..REQUESTS {
                read(poll(service.call(traced())));
            }
        }
    });
    let mut waiting = Vec::with_capacity(REQUESTS);
    let mut service = metrics.layer().layer(service_fn(|request: Request<String>| {
        drop(request);
        pending::<Result<Reply, Infallible>>()
    }));
    let requests = allocation_counter::measure(|| {
        waiting.extend(std::iter::repeat_with(|| service.call(traced())).take(REQUESTS));
    });
    (series.bytes_current / ROUTES as i64, requests.bytes_current / REQUESTS as i64)
}

#[test]
fn huge_header_leaves_memory_bounded() {
    let whole_header = HttpMetrics::builder().exemplars(|headers, _| {
        let value = std::str::from_utf8(headers["traceparent"].as_bytes()).unwrap();
        vec![("trace_id", value.to_owned())]
    });
    let as_documented = HttpMetrics::builder().exemplars(|headers, _| {
        let trace = trace_id(headers).map(str::to_owned);
        trace.map(|trace| ("trace_id", trace)).into_iter().collect()
    });
    let none = kept_bytes(HttpMetrics::builder()).0;
    for settings in [whole_header, as_documented] {
        let (by_route, by_request) = kept_bytes(settings);
        assert!(by_route - none < 4_096, "{by_route} bytes a route, {none} without exemplars");
        assert!(by_request < 512, "{by_request} bytes a request");
    }
}

#[test]
fn exemplar_of_128_characters_is_kept() {
    let registry = Registry::new();
    let settings = HttpMetrics::builder().exemplars(|headers, _| {
        let value = headers["x-trace"].as_bytes();
        vec![("id", String::from_utf8(value.to_owned()).unwrap())]
    });
    let metrics = settings.build(&registry).unwrap();
    let mut service = metrics.layer().layer(service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    let longest = "\u{e9}".repeat(126);
    read(poll(
        service.call(Request::get("/").header("x-trace", &longest).body(String::new()).unwrap()),
    ));
    let format = tickmark_text::Format::OpenMetrics1_0(None);
    let page = tickmark_text::Encoder::new(&registry).encode_as(format).to_vec();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains(&format!("id=\"{longest}\"")), "{page}");
}
