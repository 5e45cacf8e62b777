//! The route for scrapes.

use axum::routing::{MethodRouter, any_service};
use tickmark::Registry;
use tickmark_http::ScrapeEndpoint;

/// A route that answers scrapes with the page of the registry: GET and HEAD, a 405 to the rest.
///
/// Add it to a router after the metrics layer, or to a router of its own: a scrape is no request to the service. To mount
/// one endpoint in two places, use [`ScrapeEndpoint`] with [`Router::route_service`](axum::Router::route_service).
///
/// ```
/// use axum::Router;
///
/// let registry = tickmark::Registry::new();
/// let service: Router = Router::new().route("/metrics", tickmark_axum::scrape(&registry));
/// # drop(service);
/// ```
pub fn scrape<S>(registry: &Registry) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any_service(ScrapeEndpoint::new(registry))
}
