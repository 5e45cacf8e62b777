//! Serves on 127.0.0.1:8080, and the metrics on 127.0.0.1:9100.
//!
//! `cargo run -p tickmark-axum --features server --example shop`, then
//! `curl http://127.0.0.1:8080/cart/17` and `curl http://127.0.0.1:9100/metrics`.

use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::routing::get;
use tickmark_axum::{HttpMetrics, ScrapeEndpoint, serve_metrics};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = tickmark::Registry::new();
    let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
    // axum does not list its routes: this one is on the page before its first request.
    metrics.expose_route(&Method::GET, "/cart/{id}");

    let service = Router::new()
        .route("/", get(async || "welcome\n"))
        .route("/cart/{id}", get(async |Path(id): Path<u32>| format!("cart {id}: 2 books\n")))
        .layer(tickmark_axum::layer(metrics))
        .route("/health", get(async || "ok\n"));

    _ = serve_metrics("127.0.0.1:9100", ScrapeEndpoint::new(&registry)).await?;
    axum::serve(TcpListener::bind("127.0.0.1:8080").await?, service).await?;
    Ok(())
}
