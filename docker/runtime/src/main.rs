//! A demo service: axum routes, measured by the axum adapter and scraped by Prometheus.
#![forbid(unsafe_code)]

mod app;
mod health;
mod routes;
mod serve;
mod settings;
mod websocket;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tickmark::{RegisterError, Registry};
use tickmark_axum::{HttpMetrics, MetricsServer, serve_metrics_at};
use tickmark_process::ProcessCollector;
use tickmark_ws::WsMetrics;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::serve::serve;
use crate::settings::{
    BadSetting, Environment, METRICS_ADDR, METRICS_PREFIX, MetricsAddr, SERVICE_ADDR, Settings,
};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let result = match arguments.as_slice() {
        [] => run().await,
        [word] if word == "health" => health::check(),
        _ => {
            eprintln!("usage: runtime [health]");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if error.is::<BadSetting>() { 2 } else { 1 })
        }
    }
}

/// Serves until SIGINT or SIGTERM.
async fn run() -> Result<(), Box<dyn Error>> {
    let settings = Settings::read(Environment::process())?;
    let (service, service_addr) = listen(settings.service_addr).await?;
    let registry = Registry::new();
    registry.expose_self_metrics()?;
    if settings.sys_metrics {
        registry.register_collector("process", ProcessCollector::new())?;
    }
    let endpoint = settings.endpoint(&registry)?;
    let separate = match &settings.metrics_addr {
        Some(MetricsAddr { text, .. }) => Some(
            serve_metrics_at(text.as_str(), &settings.metrics_path, endpoint.clone())
                .await
                .map_err(|error| BadSetting::unusable(METRICS_ADDR, text, error))?,
        ),
        None => None,
    };
    let metrics_addr = separate.as_ref().map_or(service_addr, MetricsServer::addr);
    let metrics_url = format!("http://{metrics_addr}{}", settings.metrics_path);
    let is_name = settings.metrics_addr.as_ref().is_some_and(|addr| addr.is_name);
    let front_page = match &separate {
        None => routes::front_page_with_link(&settings.metrics_path),
        Some(metrics) if is_name || metrics.addr().ip().is_unspecified() => {
            routes::front_page_without_link(metrics.addr().port())
        }
        Some(_) => routes::front_page_with_link(&metrics_url),
    };

    let mut app = measured(&settings, &registry, front_page)?.route(routes::HEALTH, get("ok"));
    if separate.is_none() {
        app = app.route_service(&settings.metrics_path, endpoint);
    }
    let serving = serve(service, app, separate, settings.shutdown_limit)?;
    // A closed pipe does not stop the service.
    _ = write!(io::stdout(), "service http://{service_addr}\nmetrics {metrics_url}\n");
    serving.await?;
    Ok(())
}

/// Returns the measured routes, inside the layers that see every request.
fn measured(
    settings: &Settings,
    registry: &Registry,
    front_page: Arc<str>,
) -> Result<Router, BadSetting> {
    let unusable = |error: RegisterError| {
        BadSetting::unusable(METRICS_PREFIX, &settings.metrics_prefix, error)
    };
    let mut connections = None;
    if settings.ws_metrics {
        let metrics = WsMetrics::builder().prefix(&settings.metrics_prefix).build(registry);
        let metrics = metrics.map_err(unusable)?;
        metrics.expose_path(websocket::PATH);
        connections = Some(metrics);
    }
    let app = App { front_page, connections };
    let router = routes::router(app).layer(CatchPanicLayer::new());
    if !settings.http_metrics {
        return Ok(router);
    }
    let metrics = HttpMetrics::builder().prefix(&settings.metrics_prefix).build(registry);
    let metrics = metrics.map_err(unusable)?;
    for route in routes::measured() {
        metrics.expose_route(&route.method, route.template);
    }
    Ok(router.layer(tickmark_axum::layer(metrics)))
}

/// Binds the address of the service. Returns the bound address, with the actual port.
async fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), BadSetting> {
    let unusable = |error: io::Error| {
        let error = format!("cannot bind {addr}: {error}");
        BadSetting::unusable(SERVICE_ADDR, &addr.to_string(), error)
    };
    let listener = TcpListener::bind(addr).await.map_err(unusable)?;
    let bound = listener.local_addr().map_err(unusable)?;
    Ok((listener, bound))
}
