//! Serves on 127.0.0.1:8080, and the metrics on 127.0.0.1:9100.
//!
//! `cargo run -p tickmark-warp --example service`, then
//! `curl http://127.0.0.1:8080/cart/17` and `curl http://127.0.0.1:9100/metrics`.

use std::error::Error;

use tickmark_warp::{HttpMetrics, ScrapeEndpoint, path, serve_metrics};
use tokio::net::TcpListener;
use warp::Filter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = tickmark::Registry::new();
    let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;

    let home = path!(metrics;).and(warp::get()).map(|| "welcome\n");
    let cart = path!(metrics; "cart" / u32)
        .and(warp::get())
        .map(|id: u32| format!("cart {id}: 2 books\n"));
    let service = warp::service(home.or(cart));

    _ = serve_metrics("127.0.0.1:9100", ScrapeEndpoint::new(&registry)).await?;
    tickmark_warp::serve(TcpListener::bind("127.0.0.1:8080").await?, metrics, service).await;
    Ok(())
}
