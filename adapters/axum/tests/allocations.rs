//! What a measured request allocates in axum, over one through a layer that does nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
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

/// The allocations of one request, answer included, after one of the same kind.
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

/// Answers when it is polled again.
async fn late() -> &'static str {
    let mut is_first = true;
    poll_fn(|_| if take(&mut is_first) { Poll::Pending } else { Poll::Ready("12345") }).await
}

#[test]
fn a_measured_request_allocates_at_most_twice_more() {
    for path in ["/a/1", "/late/1"] {
        // For each its own: a second layer of one instance marks its requests.
        let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
        let nothing = allocations(routes(MapRequestLayer::new(|request: Request| request)), path);
        let measured = allocations(routes(layer(metrics)), path);
        assert!(measured <= nothing + 2, "{path}: {measured}, without measuring {nothing}");
    }
}
