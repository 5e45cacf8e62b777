//! One value of the layer on two routers, with a task between them.
#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::get;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, layer};
use tickmark_tests::recorded::Recorded;
use tower::{Service, ServiceExt, service_fn};

#[tokio::test]
async fn layer_reused_below_a_task_counts_once() {
    let registry = Registry::new();
    let layer = layer(HttpMetrics::builder().build(&registry).unwrap());
    let api = Router::new().route("/users/{id}", get(async || "Ada")).layer(layer);
    let in_a_task = service_fn(move |request: Request<Body>| {
        let api = api.clone();
        async move { tokio::spawn(api.oneshot(request)).await.unwrap() }
    });
    let mut service = Router::new().nest_service("/api", in_a_task).layer(layer);
    for path in ["/api/users/1", "/api/users/2", "/api/nothing"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = service.call(request).await.unwrap();
        _ = to_bytes(response.into_body(), 1_000).await.unwrap();
    }
    let page = Recorded::of(&registry);
    page.assert_at_rest();
    assert_eq!(
        page.summary(),
        [
            "GET /api/users/{id}: 200 x 2, timed 2, request 2 of 0, response 2 of 6",
            "GET unmatched: 404 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}
