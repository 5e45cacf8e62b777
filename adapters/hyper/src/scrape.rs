//! The service for scrapes.

use std::convert::Infallible;

use http::{Request, Response};
use hyper::service::Service;
use tickmark::Registry;
use tickmark_http::{ScrapeBody, ScrapeEndpoint, ScrapeFuture};

/// Returns a service that answers scrapes with the page of the registry, on any path: GET
/// and HEAD, a 405 for other methods.
///
/// Serve it on a listener of its own, which only the scraper can reach. In a service with
/// other routes, call [`ScrapeEndpoint::answer`] for this one, and exclude the route with
/// [`ignore`](tickmark_http::HttpMetricsBuilder::ignore).
///
/// Uses an endpoint with the default settings; [`scrape_with`] takes any endpoint.
///
/// ```
/// use http::Request;
/// use hyper::service::Service;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), http::Error> {
/// let registry = tickmark::Registry::new();
/// let scrapes = tickmark_hyper::scrape(&registry);
/// let Ok(response) = scrapes.call(Request::get("/metrics").body(())?).await;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn scrape(registry: &Registry) -> ScrapeService {
    scrape_with(ScrapeEndpoint::new(registry))
}

/// Returns a service that answers scrapes with an endpoint.
///
/// ```
/// use tickmark_hyper::{ScrapeEndpoint, scrape_with};
///
/// let registry = tickmark::Registry::new();
/// let scrapes = scrape_with(ScrapeEndpoint::builder().max_scrapes(2).build(&registry)?);
/// # _ = scrapes;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn scrape_with(endpoint: ScrapeEndpoint) -> ScrapeService {
    ScrapeService(endpoint)
}

/// Answers scrapes on any path; made by [`scrape`] and [`scrape_with`].
#[derive(Clone, Debug)]
pub struct ScrapeService(ScrapeEndpoint);

impl<B> Service<Request<B>> for ScrapeService {
    type Response = Response<ScrapeBody>;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn call(&self, request: Request<B>) -> Self::Future {
        self.0.answer(&request)
    }
}
