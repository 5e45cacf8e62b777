//! The endpoint: a request in, a response out.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{Method, Request, Response};
use tickmark::Registry;
use tickmark_text::{Encoder, NameFilter};
use tower_service::Service;

use super::answering::Answering;
use super::body::{Page, ScrapeBody};
use super::builder::ScrapeEndpointBuilder;
use super::chunks::Chunks;
use super::labels::Encoding;
use super::limit::Slots;
use super::metrics::ScrapeMetrics;
use super::refusal::{Refusal, set};
use super::request::Wanted;
use super::token::Token;

/// Answers scrapes with the page of a registry.
///
/// It is a tower service, and a function for servers that are none. `Clone` gives another reference to the same endpoint.
///
/// | request | answer |
/// | --- | --- |
/// | GET | the page, in the [format](tickmark_text::Format::negotiate) that the headers ask for, compressed [if they do](tickmark_text::accepts_gzip) |
/// | GET with `name[]=…` in the query | the [families with these names](NameFilter::parse); over 1,024 names: 400 |
/// | GET, while 4 scrapes are being answered | 503, and how many there may be: [`max_scrapes`](ScrapeEndpointBuilder::max_scrapes) |
/// | HEAD | the headers of GET but for the length, which only the page would tell; it counts as no scrape |
/// | any other method | 405 |
/// | any, without the [token](ScrapeEndpointBuilder::bearer_token) if there is one | 401 |
///
/// The path does not matter. The page goes out [as it is written](ScrapeBody). It has to be written within the time that the
/// request gives in `X-Prometheus-Scrape-Timeout-Seconds`, but at most a minute: a body that is polled later ends in an
/// error, and so does one whose page cannot be written further. There is no timer; a body that nobody polls just stays.
///
/// # Metrics about scrapes
/// They are registered in the registry, unless [switched off](ScrapeEndpointBuilder::self_metrics), and begin at 0. All
/// endpoints of one registry count in the same ones.
///
/// | family | labels | recorded |
/// | --- | --- | --- |
/// | `tickmark_scrapes_total` | format | when a page is begun, so each page has itself in it |
/// | `tickmark_scrapes_in_flight` | | from then until the body is dropped |
/// | `tickmark_scrape_encode_seconds` | | when the body is dropped: the time that all of its polls took |
/// | `tickmark_scrape_bytes_total` | encoding | bytes of pages, when they are handed to the server |
/// | `tickmark_scrape_errors_total` | cause | a request that did not get a whole page |
///
/// Causes: `busy` (the 503), `method` (405), `unauthorized` (401), `bad_filter` (400), `timeout`, `aborted` (the body was dropped before its
/// end: the client is gone), `failed` (what writes the page panicked, a 500 if that was at its beginning).
///
/// ```
/// use http::{Method, Request};
/// use tickmark_http::ScrapeEndpoint;
///
/// let endpoint = ScrapeEndpoint::new(&tickmark::Registry::new());
/// let response = endpoint.respond(&Request::get("/metrics").body(())?);
/// assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
///
/// let response = endpoint.respond(&Request::post("/metrics").body(())?);
/// assert_eq!(response.status(), 405);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScrapeEndpoint(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    encoder: Encoder,
    slots: Arc<Slots>,
    token: Option<Token>,
    metrics: Option<Arc<ScrapeMetrics>>,
}

impl ScrapeEndpoint {
    /// An endpoint for all families of the registry, also those registered later, with the default settings.
    ///
    /// If the metrics about scrapes cannot be registered, because a family of yours has a name of theirs, scrapes are
    /// not counted; [`ScrapeEndpointBuilder::build`] makes an error of that.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self::builder().build_anyhow(registry)
    }

    /// The settings, all at their defaults.
    pub fn builder() -> ScrapeEndpointBuilder {
        ScrapeEndpointBuilder::default()
    }

    pub(crate) fn with(
        registry: &Registry,
        max_scrapes: usize,
        token: Option<Token>,
        metrics: Option<Arc<ScrapeMetrics>>,
    ) -> Self {
        let (encoder, slots) = (Encoder::new(registry.clone()), Slots::new(max_scrapes));
        Self(Arc::new(Shared { encoder, slots, token, metrics }))
    }

    /// Answers one request. Runs the collectors of the registry, and encodes the beginning of the page.
    pub fn respond<B>(&self, request: &Request<B>) -> Response<ScrapeBody> {
        let mut response = self.answer(request).unwrap_or_else(Refusal::response);
        if request.method() == Method::HEAD {
            *response.body_mut() = ScrapeBody::untold();
        }
        // With a refusal too: what a cache keeps of it must not answer others.
        set(response.headers_mut(), VARY, "Accept, Accept-Encoding");
        response
    }

    fn answer<B>(&self, request: &Request<B>) -> Result<Response<ScrapeBody>, Refusal> {
        if self.0.token.as_ref().is_some_and(|token| !token.is_shown(request.headers())) {
            return Err(self.refuse(Refusal::Unauthorized));
        }
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return Err(self.refuse(Refusal::Method));
        }
        let filter = NameFilter::parse(request.uri().query().unwrap_or_default());
        let filter = filter.map_err(|error| self.refuse(Refusal::Filter(error)))?;
        let wanted = Wanted::by(request.headers());
        let body = if is_head { ScrapeBody::untold() } else { ScrapeBody::page(self.begin(wanted, filter)?) };

        let mut response = Response::new(body);
        set(response.headers_mut(), CONTENT_TYPE, wanted.format.content_type());
        if wanted.encoding == Encoding::Gzip {
            set(response.headers_mut(), CONTENT_ENCODING, "gzip");
        }
        Ok(response)
    }

    fn begin(&self, wanted: Wanted, filter: NameFilter) -> Result<Page, Refusal> {
        let Shared { encoder, slots, metrics, .. } = &*self.0;
        let slot = slots.take().ok_or_else(|| self.refuse(Refusal::Busy(slots.limit())))?;
        let answering = Answering::begin(slot, wanted, metrics.as_ref());
        let chunks = || Chunks::begin(|| encoder.page(wanted.format, filter), wanted.encoding);
        // Counted by what was begun.
        Page::begin(answering, chunks).map_err(|_| Refusal::Failed)
    }

    /// Counts a request that got nothing.
    fn refuse(&self, refusal: Refusal) -> Refusal {
        if let Some(metrics) = &self.0.metrics {
            metrics.count_error(refusal.cause());
        }
        refusal
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
