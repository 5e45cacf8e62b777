//! The symptoms in `guide/empty-page.md`, each with its fix.
#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use axum::routing::get;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, Preset, layer, scrape};
use tower::{Layer, Service, ServiceExt};

const HELP: &str = "# HELP http_requests_total ";

/// Sends a GET. Returns the status and the body.
async fn get_of<S>(service: S, path: &str) -> (u16, String)
where
    S: Service<Request<Body>, Response = axum::response::Response, Error: std::fmt::Debug>,
{
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Returns the page of the registry after a request to the service.
async fn page_after(service: &Router, path: &str, registry: &Registry) -> String {
    _ = get_of(service.clone(), path).await;
    page(registry).await
}

async fn page(registry: &Registry) -> String {
    get_of(Router::new().route("/metrics", scrape(registry)), "/metrics").await.1
}

/// Returns the samples of `http_requests_total`.
fn requests(page: &str) -> Vec<&str> {
    page.lines().filter(|line| line.starts_with("http_requests_total{")).collect()
}

fn with_route(router: Router) -> Router {
    router.route("/cart/{id}", get(async || "2 books"))
}

fn routes() -> Router {
    with_route(Router::new())
}

fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().build(&registry).unwrap();
    (registry, metrics)
}

const COUNTED: &str = r#"http_requests_total{method="GET",path="/cart/{id}",status="200"} 1"#;

#[tokio::test]
async fn missing_layer_leaves_families_without_samples() {
    let (registry, metrics) = measured();
    let page = page_after(&routes(), "/cart/17", &registry).await;
    assert!(page.contains(HELP), "{page}");
    assert_eq!(requests(&page), [""; 0]);

    let fixed = routes().layer(layer(metrics));
    assert_eq!(requests(&page_after(&fixed, "/cart/17", &registry).await), [COUNTED]);
}

#[tokio::test]
async fn layer_before_the_routes_sees_only_unmatched() {
    let (registry, metrics) = measured();
    let early = with_route(Router::new().layer(layer(metrics)));
    assert_eq!(requests(&page_after(&early, "/cart/17", &registry).await), [""; 0]);
    assert_eq!(
        requests(&page_after(&early, "/nothing", &registry).await),
        [r#"http_requests_total{method="GET",path="unmatched",status="404"} 1"#]
    );

    let (registry, metrics) = measured();
    let fixed = routes().layer(layer(metrics));
    assert_eq!(requests(&page_after(&fixed, "/cart/17", &registry).await), [COUNTED]);
}

#[tokio::test]
async fn layer_around_the_router_sees_only_unmatched() {
    let (registry, metrics) = measured();
    let around = layer(metrics).layer(routes());
    let request = Request::get("/cart/17").body(Body::empty()).unwrap();
    _ = to_bytes(Body::new(around.oneshot(request).await.unwrap().into_body()), 100).await;
    assert_eq!(
        requests(&page(&registry).await),
        [r#"http_requests_total{method="GET",path="unmatched",status="200"} 1"#]
    );
}

#[tokio::test]
async fn other_registry_has_no_families_of_requests() {
    let (registry, metrics) = measured();
    let service = routes().layer(layer(metrics));
    let page = page_after(&service, "/cart/17", &Registry::new()).await;
    assert!(page.contains("tickmark_scrapes_total") && !page.contains("http_requests"), "{page}");
    assert_eq!(requests(&self::page(&registry).await), [COUNTED]);
}

#[tokio::test]
async fn service_listener_has_no_page() {
    let (_, metrics) = measured();
    let service = routes().layer(layer(metrics));
    assert_eq!(get_of(service, "/metrics").await, (404, String::new()));
}

#[tokio::test]
async fn metrics_listener_names_its_path() {
    let (registry, _) = measured();
    let endpoint = tickmark_axum::ScrapeEndpoint::new(&registry);
    let server = tickmark_axum::serve_metrics("127.0.0.1:0", endpoint).await.unwrap();
    let client = tickmark_tests::wire::Client(server.addr());
    let answer = client.get("/").await;
    assert_eq!((answer.status, &*answer.body), (404, "not found: the metrics are at /metrics\n"));
    assert!(client.get("/metrics").await.body.contains(HELP));
    server.shutdown().await;
}

#[tokio::test]
async fn exposed_route_has_samples_at_once() {
    let (registry, metrics) = measured();
    assert!(page(&registry).await.contains(HELP));
    assert_eq!(requests(&page(&registry).await), [""; 0]);
    metrics.expose_route(&Method::GET, "/cart/{id}");
    assert_eq!(
        requests(&page(&registry).await),
        [
            r#"http_requests_total{method="GET",path="/cart/{id}",status="200"} 0"#,
            r#"http_requests_total{method="GET",path="/cart/{id}",status="500"} 0"#,
        ]
    );
}

#[tokio::test]
async fn prefix_without_underscore_is_joined_as_written() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().prefix("shop").build(&registry).unwrap();
    let page = page_after(&routes().layer(layer(metrics)), "/cart/17", &registry).await;
    assert!(page.contains("\nshophttp_requests_total{"), "{page}");
}

#[tokio::test]
async fn preset_changes_names_and_labels() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().preset(Preset::AXUM).build(&registry).unwrap();
    let page = page_after(&routes().layer(layer(metrics)), "/cart/17", &registry).await;
    let counted = r#"axum_http_requests_total{method="GET",status="200",endpoint="/cart/{id}"} 1"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test]
async fn name_filter_leaves_out_the_other_families() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().prefix("shop_").build(&registry).unwrap();
    _ = get_of(routes().layer(layer(metrics)), "/cart/17").await;
    let scrapes = || Router::new().route("/metrics", scrape(&registry));
    let (status, page) = get_of(scrapes(), "/metrics?name[]=http_requests_total").await;
    assert_eq!((status, &*page), (200, ""));
    let (_, page) = get_of(scrapes(), "/metrics?name[]=shop_http_requests_total").await;
    assert!(page.contains("\nshop_http_requests_total{"), "{page}");
}
