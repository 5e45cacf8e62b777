//! The claims of the README, and of its siblings for hyper and warp.
#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::get;
use tickmark::Registry;
use tickmark_axum::{HttpMetrics, layer, scrape};
use tower::ServiceExt;

const README: &str = include_str!("../README.md");

async fn get_of(router: Router, path: &str) -> String {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let body = router.oneshot(request).await.unwrap().into_body();
    String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
}

/// Returns the lines from the one after `start` to the one before `end`.
fn lines_between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != start).skip(1);
    lines.take_while(|line| *line != end).collect()
}

#[tokio::test]
async fn readme_output_is_on_the_page() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().prefix("shop_").build(&registry).unwrap();
    let service =
        Router::new().route("/cart/{id}", get(async || "2 books\n")).layer(layer(metrics));
    assert_eq!(get_of(service, "/cart/17").await, "2 books\n");
    let page = get_of(Router::new().route("/metrics", scrape(&registry)), "/metrics").await;
    let shown = lines_between(README, "```text", "```");
    assert_eq!(shown.len(), 4);
    for line in shown {
        assert!(page.lines().any(|other| other == line), "{line} is not in\n{page}");
    }
}

#[test]
fn readme_table_lists_every_family() {
    let registry = Registry::new();
    _ = HttpMetrics::builder().build(&registry).unwrap();
    let table = lines_between(README, "# What is recorded", "# Where the layer goes");
    let names = table.iter().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let base = |name: &str| name.strip_suffix("_total").unwrap_or(name).to_owned();
    let mut listed: Vec<_> = names.map(base).collect();
    listed.sort_unstable();
    let families = registry.families();
    let mut names: Vec<_> = families
        .iter()
        .map(|family| family.name().to_owned())
        .filter(|name| !name.starts_with("tickmark_"))
        .collect();
    names.sort_unstable();
    assert_eq!(listed, names);
}

#[test]
fn readmes_share_their_table_of_families() {
    let table = |readme: &'static str| {
        let lines = readme.lines().skip_while(|line| !line.starts_with("| family |"));
        lines.take_while(|line| line.starts_with('|')).collect::<Vec<_>>()
    };
    let here = table(README);
    assert_eq!(here.len(), 9);
    assert_eq!(table(include_str!("../../hyper/README.md")), here);
    assert_eq!(table(include_str!("../../warp/README.md")), here);
}
