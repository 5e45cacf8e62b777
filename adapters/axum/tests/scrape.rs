//! The scrape route in a router, where axum answers HEAD itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use axum::Router;
use axum::routing::get;
use support::{measured, serve};
use tickmark::Registry;
use tickmark_axum::{ScrapeEndpoint, layer, scrape, scrape_with};
use tickmark_tests::recorded::PATIENCE;

const PAGE: &str = "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n";
const CONTENT_TYPE: Option<&str> = Some("text/plain; version=0.0.4; charset=utf-8");
const VARY: Option<&str> = Some("accept, accept-encoding");

fn registry() -> Registry {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    registry
}

#[tokio::test]
async fn get_returns_the_page() {
    let endpoint = ScrapeEndpoint::builder().self_metrics(false).build(&registry()).unwrap();
    let answer =
        serve(Router::new().route("/metrics", scrape_with(endpoint))).await.get("/metrics").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, PAGE));
    assert_eq!(answer.header("content-length"), Some(PAGE.len().to_string().as_str()));
    assert_eq!((answer.header("content-type"), answer.header("vary")), (CONTENT_TYPE, VARY));
}

#[tokio::test]
async fn routes_of_one_registry_share_scrape_counts() {
    let registry = registry();
    let router =
        Router::new().route("/metrics", scrape(&registry)).route("/internal", scrape(&registry));
    let client = serve(router).await;
    for (path, count) in [("/metrics", 1), ("/internal", 2), ("/metrics", 3)] {
        let answer = client.get(path).await;
        assert!(answer.status == 200 && answer.body.starts_with(PAGE), "{answer:?}");
        let line = format!("\ntickmark_scrapes_total{{format=\"text_0.0.4\"}} {count}\n");
        assert!(answer.body.contains(&line), "{}", answer.body);
    }
}

#[tokio::test]
async fn head_returns_headers_without_length() {
    let client = serve(Router::new().route("/metrics", scrape(&registry()))).await;
    let answer = client.request("HEAD", "/metrics").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!((answer.header("content-length"), answer.header("transfer-encoding")), (None, None));
    assert_eq!((answer.header("content-type"), answer.header("vary")), (CONTENT_TYPE, VARY));
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let client = serve(Router::new().route("/metrics", scrape(&registry()))).await;
    for method in ["POST", "OPTIONS", "CUSTOM"] {
        let answer = client.request(method, "/metrics").await;
        assert_eq!((answer.status, answer.body.as_str()), (405, "method not allowed: use GET\n"));
        assert_eq!(answer.header("allow"), Some("get, head"));
    }
}

#[tokio::test]
async fn endpoint_serves_several_routes() {
    let endpoint = ScrapeEndpoint::builder().self_metrics(false).build(&registry()).unwrap();
    let router = Router::new()
        .route("/metrics", scrape_with(endpoint.clone()))
        .route("/internal", scrape_with(endpoint));
    let client = serve(router).await;
    for path in ["/metrics", "/internal"] {
        assert_eq!(client.get(path).await.body, PAGE, "{path}");
    }
}

#[tokio::test]
async fn router_with_state_takes_the_route() {
    #[derive(Clone)]
    struct State;
    let router = Router::new().route("/metrics", scrape::<State>(&registry())).with_state(State);
    assert_eq!(serve(router).await.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn page_has_every_earlier_request() {
    let (registry, metrics) = measured();
    let client = serve(
        Router::new()
            .route("/a", get(async || "12345"))
            .layer(layer(metrics))
            .route("/metrics", scrape(&registry)),
    )
    .await;
    for count in 1..=50 {
        assert_eq!(client.get("/a").await.body, "12345");
        let page = client.get("/metrics").await.body;
        for line in [
            format!(r#"http_requests_total{{method="GET",path="/a",status="200"}} {count}"#),
            format!(r#"http_response_size_bytes_sum{{method="GET",path="/a"}} {}"#, 5 * count),
            String::from(r#"http_requests_in_flight{method="GET"} 0"#),
        ] {
            assert!(page.contains(&format!("\n{line}\n")), "{line} is not in {page}");
        }
    }
}

#[tokio::test]
async fn blocking_collector_delays_no_request() {
    let registry = registry();
    let (begin, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let blocks = move |_: &mut tickmark::collect::Collection| {
        _ = begin.send(());
        _ = released.lock().unwrap().recv_timeout(2 * PATIENCE);
    };
    let router =
        Router::new().route("/", get(async || "home")).route("/metrics", scrape(&registry));
    registry.register_collector("blocks", blocks).unwrap();
    let client = serve(router).await;
    let scraping = tokio::spawn(async move { client.get("/metrics").await });
    begun.recv().await.unwrap();
    assert_eq!(client.get("/").await.body, "home");
    assert!(!scraping.is_finished());
    drop(release);
    assert_eq!(scraping.await.unwrap().status, 200);
}

#[tokio::test]
async fn http_1_0_page_has_its_length() {
    let registry = Registry::new();
    let family = registry.counter_family("large", "Large.", ["label"]).unwrap();
    (0..500).for_each(|number| family.with([&format!("{number:x>1000}")]).inc());
    let endpoint = ScrapeEndpoint::builder().self_metrics(false).build(&registry).unwrap();
    let client = serve(Router::new().route("/metrics", scrape_with(endpoint))).await;
    let answer = client.send("GET /metrics HTTP/1.0\r\n\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
    assert!(body.len() > 500_000 && body.ends_with(" 1\n"));
}
