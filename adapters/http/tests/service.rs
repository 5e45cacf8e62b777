//! Who counts a request, under which route, and what becomes of it without a head; polled by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use support::Page;
use tickmark::{RegisterError, Registry};
use tickmark_http::{HttpMetrics, MetricsLayer, RouteId, RouteLabelLayer, RouteSource, detached, set_route};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

type Reply = Response<String>;

fn build(registry: &Registry) -> HttpMetrics {
    HttpMetrics::builder().build(registry).unwrap()
}

fn request() -> Request<String> {
    Request::new(String::new())
}

fn ok() -> Result<Reply, Infallible> {
    Ok(Response::new(String::new()))
}

/// Calls the service once and polls it to its end, which must be there at once.
fn call<S, B>(service: &mut S) -> S::Response
where
    S: Service<Request<String>, Response = Response<B>, Error: std::fmt::Debug>,
{
    let mut future = Box::pin(service.call(request()));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.unwrap(),
        Poll::Pending => panic!("the service is pending"),
    }
}

fn summary(registry: &Registry) -> Vec<String> {
    let page = Page::of(registry);
    assert_eq!(page.in_flight(), 0.0);
    page.assert_at_rest();
    page.summary()
}

#[test]
fn a_dropped_request_is_cancelled() {
    let registry = Registry::new();
    let service =
        build(&registry).layer().layer(service_fn(|_: Request<String>| pending::<Result<Reply, Infallible>>()));
    for polls in 0..3 {
        let mut future = Box::pin(service.clone().oneshot(request()));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..polls {
            assert!(future.as_mut().poll(&mut context).is_pending());
            assert_eq!(Page::of(&registry).in_flight(), 1.0);
        }
    }
    assert_eq!(
        summary(&registry),
        ["GET unmatched: 499 x 2, timed 0, request 0 of 0, response 0 of 0", "unmatched: cancelled x 2"]
    );
}

#[test]
fn a_failed_request_is_an_error() {
    let registry = Registry::new();
    let mut service = build(&registry)
        .layer()
        .layer(service_fn(|_: Request<String>| std::future::ready(Err::<Reply, BoxError>("it broke".into()))));
    let error = service.call(request());
    let mut error = Box::pin(error);
    assert!(matches!(error.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Err(_))));
    assert_eq!(Page::of(&registry).in_flight(), 0.0, "also before the future is dropped");
    assert_eq!(
        summary(&registry),
        ["GET unmatched: 500 x 1, timed 0, request 0 of 0, response 0 of 0", "unmatched: error x 1"]
    );
}

/// The route that a panicking service has set still counts.
const PANICKED: [&str; 2] = ["GET /a: 500 x 1, timed 0, request 0 of 0, response 0 of 0", "/a: panic x 1"];

#[test]
fn a_panic_in_call_is_a_500() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let a = metrics.route("/a");
    let mut service =
        metrics.layer().layer(service_fn(move |_: Request<String>| -> std::future::Ready<Result<Reply, Infallible>> {
            assert!(set_route(a));
            panic!("the service panics, as it should")
        }));
    assert!(catch_unwind(AssertUnwindSafe(|| service.call(request()))).is_err());
    assert_eq!(summary(&registry), PANICKED);
    assert!(!set_route(a), "the thread has no request any more");
}

#[test]
fn a_panic_in_a_poll_is_a_500_even_if_dropped_long_after() {
    for polls_before in 0..2 {
        let registry = Registry::new();
        let metrics = build(&registry);
        let a = metrics.route("/a");
        let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
            let mut polls = 0;
            poll_fn(move |_| -> Poll<Result<Reply, Infallible>> {
                assert!(set_route(a));
                assert!(polls < polls_before, "the service panics, as it should");
                polls += 1;
                Poll::Pending
            })
        }));
        let mut future = Box::pin(service.call(request()));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..polls_before {
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
        assert!(catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context).is_ready())).is_err());
        assert_eq!(Page::of(&registry).in_flight(), 1.0, "until it is dropped");
        drop(future);
        assert_eq!(summary(&registry), PANICKED);
        assert!(!set_route(a));
    }
}

/// A source that knows one route.
#[derive(Clone)]
struct Always(RouteId);

impl RouteSource for Always {
    fn route<B>(&self, metrics: HttpMetrics, _request: &Request<B>) -> Option<RouteId> {
        assert!(metrics.owns(self.0));
        Some(self.0)
    }
}

