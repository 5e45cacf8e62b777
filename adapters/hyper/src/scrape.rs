//! The service for scrapes.

use std::convert::Infallible;

use http::{Request, Response};
use hyper::service::Service;
use tickmark::Registry;
use tickmark_http::{ScrapeBody, ScrapeEndpoint, ScrapeFuture};

/// Answers scrapes with the page of a registry, on any path: GET and HEAD, a 405 to the
/// rest.
///
/// For a listener of its own, which only the scraper can reach. In a service that has
/// other routes, call [`ScrapeEndpoint::answer`] for this one, and name the route in
/// [`ignore`](tickmark_http::HttpMetricsBuilder::ignore).
#[derive(Clone, Debug)]
pub struct ScrapeService(ScrapeEndpoint);

impl ScrapeService {
    /// With the default settings of a [`ScrapeEndpoint`]; of one with others, it is made
    /// by `into`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self(ScrapeEndpoint::new(registry))
    }
}

impl From<ScrapeEndpoint> for ScrapeService {
    fn from(endpoint: ScrapeEndpoint) -> Self {
        Self(endpoint)
    }
}

impl<B> Service<Request<B>> for ScrapeService {
    type Response = Response<ScrapeBody>;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn call(&self, request: Request<B>) -> Self::Future {
        self.0.answer(&request)
    }
}
