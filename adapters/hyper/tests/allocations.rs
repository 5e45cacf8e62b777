//! Allocations of measured requests to a hyper service.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::mem::take;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper::service::{Service, service_fn};
use tickmark::Registry;
use tickmark_hyper::{HttpMetrics, MetricsService, set_route};

/// Returns the allocations of a request and its response.
fn allocations<S, B>(service: &S) -> u64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    let request = Request::new(Full::default());
    let measured = allocation_counter::measure(|| {
        let mut context = Context::from_waker(Waker::noop());
        let mut future = pin!(service.call(request));
        let response = loop {
            if let Poll::Ready(response) = future.as_mut().poll(&mut context) {
                break response.unwrap();
            }
        };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut context) {}
    });
    measured.count_total
}

#[test]
fn measured_request_does_not_allocate() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let route = metrics.route("/a");
    let service = MetricsService::new(
        metrics,
        service_fn(
            move |_: Request<Full<Bytes>>| -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
                _ = set_route(route);
                ready(Ok(Response::new(Full::from("12345"))))
            },
        ),
    );
    assert!(
        allocations(&service) > 0,
        "the allocator counts: the first request creates its series"
    );
    assert_eq!(allocations(&service), 0);
}

#[test]
fn late_response_does_not_allocate() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let route = metrics.route("/a");
    // Not boxed: every allocation is the layer's.
    let late = service_fn(move |_: Request<Full<Bytes>>| async move {
        _ = set_route(route);
        let mut is_first = true;
        poll_fn(|_| if take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("12345")))
    });
    let service = MetricsService::new(metrics, late);
    assert!(
        allocations(&service) > 0,
        "the allocator counts: the first request creates its series"
    );
    assert_eq!(allocations(&service), 0);
}
