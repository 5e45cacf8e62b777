//! The endpoint: from a request to a response.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response};
use tickmark::Registry;
use tickmark_text::{Encoder, NameFilter};
use tower_service::Service;

use super::body::ScrapeBody;
use super::collecting::Collecting;
use super::crew;
use super::future::{Begun, ScrapeFuture, page, refusal};
#[cfg(feature = "server")]
use super::labels::Dropped;
use super::limit::Permits;
use super::metrics::ScrapeMetrics;
use super::pipe::{Order, Pipe, Writer};
use super::refusal::Refusal;
use super::request::ScrapeRequest;
use super::scrape::Scrape;
use super::token::BearerToken;

/// Answers scrapes with the page of a registry.
///
/// A tower service, and a future for servers without tower. `Clone` copies a reference to
/// the same endpoint.
///
/// | request | answer |
/// | --- | --- |
/// | GET | the page, in the [format](tickmark_text::Format::negotiate) negotiated by the headers, compressed [if accepted](tickmark_text::accepts_gzip) |
/// | GET with `name[]=…` in the query | the [families with these names](NameFilter::parse); over 1,024 names: 400 |
/// | GET, while 4 scrapes are in progress | 503 with the limit, [`max_scrapes`](crate::ScrapeEndpointBuilder::max_scrapes) |
/// | GET, whose deadline passes before the page begins | 503 |
/// | GET by HTTP/1.0 | the page with its length, buffered; over 16 MiB as sent: 505 |
/// | HEAD | the headers of GET without the length, which only the page determines; not counted as a scrape |
/// | any other method | 405 |
/// | any, without the [token](crate::ScrapeEndpointBuilder::bearer_token) if set | 401 |
///
/// The path is not checked. Collectors run, and the page is written, on threads of this
/// crate: see [`answer`](Self::answer). The page is sent [as it is written](ScrapeBody).
///
/// The header `X-Prometheus-Scrape-Timeout-Seconds` sets the deadline of a scrape, at
/// most a minute. Then the scrape ends with an error, polled or not, and its permit is
/// free: a 503 before the head, an aborted body after it. HTTP/1.0 cannot signal an
/// aborted body, so its page has a length.
///
/// # Metrics about scrapes
/// They are registered in the registry and begin at 0, unless
/// [disabled](crate::ScrapeEndpointBuilder::self_metrics). All endpoints of one registry
/// with equal constant labels and settings share them. A prefix counts apart. Endpoints
/// that differ otherwise clash: build them from one value of the registry.
///
/// | family | labels | recorded |
/// | --- | --- | --- |
/// | `tickmark_scrapes_total` | format | at the admission of a scrape, so each page includes its own |
/// | `tickmark_scrapes_in_flight` | | from then until the page is handed out, the body is dropped, or the deadline passes |
/// | `tickmark_scrape_encode_seconds` | | at that end: the time for collecting, writing and compressing |
/// | `tickmark_scrape_bytes_total` | encoding | bytes of pages handed to the server |
/// | `tickmark_scrape_errors_total` | cause | a request that did not get a complete page |
/// | `tickmark_scrape_connections_dropped_total` | cause | a connection closed by `serve_metrics`: `limit`, `head_timeout`, `write_timeout` |
///
/// Causes of errors:
///
/// - `busy` (503), `method` (405), `unauthorized` (401), `bad_filter` (400), `too_long`
///   (505)
/// - `timeout`: 503, or an aborted body
/// - `aborted`: the body was dropped before its end, usually because the client
///   disconnected
/// - `failed`: writing the page panicked, compressing it failed, or a thread could not be
///   started; 500 at its beginning, or an aborted body
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
pub struct ScrapeEndpoint(Arc<Endpoint>);

#[derive(Debug)]
struct Endpoint {
    collecting: Arc<Collecting>,
    encoder: Encoder,
    permits: Arc<Permits>,
    token: Option<BearerToken>,
    metrics: Option<Arc<ScrapeMetrics>>,
}

impl ScrapeEndpoint {
    pub(crate) fn with(
        registry: &Registry,
        max_scrapes: usize,
        token: Option<BearerToken>,
        metrics: Option<Arc<ScrapeMetrics>>,
    ) -> Self {
        Self(Arc::new(Endpoint {
            collecting: Collecting::new(registry.clone()),
            encoder: Encoder::new(registry),
            permits: Permits::new(max_scrapes),
            token,
            metrics,
        }))
    }

