//! The endpoint for scrapes.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, VARY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tickmark::Registry;
use tickmark_text::Encoder;
use tower_service::Service;

/// Answers scrapes with the page of a registry.
///
/// GET gets the page; HEAD gets the headers of GET, but for the length, which only the page would tell; other methods
/// get a 405. Neither the path nor the query of a request matters.
///
/// It is a tower service, and a function for servers that are none. `Clone` gives another reference to the same endpoint.
/// Scrapes at the same time take turns, each for as long as its page takes to be encoded.
///
/// ```
/// use http::{Method, Request};
/// use tickmark_http::ScrapeEndpoint;
///
/// let endpoint = ScrapeEndpoint::new(&tickmark::Registry::new());
/// let response = endpoint.respond(&Request::get("/metrics").body(())?);
/// assert_eq!(response.headers()["content-type"], tickmark_text::CONTENT_TYPE);
///
/// let response = endpoint.respond(&Request::post("/metrics").body(())?);
/// assert_eq!(response.status(), 405);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScrapeEndpoint {
    encoder: Arc<Mutex<Encoder>>,
}

impl ScrapeEndpoint {
    /// An endpoint for all families of the registry, also those registered later.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { encoder: Arc::new(Mutex::new(Encoder::new(registry.clone()))) }
    }

    /// Answers one request.
    pub fn respond<B>(&self, request: &Request<B>) -> Response<ScrapeBody> {
        match *request.method() {
            Method::GET => page_response(ScrapeBody(Content::Page(self.encode()))),
            Method::HEAD => page_response(ScrapeBody(Content::Untold)),
            _ => method_not_allowed(),
        }
    }

    fn encode(&self) -> Bytes {
        // An encoder that panicked begins its next page anew.
        self.encoder.lock().unwrap_or_else(PoisonError::into_inner).encode()
    }
}

impl<B> Service<Request<B>> for ScrapeEndpoint {
    type Response = Response<ScrapeBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.respond(&request)))
    }
}

fn page_response(body: ScrapeBody) -> Response<ScrapeBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    _ = headers.insert(CONTENT_TYPE, HeaderValue::from_static(tickmark_text::CONTENT_TYPE));
    // Said from the start, so that no cache holds a page that a later version would have negotiated.
    _ = headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    response
}

fn method_not_allowed() -> Response<ScrapeBody> {
    let mut response = Response::new(ScrapeBody(Content::Page(Bytes::new())));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    _ = response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// The body of an answer to a scrape.
#[derive(Debug)]
pub struct ScrapeBody(Content);

#[derive(Debug)]
enum Content {
    /// What is left to be sent.
    Page(Bytes),
    /// A page that was not encoded since it is not to be sent: it has a length, but nobody knows which.
    Untold,
}

impl Body for ScrapeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(match &mut self.0 {
            Content::Page(page) if !page.is_empty() => Some(Ok(Frame::data(std::mem::take(page)))),
            _ => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Page(page) => page.is_empty(),
            Content::Untold => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Page(page) => SizeHint::with_exact(page.len() as u64),
            Content::Untold => SizeHint::default(),
        }
    }
}
