//! The series and their limits. Services are polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::pending;
use std::task::{Context, Waker};

use http::{Method, Request, Response, StatusCode};
use support::{Always, Recorded, Reply, build, call, ok, request, summary};
use tickmark::{RegisterError, Registry};
use tickmark_http::{HttpMetrics, MetricsLayer, Preset, RouteId, set_route};
use tickmark_text::Encoder;
use tower::{Layer, Service, service_fn};

/// One method of every label.
const METHODS: [&str; 11] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
    "OTHER",
];

#[test]
fn ignored_routes_record_nothing() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder()
        .ignore(["/health", "/ready"])
        .ignore(["/alive"])
        .build(&registry)
        .unwrap();
    for template in ["/health", "/ready", "/alive"] {
        metrics.expose_route(&Method::GET, template);
        let route = metrics.route(template);
        let knows = MetricsLayer::with_routes(metrics, Always(route));
        let copy = metrics.layer().layer(service_fn(|_: Request<String>| async { ok() }));
        drop(call(&mut knows.layer(copy)));
    }
    assert_eq!(
        Recorded::of(&registry).series_count("http_requests_in_flight"),
        0,
        "known at the start"
    );

    let health = metrics.route("/health");
    let mut sets = metrics.layer().layer(service_fn(move |_: Request<String>| async move {
        assert!(set_route(health));
        ok()
    }));
    drop(call(&mut sets));
    let drops = metrics.layer().layer(service_fn(move |_: Request<String>| {
        assert!(set_route(health));
        pending::<Result<Reply, Infallible>>()
    }));
    drop(drops.clone().call(request()));
    assert!(summary(&registry).is_empty());
    assert_eq!(
        Recorded::of(&registry).series_count("http_requests_in_flight"),
        1,
        "known from below"
    );
}

#[test]
fn ignored_unmatched_leaves_routes_from_below() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().ignore(["unmatched"]).build(&registry).unwrap();
    let route = metrics.route("/a");
    let mut sets = metrics.layer().layer(service_fn(move |_: Request<String>| async move {
        assert!(set_route(route));
        ok()
    }));
    drop(call(&mut sets));
    let mut sets_nothing = metrics.layer().layer(service_fn(|_: Request<String>| async { ok() }));
    drop(call(&mut sets_nothing));
    assert_eq!(summary(&registry), ["GET /a: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]);
}

#[test]
fn ignored_routes_bypass_the_limit() {
    let registry = Registry::new();
    let metrics =
        HttpMetrics::builder().max_routes(1).ignore(["/health"]).build(&registry).unwrap();
    assert_eq!(
        ["/a", "/b", "/health"].map(|template| metrics.route(template).template()),
        ["/a", "_overflow", "/health"]
    );
}

#[test]
fn exposed_route_starts_at_0() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(1).build(&registry).unwrap();
    metrics.expose_route(&Method::POST, "/a");
    metrics.expose_route(&Method::POST, "/a");
    assert_eq!(
        Recorded::of(&registry).summary(),
        [
            "POST /a: 200 x 0, 500 x 0, timed 0, request 0 of 0, response 0 of 0",
            "/a: body_dropped x 0, body_error x 0, body_panic x 0, body_short x 0, cancelled x 0, \
             error x 0, panic x 0",
        ]
    );
    assert_eq!(Recorded::of(&registry).series_count("http_response_size_bytes_count"), 1);
    metrics.expose_route(&Method::POST, "/one-too-many");
    assert_eq!(
        Recorded::of(&registry).summary().len(),
        2,
        "a route over the limit exposes nothing"
    );
}

#[test]
fn templates_over_the_limit_share_one_path() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(2).build(&registry).unwrap();
    let overflow =
        |registry: &Registry| Recorded::of(registry).sum("metrics_routes_overflow_total", &[]);
    let (a, b) = (metrics.route("/a"), metrics.route("/b"));
    assert_eq!(overflow(&registry), 0.0);
    let c = metrics.route("/c");
    assert_eq!((c.template(), metrics.route("/d")), ("_overflow", c));
    assert_eq!(overflow(&registry), 2.0);
    assert_eq!((metrics.route("/a"), metrics.route("/b")), (a, b), "known routes stay");
    assert_eq!(overflow(&registry), 2.0);
    drop(call(
        &mut MetricsLayer::with_routes(metrics, Always(c))
            .layer(service_fn(|_: Request<String>| async { ok() })),
    ));
    assert_eq!(
        summary(&registry),
        ["GET _overflow: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]
    );
}

#[test]
fn reserved_templates_bypass_the_limit() {
    let metrics = HttpMetrics::builder().max_routes(1).build(&Registry::new()).unwrap();
    for template in
        ["", "/__private__axum_fallback", "/a/{*__private__axum_nest_tail_param}", "unmatched"]
    {
        assert_eq!(metrics.route(template).template(), "unmatched");
    }
    assert_eq!(metrics.route("_overflow").template(), "_overflow");
    assert_eq!(metrics.route("/a").template(), "/a");
}