    /// Answers one request. Collectors run, and the page is written, on threads of this
    /// crate, so that the task of the connection is never blocked.
    ///
    /// One run of the collectors serves all scrapes that arrive before it ends. The
    /// future is ready with the beginning of the page, and at the latest at the deadline,
    /// with a 503 if the collectors have not finished. It needs no runtime.
    ///
    /// ```
    /// use http::Request;
    /// use tickmark_http::ScrapeEndpoint;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), http::Error> {
    /// let endpoint = ScrapeEndpoint::new(&tickmark::Registry::new());
    /// let Ok(response) = endpoint.answer(&Request::get("/metrics").body(())?).await;
    /// assert_eq!(response.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn answer<B>(&self, request: &Request<B>) -> ScrapeFuture {
        // A collector that scrapes must not wait for its own run.
        if crew::is_here() {
            return ScrapeFuture::answered(self.respond(request));
        }
        match self.admit(request, Writer::Crew) {
            Admitted::Begun(begun) => {
                self.0.collecting.join(begun.reader.pipe());
                ScrapeFuture::begun(begun)
            }
            Admitted::Answered(response) => ScrapeFuture::answered(response),
        }
    }

    /// Answers one request on this thread, for programs without async code. Blocks.
    ///
    /// This thread runs the collectors and writes the beginning of the page; polls of the
    /// body write the rest. Collectors that outlast the deadline yield a 503 here as
    /// well, but only when they return.
    pub fn respond<B>(&self, request: &Request<B>) -> Response<ScrapeBody> {
        match self.admit(request, Writer::Reader) {
            Admitted::Begun(begun) => {
                self.0.collecting.collect_here(begun.reader.pipe());
                let outcome = begun.reader.begun();
                begun.response(outcome)
            }
            Admitted::Answered(response) => response,
        }
    }

    fn admit<B>(&self, request: &Request<B>, writer: Writer) -> Admitted {
        let is_head = request.method() == Method::HEAD;
        match self.check(request, is_head) {
            Ok((filter, request)) if !is_head => match self.begin(filter, request, writer) {
                Ok(begun) => Admitted::Begun(begun),
                Err(refused) => Admitted::Answered(refusal(refused)),
            },
            checked => {
                let mut response = match checked {
                    Ok((_, request)) => page(request, ScrapeBody::omitted()),
                    Err(refused) => refusal(refused),
                };
                if is_head {
                    *response.body_mut() = ScrapeBody::omitted();
                }
                Admitted::Answered(response)
            }
        }
    }

    fn check<B>(
        &self,
        request: &Request<B>,
        is_head: bool,
    ) -> Result<(NameFilter, ScrapeRequest), Refusal> {
        if self.0.token.as_ref().is_some_and(|token| !token.is_in(request.headers())) {
            return Err(self.refuse(Refusal::Unauthorized));
        }
        if !is_head && request.method() != Method::GET {
            return Err(self.refuse(Refusal::Method));
        }
        let filter = NameFilter::parse(request.uri().query().unwrap_or_default());
        let filter = filter.map_err(|error| self.refuse(Refusal::Filter(error)))?;
        Ok((filter, ScrapeRequest::of(request.version(), request.headers())))
    }

    fn begin(
        &self,
        filter: NameFilter,
        request: ScrapeRequest,
        writer: Writer,
    ) -> Result<Begun, Refusal> {
        let Endpoint { encoder, permits, metrics, .. } = &*self.0;
        let permit = permits.take().ok_or_else(|| self.refuse(Refusal::Busy(permits.limit())))?;
        let scrape = Scrape::begin(permit, request, metrics.as_ref());
        let order = Order { encoder: encoder.clone(), filter, request };
        Ok(Begun { reader: Pipe::open(order, writer, scrape), request })
    }

    /// Counts a refused request.
    fn refuse(&self, refusal: Refusal) -> Refusal {
        if let Some(metrics) = &self.0.metrics {
            metrics.count_error(refusal.cause());
        }
        refusal
    }

    /// Counts a connection closed for this cause.
    #[cfg(feature = "server")]
    pub(crate) fn count_dropped(&self, cause: Dropped) {
        if let Some(metrics) = &self.0.metrics {
            metrics.dropped.with(cause).inc();
        }
    }
}

/// A request that was answered at once, or an admitted scrape.
enum Admitted {
    Answered(Response<ScrapeBody>),
    Begun(Begun),
}

impl<B> Service<Request<B>> for ScrapeEndpoint {
    type Response = Response<ScrapeBody>;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.answer(&request)
    }
}
