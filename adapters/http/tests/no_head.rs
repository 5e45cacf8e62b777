//! Requests without a head. Services are polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use http::Request;
use support::{Recorded, Reply, build, request, summary};
use tickmark::Registry;
use tickmark_http::set_route;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

#[test]
fn dropped_request_is_cancelled() {
    let registry = Registry::new();
    let service = build(&registry)
        .layer()
        .layer(service_fn(|_: Request<String>| pending::<Result<Reply, Infallible>>()));
    for polls in 0..3 {
        let mut future = Box::pin(service.clone().oneshot(request()));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..polls {
            assert!(future.as_mut().poll(&mut context).is_pending());
            assert_eq!(Recorded::of(&registry).in_flight(), 1.0);
        }
    }
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 499 x 2, timed 0, request 0 of 0, response 0 of 0",
            "unmatched: cancelled x 2"
        ]
    );
}

#[test]
fn failed_request_is_an_error() {
    let registry = Registry::new();
    let mut service = build(&registry).layer().layer(service_fn(|_: Request<String>| {
        std::future::ready(Err::<Reply, BoxError>("it broke".into()))
    }));
    let error = service.call(request());
    let mut error = Box::pin(error);
    assert!(matches!(
        error.as_mut().poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(Err(_))
    ));
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0, "even before the drop of the future");
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
            "unmatched: error x 1"
        ]
    );
}

/// The route set before the panic counts.
const PANICKED: [&str; 2] =
    ["GET /a: 500 x 1, timed 0, request 0 of 0, response 0 of 0", "/a: panic x 1"];

#[test]
fn panic_in_call_is_a_500() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let a = metrics.route("/a");
    let mut service = metrics.layer().layer(service_fn(
        move |_: Request<String>| -> std::future::Ready<Result<Reply, Infallible>> {
            assert!(set_route(a));
            panic!("the service panics, by design")
        },
    ));
    assert!(catch_unwind(AssertUnwindSafe(|| service.call(request()))).is_err());
    assert_eq!(summary(&registry), PANICKED);
    assert!(!set_route(a), "the thread has no current request");
}

#[test]
fn panic_in_poll_is_500_on_drop() {
    for polls_before in 0..2 {
        let registry = Registry::new();
        let metrics = build(&registry);
        let a = metrics.route("/a");
        let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
            let mut polls = 0;
            poll_fn(move |_| -> Poll<Result<Reply, Infallible>> {
                assert!(set_route(a));
                assert!(polls < polls_before, "the service panics, by design");
                polls += 1;
                Poll::Pending
            })
        }));
        let mut future = Box::pin(service.call(request()));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..polls_before {
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
        assert!(
            catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context).is_ready()))
                .is_err()
        );
        assert_eq!(Recorded::of(&registry).in_flight(), 1.0, "until it is dropped");
        drop(future);
        assert_eq!(summary(&registry), PANICKED);
        assert!(!set_route(a));
    }
}
