//! Serves a handwritten router on 127.0.0.1:8080, and the metrics on 127.0.0.1:9100.
//!
//! `cargo run -p tickmark-hyper --features server --example router`, then
//! `curl http://127.0.0.1:8080/cart/17` and `curl http://127.0.0.1:9100/metrics`.

use std::convert::Infallible;
use std::error::Error;

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tickmark_hyper::{
    HttpMetrics, MetricsService, RouteId, ScrapeEndpoint, accept, serve_metrics, set_route,
};
use tokio::net::TcpListener;

/// The routes, resolved once.
#[derive(Clone, Copy)]
struct Routes {
    home: RouteId,
    cart: RouteId,
}

impl Routes {
    fn new(metrics: HttpMetrics) -> Self {
        // On the page before the first request.
        metrics.expose_route(&Method::GET, "/");
        metrics.expose_route(&Method::GET, "/cart/{id}");
        Self { home: metrics.route("/"), cart: metrics.route("/cart/{id}") }
    }

    async fn dispatch(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path();
        let (status, text) = if path == "/" {
            _ = set_route(self.home);
            (StatusCode::OK, "welcome\n".to_owned())
        } else if let Some(id) = path.strip_prefix("/cart/").filter(|id| !id.contains('/')) {
            _ = set_route(self.cart);
            match *request.method() {
                Method::GET => (StatusCode::OK, format!("cart {id}: 2 books\n")),
                _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
            }
        } else {
            (StatusCode::NOT_FOUND, String::new())
        };
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        Ok(response)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = tickmark::Registry::new();
    let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
    let routes = Routes::new(metrics);
    let service = MetricsService::new(metrics, service_fn(move |request| routes.dispatch(request)));

    _ = serve_metrics("127.0.0.1:9100", ScrapeEndpoint::new(&registry)).await?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    loop {
        let (stream, _) = accept(&listener).await;
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        drop(tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        }));
    }
}
