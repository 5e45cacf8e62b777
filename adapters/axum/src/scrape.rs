//! The route for scrapes.

use axum::routing::{MethodRouter, any_service};
use tickmark::Registry;
use tickmark_http::ScrapeEndpoint;

/// A route that answers scrapes with the page of the registry: GET and HEAD, a 405 to the
/// rest.
///
/// Add it to a router after the metrics layer, or to a router of its own: a scrape is no
/// request to the service. It is a [`ScrapeEndpoint`] with the default settings; one with
/// others, or one endpoint in two places, goes into a router by
/// [`Router::route_service`](axum::Router::route_service).
///
/// ```
/// use axum::Router;
///
/// let registry = tickmark::Registry::new();
/// let service: Router = Router::new().route("/metrics", tickmark_axum::scrape(&registry));
/// # drop(service);
///
/// let endpoint = tickmark_axum::ScrapeEndpoint::builder().max_scrapes(2).build(&registry)?;
/// let service: Router = Router::new().route_service("/metrics", endpoint);
/// # drop(service);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub fn scrape<S>(registry: &Registry) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any_service(ScrapeEndpoint::new(registry))
}
