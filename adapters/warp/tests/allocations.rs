//! Allocations of a measured request, compared with an unmeasured one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tickmark::Registry;
use tickmark_warp::{HttpMetrics, path};
use tower_layer::Layer;
use tower_service::Service;
use warp::Filter;

/// Returns the allocations of a request and its response, after a first one.
fn allocations<S, B>(mut service: S) -> u64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    let mut respond = |request| {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
            panic!("not ready")
        };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut context) {}
    };
    let request = || Request::get("/items/1").body(Full::default()).unwrap();
    respond(request());
    let second = request();
    allocation_counter::measure(|| respond(second)).count_total
}

#[test]
fn measured_request_adds_no_allocation() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let plain = warp::path!("items" / u32).map(|_| "an item");
    let marked = path!(metrics; "items" / u32).map(|_| "an item");
    let plain = allocations(warp::service(plain));
    assert!(plain > 0, "the allocator counts");
    assert_eq!(allocations(metrics.layer().layer(warp::service(marked))), plain);
}
