//! Which of several layers counts a request, and its route. Services are polled by hand.
//! hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use support::{Always, Reply, build, call, ok, request, summary};
use tickmark::Registry;
use tickmark_http::{MetricsLayer, RouteLabelLayer, detached, set_route};
use tower::{Layer, ServiceExt, service_fn};

#[test]
fn nested_layers_count_once_with_innermost_route() {
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
        "a copy without a route keeps the known one"
    );
}

#[test]
fn outer_copy_counts_the_body() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let inner = metrics.layer().layer(service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::from("12345")))
    }));
    let mut response = call(&mut metrics.layer().layer(inner));
    let frame = Pin::new(response.body_mut()).poll_frame(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(frame, Poll::Ready(Some(Ok(_)))));
    assert_eq!(
        summary(&registry),
        ["GET unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 5"]
    );
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
    assert_eq!(
        summary(&outer_registry),
        ["GET /outer: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]
    );
    assert_eq!(
        summary(&inner_registry),
        ["GET /inner: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]
    );
}

#[test]
fn in_process_call_counts_only_if_detached() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (outer, inner) = (metrics.route("/outer"), metrics.route("/inner"));
    let callee = MetricsLayer::with_routes(metrics, Always(inner))
        .layer(service_fn(|_: Request<String>| async { ok() }));

    let callee_apart = callee.clone();
    let apart = service_fn(move |_: Request<String>| {
        let reply = detached(callee_apart.clone().oneshot(request()));
        async move {
            drop(reply.await);
            assert!(set_route(outer), "the outer request is current again");
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
fn route_is_fixed_at_the_head() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (a, b) = (metrics.route("/a"), metrics.route("/b"));
    let mut service =
        RouteLabelLayer::new(a).layer(service_fn(|_: Request<String>| async { ok() }));
    drop(call(&mut service));
    assert!(summary(&registry).is_empty(), "a label records nothing");

    let mut response = call(&mut metrics.layer().layer(service.map_response(|response: Reply| {
        response.map(|_| {
            String::from("12345").map_frame(move |frame| {
                assert!(!set_route(b), "the head was sent");
                frame
            })
        })
    })));
    let body = Pin::new(response.body_mut());
    assert!(body.poll_frame(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(summary(&registry), ["GET /a: 200 x 1, timed 1, request 1 of 0, response 1 of 5"]);
}
