//! Request bodies counted as they are read. Services are polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use support::{Reply, build, ok, poll, read, summary};
use tickmark::Registry;
use tickmark_http::{CountedBody, HttpMetrics};
use tower::{Layer, Service, service_fn};

type Counted = Request<CountedBody<String>>;

/// A service below both layers.
fn measured<F>(
    metrics: HttpMetrics,
    handle: impl Fn(Counted) -> F + Clone,
) -> impl Service<
    Request<String>,
    Response = Response<impl Body<Error: std::fmt::Debug>>,
    Error = Infallible,
>
where
    F: Future<Output = Result<Reply, Infallible>>,
{
    metrics.layer().layer(metrics.request_bytes_layer().layer(service_fn(handle)))
}

fn read_request(request: Counted) {
    let mut body = pin!(request.into_body());
    while let Poll::Ready(Some(frame)) =
        body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
    {
        _ = frame.unwrap();
    }
}

fn upload() -> Request<String> {
    Request::post("/").header("content-length", "100").body("abc".to_owned()).unwrap()
}

#[test]
fn read_bytes_count_instead_of_declared_length() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let mut reads = measured(metrics, |request| {
        read_request(request);
        ready(ok())
    });
    read(poll(reads.call(upload())));
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 1, timed 1, request 1 of 3, response 1 of 0"]
    );
    let mut reads_not = measured(metrics, |request| {
        drop(request);
        ready(ok())
    });
    read(poll(reads_not.call(upload())));
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 2, timed 2, request 2 of 3, response 2 of 0"]
    );
}

#[test]
fn body_read_after_head_counts_on_drop() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let kept = std::sync::Arc::new(std::sync::Mutex::new(None));
    let keeps = kept.clone();
    let mut service = measured(metrics, move |request| {
        _ = keeps.lock().unwrap().insert(request);
        ready(ok())
    });
    read(poll(service.call(upload())));
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 1, timed 1, request 0 of 0, response 1 of 0"]
    );
    read_request(kept.lock().unwrap().take().unwrap());
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 1, timed 1, request 1 of 3, response 1 of 0"]
    );
}

#[test]
fn request_size_needs_a_head() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let route = metrics.route("/a");
    let mut sets = measured(metrics, move |request| {
        read_request(request);
        _ = tickmark_http::set_route(route);
        ready(ok())
    });
    read(poll(sets.call(upload())));
    let mut waits = measured(metrics, move |request| {
        read_request(request);
        _ = tickmark_http::set_route(route);
        pending::<Result<Reply, Infallible>>()
    });
    drop(waits.call(upload()));
    assert_eq!(
        summary(&registry),
        [
            "POST /a: 200 x 1, 499 x 1, timed 1, request 1 of 3, response 1 of 0",
            "/a: cancelled x 1"
        ]
    );
}

#[test]
fn nested_and_lone_layers_never_overcount() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let twice = |request: Request<CountedBody<CountedBody<String>>>| {
        let mut body = pin!(request.into_body());
        while let Poll::Ready(Some(frame)) =
            body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
        {
            _ = frame.unwrap();
        }
        ready(ok())
    };
    let counts = metrics.request_bytes_layer();
    read(poll(metrics.layer().layer(counts.layer(counts.layer(service_fn(twice)))).call(upload())));
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 1, timed 1, request 1 of 3, response 1 of 0"]
    );

    let alone = |request: Counted| {
        read_request(request);
        ready(ok())
    };
    _ = poll(counts.layer(service_fn(alone)).call(upload()));
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 1, timed 1, request 1 of 3, response 1 of 0"]
    );
}

#[test]
fn nested_instances_count_one_upload_each() {
    let (outer_registry, inner_registry) = (Registry::new(), Registry::new());
    let (outer, inner) = (build(&outer_registry), build(&inner_registry));
    let service = |request: Request<CountedBody<CountedBody<String>>>| {
        let mut body = pin!(request.into_body());
        while let Poll::Ready(Some(frame)) =
            body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
        {
            _ = frame.unwrap();
        }
        ready(ok())
    };
    let service = inner.layer().layer(inner.request_bytes_layer().layer(service_fn(service)));
    let mut service = outer.layer().layer(outer.request_bytes_layer().layer(service));
    read(poll(service.call(upload())));
    for registry in [outer_registry, inner_registry] {
        assert_eq!(
            summary(&registry),
            ["POST unmatched: 200 x 1, timed 1, request 1 of 3, response 1 of 0"]
        );
    }
}