#[test]
fn the_layer_applied_again_counts_once_with_the_innermost_route() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (outer, inner) = (metrics.route("/outer"), metrics.route("/inner"));
    let knows_none = metrics.layer().layer(service_fn(|_: Request<String>| async { ok() }));
    let knows_inner = MetricsLayer::with_routes(metrics, Always(inner)).layer(knows_none);
    let mut service = MetricsLayer::with_routes(metrics, Always(outer)).layer(knows_inner);
    drop(call(&mut service));
    assert_eq!(
        summary(&registry),
        ["GET /inner: 200 x 1, timed 1, request 1 of 0, response 1 of 0"],
        "a copy that knows no route leaves the one that is known"
    );
}

#[test]
fn a_copy_below_leaves_the_body_to_the_one_above() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let inner = metrics
        .layer()
        .layer(service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(String::from("12345"))) }));
    let mut response = call(&mut metrics.layer().layer(inner));
    let frame = Pin::new(response.body_mut()).poll_frame(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(frame, Poll::Ready(Some(Ok(_)))));
    assert_eq!(summary(&registry), ["GET unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 5"]);
}

#[test]
fn two_instances_count_a_request_each() {
    let (outer_registry, inner_registry) = (Registry::new(), Registry::new());
    let (outer, inner) = (build(&outer_registry), build(&inner_registry));
    let (outer_route, inner_route) = (outer.route("/outer"), inner.route("/inner"));
    let service = inner.layer().layer(service_fn(move |_: Request<String>| async move {
        assert!(!set_route(outer_route), "a route of the outer instance");
        assert!(set_route(inner_route));
        ok()
    }));
    drop(call(&mut MetricsLayer::with_routes(outer, Always(outer_route)).layer(service)));
    assert_eq!(summary(&outer_registry), ["GET /outer: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]);
    assert_eq!(summary(&inner_registry), ["GET /inner: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]);
}

#[test]
fn an_instrumented_service_called_in_process_counts_apart_only_if_detached() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (outer, inner) = (metrics.route("/outer"), metrics.route("/inner"));
    let callee =
        MetricsLayer::with_routes(metrics, Always(inner)).layer(service_fn(|_: Request<String>| async { ok() }));

    let callee_apart = callee.clone();
    let apart = service_fn(move |_: Request<String>| {
        let reply = detached(callee_apart.clone().oneshot(request()));
        async move {
            drop(reply.await);
            assert!(set_route(outer), "back in the outer request");
            ok()
        }
    });
    drop(call(&mut metrics.layer().layer(apart)));
    assert_eq!(
        summary(&registry),
        [
            "GET /inner: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /outer: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );

    let within = service_fn(move |_: Request<String>| {
        let reply = callee.clone().oneshot(request());
        async move {
            drop(reply.await);
            ok()
        }
    });
    drop(call(&mut metrics.layer().layer(within)));
    assert_eq!(
        summary(&registry),
        [
            "GET /inner: 200 x 2, timed 2, request 2 of 0, response 2 of 0",
            "GET /outer: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}

#[test]
fn the_route_is_fixed_at_the_head() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (a, b) = (metrics.route("/a"), metrics.route("/b"));
    let mut service = RouteLabelLayer::new(a).layer(service_fn(|_: Request<String>| async { ok() }));
    drop(call(&mut service));
    assert!(summary(&registry).is_empty(), "a label alone counts nothing");

    let mut response = call(&mut metrics.layer().layer(service.map_response(|response: Reply| {
        response.map(|_| {
            String::from("12345").map_frame(move |frame| {
                assert!(!set_route(b), "the head is gone");
                frame
            })
        })
    })));
    let body = Pin::new(response.body_mut());
    assert!(body.poll_frame(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(summary(&registry), ["GET /a: 200 x 1, timed 1, request 1 of 0, response 1 of 5"]);
}

/// A body that does not say how long it is.
struct Chunked;

impl Body for Chunked {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

#[test]
fn the_declared_length_of_a_request_is_recorded() {
    let registry = Registry::new();
    let metrics = build(&registry);
    fn send<B: Body>(metrics: HttpMetrics, request: Request<B>) {
        let mut service = metrics.layer().layer(service_fn(|_: Request<B>| async { ok() }));
        let mut future = Box::pin(service.call(request));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    send(metrics, Request::post("/").body(String::from("1234567")).unwrap());
    send(metrics, Request::post("/").header("content-length", "100").body(Chunked).unwrap());
    send(metrics, Request::post("/").body(Chunked).unwrap());
    assert_eq!(summary(&registry), ["POST unmatched: 200 x 3, timed 3, request 2 of 107, response 3 of 0"]);
}

#[test]
fn ignored_routes_record_nothing() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().ignore(["/health", "/ready"]).ignore(["/alive"]).build(&registry).unwrap();
    for template in ["/health", "/ready", "/alive"] {
        let route = metrics.known_route(&Method::GET, template);
        let knows = MetricsLayer::with_routes(metrics, Always(route));
        let copy = metrics.layer().layer(service_fn(|_: Request<String>| async { ok() }));
        drop(call(&mut knows.layer(copy)));
    }
    assert_eq!(Page::of(&registry).series_count("http_requests_in_flight"), 0, "known from the start");

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
    assert_eq!(Page::of(&registry).series_count("http_requests_in_flight"), 1, "known from below");
}

#[test]
fn a_known_route_starts_at_0() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(1).build(&registry).unwrap();
    let route = metrics.known_route(&Method::POST, "/a");
    assert_eq!(route, metrics.known_route(&Method::POST, "/a"));
    assert_eq!(
        Page::of(&registry).summary(),
        [
            "POST /a: 200 x 0, 500 x 0, timed 0, request 0 of 0, response 0 of 0",
            "/a: body_dropped x 0, body_error x 0, body_panic x 0, cancelled x 0, error x 0, panic x 0",
        ]
    );
    assert_eq!(Page::of(&registry).series_count("http_response_size_bytes_count"), 1);
    _ = metrics.known_route(&Method::POST, "/one-too-many");
    assert_eq!(Page::of(&registry).summary().len(), 2, "what was turned away exposes nothing");
}

#[test]
fn templates_beyond_the_limit_share_one_path() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(2).build(&registry).unwrap();
    let overflow = |registry: &Registry| Page::of(registry).sum("metrics_routes_overflow_total", &[]);
    let (a, b) = (metrics.route("/a"), metrics.route("/b"));
    assert_eq!(overflow(&registry), 0.0);
    let c = metrics.route("/c");
    assert_eq!((c.template(), metrics.route("/d")), ("_overflow", c));
    assert_eq!(overflow(&registry), 2.0);
    assert_eq!((metrics.route("/a"), metrics.route("/b")), (a, b), "known ones stay");
    assert_eq!(overflow(&registry), 2.0);
    drop(call(
        &mut MetricsLayer::with_routes(metrics, Always(c)).layer(service_fn(|_: Request<String>| async { ok() })),
    ));
    assert_eq!(summary(&registry), ["GET _overflow: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]);
}

#[test]
fn what_is_no_template_is_unmatched_and_takes_no_place() {
    let metrics = HttpMetrics::builder().max_routes(1).build(&Registry::new()).unwrap();
    for template in ["", "/__private__axum_fallback", "/a/{*__private__axum_nest_tail_param}", "unmatched"] {
        assert_eq!(metrics.route(template).template(), "unmatched");
    }
    assert_eq!(metrics.route("_overflow").template(), "_overflow");
    assert_eq!(metrics.route("/a").template(), "/a");
}

#[test]
fn an_unusual_status_and_a_made_up_method_count_like_any() {
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
fn series_are_limited_with_the_routes() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(1).build(&registry).unwrap();
    let routes = ["/a", "/turned-away", ""].map(|template| metrics.route(template));
    let methods = "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY OTHER";
    for (route, method) in routes.iter().flat_map(|route| methods.split(' ').map(move |method| (*route, method))) {
        let mut service =
            MetricsLayer::with_routes(metrics, Always(route)).layer(service_fn(|_: Request<String>| async { ok() }));
        let request = Request::builder().method(method).body(String::new()).unwrap();
        assert!(Box::pin(service.call(request)).as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        _ = metrics.known_route(&method.parse().unwrap(), "");
    }
    let page = Page::of(&registry);
    page.assert_at_rest();
    for name in [
        "http_requests_total",
        "http_request_duration_seconds_count",
        "http_request_size_bytes_count",
        "http_response_size_bytes_count",
    ] {
        assert_eq!(page.series_count(name), 17, "16 and the overflow series of {name}");
    }
    assert_eq!(page.sum("http_requests_total", &["*", "*", "*"]), 33.0);

    // More than a family holds unless told.
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().max_routes(400).build(&registry).unwrap();
    for route in 0..400 {
        _ = metrics.known_route(&Method::GET, &format!("/{route}"));
    }
    assert_eq!(Page::of(&registry).series_count("http_requests_aborted_total"), 2_400);
}

#[test]
fn names_that_are_invalid_or_taken_are_refused() {
    let registry = Registry::new();
    let invalid = HttpMetrics::builder().prefix("2x_").build(&registry).unwrap_err();
    assert!(matches!(invalid, RegisterError::InvalidName { .. }), "{invalid}");
    let [_, other] = ["", "shop_"].map(|prefix| HttpMetrics::builder().prefix(prefix).build(&registry).unwrap());
    assert_eq!(other.route("/a"), other.route("/a"));
    let taken = HttpMetrics::builder().prefix("shop_").build(&registry).unwrap_err();
    assert!(matches!(taken, RegisterError::Clash { .. }), "{taken}");
}
