//! An endpoint at one path.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use super::body::ScrapeBody;
use super::endpoint::ScrapeEndpoint;
use super::future::ScrapeFuture;
use super::labels::Dropped;
use super::refusal::set;

/// An endpoint at one path; other paths get a 404.
#[derive(Clone)]
pub(crate) struct Site {
    path: Arc<str>,
    endpoint: ScrapeEndpoint,
}

impl Site {
    pub(crate) fn new(path: &str, endpoint: ScrapeEndpoint) -> Self {
        Self { path: path.into(), endpoint }
    }

    pub(crate) fn answer(&self, request: &Request<Incoming>) -> ScrapeFuture {
        if request.uri().path() == &*self.path {
            return self.endpoint.answer(request);
        }
        let text = format!("not found: the metrics are at {}\n", self.path);
        let mut response = Response::new(ScrapeBody::text(text));
        *response.status_mut() = StatusCode::NOT_FOUND;
        set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
        ScrapeFuture::answered(response)
    }

    pub(crate) fn count_dropped(&self, cause: Dropped) {
        self.endpoint.count_dropped(cause);
    }
}
