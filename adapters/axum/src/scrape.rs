//! The route for scrapes.

use axum::routing::{MethodRouter, any_service};
use tickmark::Registry;
use tickmark_http::ScrapeEndpoint;

/// Returns a route that answers scrapes with the page of the registry: GET and HEAD, a
/// 405 for other methods.
///
/// Add it to a router after the metrics layer, or to a router of its own, so that scrapes
/// do not count as requests. Uses a [`ScrapeEndpoint`] with the default settings;
/// [`scrape_with`] takes any endpoint.
///
/// ```
/// use axum::Router;
/// use axum::body::Body;
/// use axum::http::Request;
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), axum::http::Error> {
/// let registry = tickmark::Registry::new();
/// let service: Router = Router::new().route("/metrics", tickmark_axum::scrape(&registry));
/// let Ok(response) = service.oneshot(Request::get("/metrics").body(Body::empty())?).await;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
pub fn scrape<S>(registry: &Registry) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    scrape_with(ScrapeEndpoint::new(registry))
}

/// Returns a route that answers scrapes with an endpoint, which may serve several routes.
///
/// ```
/// use axum::Router;
/// use tickmark_axum::{ScrapeEndpoint, scrape_with};
///
/// let registry = tickmark::Registry::new();
/// let endpoint = ScrapeEndpoint::builder().max_scrapes(2).build(&registry)?;
/// let service: Router = Router::new()
///     .route("/metrics", scrape_with(endpoint.clone()))
///     .route("/internal/metrics", scrape_with(endpoint));
/// # _ = service;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub fn scrape_with<S>(endpoint: ScrapeEndpoint) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any_service(endpoint)
}
