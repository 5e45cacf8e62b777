//! Copies of the layer in different tasks, with the route known to the outer one, in the
//! first instance of the process.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use http::Request;
use support::{Always, build, ok, read, request, summary};
use tickmark::Registry;
use tickmark_http::MetricsLayer;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test]
async fn outer_route_yields_from_the_second_request() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (outer, inner) = (metrics.route("/outer"), metrics.route("/inner"));
    let inner = MetricsLayer::with_routes(metrics, Always(inner))
        .layer(service_fn(async |_: Request<String>| ok()));
    let in_a_task = service_fn(move |request| {
        let task = tokio::spawn(inner.clone().oneshot(request));
        async { task.await.unwrap() }
    });
    let service = MetricsLayer::with_routes(metrics, Always(outer)).layer(in_a_task);
    for _ in 0..3 {
        read(service.clone().oneshot(request()).await.unwrap());
    }
    assert_eq!(
        summary(&registry),
        [
            "GET /inner: 200 x 2, timed 2, request 2 of 0, response 2 of 0",
            "GET /outer: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}
