//! Serves an echo on 127.0.0.1:8080, and its metrics on 127.0.0.1:9100.
//!
//! `cargo run -p tickmark-ws --features axum --example echo`, then connect to
//! `ws://127.0.0.1:8080/echo/lobby`, and `curl http://127.0.0.1:9100/metrics`.

use std::error::Error;

use axum::Router;
use axum::extract::ws::Message;
use axum::response::Response;
use axum::routing::any;
use tickmark_axum::{HttpMetrics, ScrapeEndpoint, serve_metrics};
use tickmark_ws::{MeteredUpgrade, WsMetrics};
use tokio::net::TcpListener;

async fn echo(upgrade: MeteredUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        // The library answers a close when the socket is read again: read until `None`.
        while let Some(Ok(message)) = socket.recv().await {
            let is_data = matches!(message, Message::Text(_) | Message::Binary(_));
            if is_data && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = tickmark::Registry::new();
    let requests = HttpMetrics::builder().build(&registry)?;
    let connections = WsMetrics::builder().build(&registry)?;
    connections.expose_path("/echo/{room}");

    let service = Router::new()
        .route("/echo/{room}", any(echo))
        .with_state(connections)
        .layer(tickmark_axum::layer(requests));

    _ = serve_metrics("127.0.0.1:9100", ScrapeEndpoint::new(&registry)).await?;
    axum::serve(TcpListener::bind("127.0.0.1:8080").await?, service).await?;
    Ok(())
}
