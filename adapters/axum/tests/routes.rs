//! The path label of a request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::{any_service, get, post};
use support::{Recorded, measured, serve, settled};
use tickmark_axum::{HttpMetrics, layer, route_label, unrecorded};
use tower::{Layer, ServiceExt, service_fn};

async fn empty() {}

#[tokio::test]
async fn request_counts_at_its_template() {
    let (registry, metrics) = measured();
    let nested = Router::new().route("/x/{id}", get(empty)).route("/only-post", post(empty));
    let deep = Router::new().nest("/deep", Router::new().route("/{leaf}", get(empty)));
    let client = serve(
        Router::new()
            .route("/", get(empty))
            .route("/a/{id}", get(empty).put(empty))
            .route("/w/{*rest}", get(empty))
            .nest("/api", nested.merge(deep))
            .layer(layer(metrics)),
    )
    .await;
    let absolute = "http://x/a/5";
    for path in ["/", "/a/1", "/a/2?x=/b", "/w/x/y/z", "/api/x/3", "/api/deep/4", absolute] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert_eq!(client.request("PUT", "/a/6").await.status, 200);
    assert_eq!(
        settled(&registry).await,
        [
            "GET /: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /a/{id}: 200 x 3, timed 3, request 3 of 0, response 3 of 0",
            "GET /api/deep/{leaf}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /api/x/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /w/{*rest}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "PUT /a/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}

#[tokio::test]
async fn wrong_method_counts_at_the_template() {
    let (registry, metrics) = measured();
    let client = serve(
        Router::new()
            .route("/a/{id}", get(empty))
            .nest("/api", Router::new().route("/x", post(empty)))
            .layer(layer(metrics)),
    )
    .await;
    let answer = client.request("DELETE", "/a/1").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("get,head")));
    assert_eq!(client.get("/api/x").await.status, 405);
    assert_eq!(
        settled(&registry).await,
        [
            "DELETE /a/{id}: 405 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /api/x: 405 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}

#[tokio::test]
async fn request_without_a_route_is_unmatched() {
    let (registry, metrics) = measured();
    let nested = Router::new().route("/x", get(empty)).fallback(async || "nested");
    let client = serve(
        Router::new()
            .route("/a", get(empty))
            .nest("/api", nested)
            .fallback(async || "none")
            .layer(layer(metrics)),
    )
    .await;
    assert_eq!(client.get("/nope").await.body, "none");
    assert_eq!(client.get("/a/").await.body, "none");
    assert_eq!(client.get("/api/nope").await.body, "nested");
    assert_eq!(client.request("OPTIONS", "*").await.status, 200);
    assert_eq!(client.request("CONNECT", "x:443").await.status, 200);
    assert_eq!(
        settled(&registry).await,
        [
            "CONNECT unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET unmatched: 200 x 3, timed 3, request 3 of 0, response 3 of 14",
            "OPTIONS unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 4",
        ]
    );
}

#[tokio::test]
async fn service_below_nest_service_needs_the_layer() {
    let (registry, metrics) = measured();
    let bare = Router::new().route("/", get(empty)).route("/in/{id}", get(empty));
    let labelled = bare.clone().layer(layer(metrics));
    let client = serve(
        Router::new()
            .nest_service("/bare", bare)
            .nest_service("/labelled", labelled)
            .nest_service(
                "/files",
                any_service(route_label(metrics.route("/files/{*path}")).layer(files())),
            )
            .layer(layer(metrics)),
    )
    .await;
    for path in ["/bare", "/bare/in/3", "/labelled", "/labelled/in/3", "/files/a.css"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert_eq!(client.get("/labelled/nope").await.status, 404);
    assert_eq!(
        settled(&registry).await,
        [
            "GET /bare: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /files/{*path}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /labelled/: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET /labelled/in/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "GET unmatched: 200 x 1, 404 x 1, timed 2, request 2 of 0, response 2 of 0",
        ]
    );
}

/// Stands for a service of files.
fn files() -> impl tower::Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync {
    service_fn(async |_: Request| Ok(Response::new(Body::empty())))
}

/// Below `nest_service` each request has a new text of its matched path, so an address
/// soon holds another text.
#[tokio::test]
async fn reused_addresses_do_not_mix_routes() {
    let (registry, metrics) = measured();
    // Of one length, so that the texts reuse each other's addresses.
    let inner = Router::new().route("/a", get(empty)).route("/b", get(empty)).layer(layer(metrics));
    let service = Router::new().nest_service("/in", inner).layer(layer(metrics));
    // Pseudo-random, so that no pattern of the allocator fits.
    let turns =
        (0..2_000_u64).map(|turn| (turn.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % 2 == 0);
    let mut counts = [0, 0];
    for is_a in turns {
        counts[usize::from(!is_a)] += 1;
        let path = if is_a { "/in/a" } else { "/in/b" };
        drop(service.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await);
    }
    let [a, b] = counts;
    assert_eq!(
        settled(&registry).await,
        [
            format!("GET /in/a: 200 x {a}, timed {a}, request {a} of 0, response {a} of 0"),
            format!("GET /in/b: 200 x {b}, timed {b}, request {b} of 0, response {b} of 0"),
        ]
    );
}

#[tokio::test]
async fn cache_keeps_routes_and_instances_apart() {
    let (first_registry, first) = measured();
    let (second_registry, second) = measured();
    let mut router = Router::new();
    // More routes than a thread caches.
    for route in 0..200 {
        router = router.route(&format!("/r{route:03}/{{id}}"), get(empty));
    }
    let service = router.layer(layer(first)).layer(layer(second));
    for turn in 0..600 {
        let path = format!("/r{:03}/{turn}", turn % 200);
        drop(service.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await);
    }
    for registry in [first_registry, second_registry] {
        let seen = settled(&registry).await;
        assert_eq!(seen.len(), 200);
        for (route, line) in seen.iter().enumerate() {
            assert_eq!(
                *line,
                format!(
                    "GET /r{route:03}/{{id}}: 200 x 3, timed 3, request 3 of 0, response 3 of 0"
                )
            );
        }
    }
}

#[tokio::test]
async fn routes_over_the_limit_share_one_path() {
    let registry = tickmark::Registry::new();
    let metrics = HttpMetrics::builder().max_routes(2).build(&registry).unwrap();
    let router = ["/a", "/b", "/c", "/d"]
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(empty)));
    let client = serve(router.layer(layer(metrics))).await;
    for path in ["/a", "/b", "/c", "/d", "/a", "/b", "/c", "/d", "/nope"] {
        _ = client.get(path).await;
    }
    assert_eq!(
        settled(&registry).await,
        [
            "GET /a: 200 x 2, timed 2, request 2 of 0, response 2 of 0",
            "GET /b: 200 x 2, timed 2, request 2 of 0, response 2 of 0",
            "GET _overflow: 200 x 4, timed 4, request 4 of 0, response 4 of 0",
            "GET unmatched: 404 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
    assert!(Recorded::of(&registry).sum("metrics_routes_overflow_total", &[]) >= 2.0);
}

#[tokio::test]
async fn routes_after_the_layer_are_not_measured() {
    let (registry, metrics) = measured();
    let client = serve(
        Router::new()
            .route("/a", get(empty))
            .layer(layer(metrics))
            .route("/health", get(empty))
            .route("/metrics", tickmark_axum::scrape(&registry)),
    )
    .await;
    for path in ["/health", "/metrics", "/a"] {
        assert_eq!(client.get(path).await.status, 200);
    }
    assert_eq!(
        settled(&registry).await,
        ["GET /a: 200 x 1, timed 1, request 1 of 0, response 1 of 0"]
    );
}

#[tokio::test]
async fn unrecorded_layer_excludes_at_any_level() {
    let (registry, metrics) = measured();
    let nested =
        Router::new().route("/x", get(empty)).route("/y", post(empty)).layer(unrecorded(metrics));
    let client = serve(
        Router::new()
            .route("/a", get(empty).layer(unrecorded(metrics)).post(empty))
            .route("/b", get(empty))
            .nest("/api", nested)
            .nest_service("/files", any_service(unrecorded(metrics).layer(files())))
            .layer(layer(metrics)),
    )
    .await;
    for path in ["/a", "/api/x", "/files/a.css", "/b"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert_eq!(client.get("/api/y").await.status, 405);
    assert_eq!(client.request("POST", "/a").await.status, 200);
    assert_eq!(
        settled(&registry).await,
        [
            "GET /b: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            "POST /a: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ]
    );
}

/// The table of positions in the README.
#[tokio::test]
async fn layer_position_decides_the_paths() {
    async fn paths<S>(registry: &tickmark::Registry, service: S) -> Vec<String>
    where
        S: tower::Service<Request, Error = Infallible> + Clone,
    {
        for path in ["/a/1", "/api/x/2", "/api/nope", "/nope", "/svc/in/3", "/svc"] {
            drop(service.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await);
        }
        let seen = settled(registry).await;
        seen.iter().map(|line| line.split_once(", timed").unwrap().0.to_owned()).collect()
    }
    let routes = |router: Router| {
        let inner = Router::new().route("/", get(empty)).route("/in/{id}", get(empty));
        let nested = Router::new().route("/x/{id}", get(empty)).fallback(empty);
        router.route("/a/{id}", get(empty)).nest("/api", nested).nest_service("/svc", inner)
    };

    let (registry, metrics) = measured();
    let seen = paths(&registry, routes(Router::new()).layer(layer(metrics))).await;
    let templates = ["GET /a/{id}: 200 x 1", "GET /api/x/{id}: 200 x 1", "GET /svc: 200 x 1"];
    assert_eq!(seen, [&templates[..], &["GET unmatched: 200 x 2, 404 x 1"]].concat(), "last");

    let (registry, metrics) = measured();
    let seen = paths(&registry, routes(Router::new()).route_layer(layer(metrics))).await;
    assert_eq!(seen, [&templates[..], &["GET unmatched: 200 x 1"]].concat(), "as a route layer");

    let (registry, metrics) = measured();
    let seen = paths(&registry, routes(Router::new().layer(layer(metrics)))).await;
    assert_eq!(seen, ["GET unmatched: 404 x 1"], "before the routes: only the fallback");

    let (registry, metrics) = measured();
    let seen = paths(&registry, layer(metrics).layer(routes(Router::new()))).await;
    assert_eq!(seen, ["GET unmatched: 200 x 5, 404 x 1"], "around the router");
}

#[tokio::test]
async fn handler_layer_behind_a_task_counts_once() {
    let (registry, metrics) = measured();
    // axum makes the service of such a layer at a request.
    let api = Router::new().route("/a", get((async || "a").layer(layer(metrics))));
    let in_a_task = service_fn(move |request: Request| {
        let call = tokio::spawn(api.clone().oneshot(request));
        async { call.await.unwrap() }
    });
    let service = metrics.layer().layer(in_a_task);
    for _ in 0..2 {
        let request = Request::get("/a").body(Body::empty()).unwrap();
        let body = service.clone().oneshot(request).await.unwrap().into_body();
        _ = axum::body::to_bytes(Body::new(body), 10).await.unwrap();
    }
    assert_eq!(
        settled(&registry).await,
        ["GET /a: 200 x 2, timed 2, request 2 of 0, response 2 of 2"]
    );
}