#[test]
fn unusual_status_and_unknown_method_count() {
    let registry = Registry::new();
    let mut service = build(&registry).layer().layer(service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::builder().status(299).body(String::new()).unwrap())
    }));
    for method in ["FOO", "BAR", "QUERY"] {
        let request = Request::builder().method(method).body(String::new()).unwrap();
        let mut future = Box::pin(service.call(request));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    assert_eq!(
        summary(&registry),
        [
            "QUERY unmatched: 299 x 1, timed 1, request 1 of 0, response 1 of 0",
            "_OTHER unmatched: 299 x 2, timed 2, request 2 of 0, response 2 of 0",
        ]
    );
}

#[test]
fn series_limit_follows_the_number_of_routes() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(1).build(&registry).unwrap();
    let routes = ["/a", "/over-the-limit", ""].map(|template| metrics.route(template));
    for (route, method) in routes.iter().flat_map(|route| METHODS.map(|method| (*route, method))) {
        let mut service = MetricsLayer::with_routes(metrics, Always(route))
            .layer(service_fn(|_: Request<String>| async { ok() }));
        let request = Request::builder().method(method).body(String::new()).unwrap();
        assert!(
            Box::pin(service.call(request))
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
        metrics.expose_route(&method.parse().unwrap(), "");
    }
    let page = Recorded::of(&registry);
    page.assert_at_rest();
    for name in [
        "http_requests_total",
        "http_request_duration_seconds_count",
        "http_request_size_bytes_count",
        "http_response_size_bytes_count",
    ] {
        assert_eq!(
            page.sum(
                name,
                if name == "http_requests_total" {
                    &["*", "_overflow", "*"]
                } else {
                    &["*", "_overflow"]
                }
            ),
            11.0,
            "{name}"
        );
    }
    assert_eq!(page.sum("http_requests_total", &["*", "*", "*"]), 33.0);

    // More than the default limit of a family.
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(400).build(&registry).unwrap();
    for route in 0..400 {
        metrics.expose_route(&Method::GET, &format!("/{route}"));
    }
    assert_eq!(Recorded::of(&registry).series_count("http_requests_aborted_total"), 2_800);
}

/// A client chooses the method, and may cancel any request.
#[test]
fn client_choices_never_cost_labels() {
    for builder in
        [HttpMetrics::builder(), HttpMetrics::builder().preset(Preset::OTEL).protocol_version(true)]
    {
        let registry = Registry::new();
        let metrics = builder.max_routes(200).build(&registry).unwrap();
        for template in 0..200 {
            let route = metrics.route(&format!("/{template}"));
            for method in METHODS {
                record(metrics, route, method, Some(StatusCode::METHOD_NOT_ALLOWED));
                record(metrics, route, method, None);
            }
        }
        let page = String::from_utf8(Encoder::new(&registry).encode().to_vec()).unwrap();
        let merged: Vec<_> = page.lines().filter(|line| line.contains("\"_overflow\"")).collect();
        assert!(merged.is_empty(), "{merged:?}");
        assert!(!page.contains("tickmark_series_overflow"));
    }
}

/// Records a request with this answer; without one the client cancels it.
fn record(metrics: HttpMetrics, route: RouteId, method: &str, answer: Option<StatusCode>) {
    let mut service = MetricsLayer::with_routes(metrics, Always(route)).layer(service_fn(
        move |_: Request<String>| async move {
            match answer {
                Some(status) => Ok::<_, Infallible>(
                    Response::builder().status(status).body(String::new()).unwrap(),
                ),
                None => pending().await,
            }
        },
    ));
    let request = Request::builder().method(method).body(String::new()).unwrap();
    let mut future = Box::pin(service.call(request));
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled.is_ready(), answer.is_some());
}

#[test]
fn overflow_series_loses_no_request() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(1).build(&registry).unwrap();
    let statuses = 400_u16..900;
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE"];
    for (method, status) in
        methods.iter().flat_map(|method| statuses.clone().map(move |status| (*method, status)))
    {
        let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
            let mut response = ok().unwrap();
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            std::future::ready(Ok::<_, Infallible>(response))
        }));
        let request = Request::builder().method(method).body(String::new()).unwrap();
        assert!(
            Box::pin(service.call(request))
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }
    let page = Recorded::of(&registry);
    assert_eq!(page.series_count("http_requests_total"), 2_001, "2,000 and the overflow series");
    assert_eq!(page.sum("http_requests_total", &["*", "*", "*"]), 2_500.0);
}

#[test]
fn invalid_and_taken_names_are_refused() {
    let registry = Registry::new();
    let invalid = HttpMetrics::builder().prefix("2x_").build(&registry).unwrap_err();
    assert!(matches!(invalid, RegisterError::InvalidName { .. }), "{invalid}");
    let [_, other] =
        ["", "shop_"].map(|prefix| HttpMetrics::builder().prefix(prefix).build(&registry).unwrap());
    assert_eq!(other.route("/a"), other.route("/a"));
    let taken = HttpMetrics::builder().prefix("shop_").build(&registry).unwrap_err();
    assert!(matches!(taken, RegisterError::Clash { .. }), "{taken}");
}

#[test]
fn refused_instance_registers_nothing() {
    let registry = Registry::new();
    _ = registry.gauge("http_requests_in_flight", "Of another component.").unwrap();
    _ = HttpMetrics::builder().build(&registry).unwrap_err();
    assert_eq!(registry.families().iter().count(), 1);
}
