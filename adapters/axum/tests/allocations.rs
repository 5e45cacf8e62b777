//! Allocations of a measured request, over one through a layer that does nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

use std::future::poll_fn;
use std::mem::take;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use http_body::Body as _;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, layer};
use tower::util::MapRequestLayer;
use tower::{Layer, Service};

/// Returns the allocations of a request and its response, after a first one.
fn allocations(mut router: Router, path: &str) -> u64 {
    let mut respond = |request: Request| {
        let mut context = Context::from_waker(Waker::noop());
        let mut future = pin!(router.call(request));
        let response = loop {
            if let Poll::Ready(response) = future.as_mut().poll(&mut context) {
                break response.unwrap();
            }
        };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut context) {}
    };
    let request = || Request::get(path).body(Body::empty()).unwrap();
    respond(request());
    let second = request();
    allocation_counter::measure(|| respond(second)).count_total
}

fn routes<L>(layer: L) -> Router
where
    L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    L::Service: Service<
            Request,
            Error: Into<std::convert::Infallible>,
            Response: axum::response::IntoResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
    <L::Service as Service<Request>>::Future: Send,
{
    Router::new()
        .route("/a/{id}", get(async || "12345"))
        .route("/late/{id}", get(late))
        .layer(layer)
}

/// Responds at the second poll.
async fn late() -> &'static str {
    let mut is_first = true;
    poll_fn(|_| if take(&mut is_first) { Poll::Pending } else { Poll::Ready("12345") }).await
}

#[test]
fn measured_request_adds_two_allocations() {
    for path in ["/a/1", "/late/1"] {
        // An instance for each: a second layer of one instance marks its requests.
        let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
        let nothing = allocations(routes(MapRequestLayer::new(|request: Request| request)), path);
        let measured = allocations(routes(layer(metrics)), path);
        assert!(measured <= nothing + 2, "{path}: {measured}, unmeasured {nothing}");
    }
}
