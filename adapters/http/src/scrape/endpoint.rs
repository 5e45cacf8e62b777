//! The endpoint: a request in, a response out.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response};
use tickmark::Registry;
use tickmark_text::{Encoder, NameFilter};
use tower_service::Service;

use super::answering::Answering;
use super::body::ScrapeBody;
use super::builder::ScrapeEndpointBuilder;
use super::collecting::Collecting;
use super::crew;
use super::future::{Begun, ScrapeFuture, page, refusal};
#[cfg(feature = "server")]
use super::labels::Dropped;
use super::limit::Slots;
use super::metrics::ScrapeMetrics;
use super::pipe::{Order, Pipe, Writer};
use super::refusal::Refusal;
use super::request::Wanted;
use super::token::Token;

/// Answers scrapes with the page of a registry.
///
/// It is a tower service, and a future for servers without tower. `Clone` gives another
/// reference to the same endpoint.
///
/// | request | answer |
/// | --- | --- |
/// | GET | the page, in the [format](tickmark_text::Format::negotiate) that the headers ask for, compressed [if they do](tickmark_text::accepts_gzip) |
/// | GET with `name[]=…` in the query | the [families with these names](NameFilter::parse); over 1,024 names: 400 |
/// | GET, while 4 scrapes are being answered | 503, and how many there may be: [`max_scrapes`](ScrapeEndpointBuilder::max_scrapes) |
/// | GET, whose time is over before the page is begun | 503 |
/// | GET by HTTP/1.0 | the page with its length, buffered; over 16 MiB as sent: 505 |
/// | HEAD | the headers of GET but for the length, which only the page would tell; it counts as no scrape |
/// | any other method | 405 |
/// | any, without the [token](ScrapeEndpointBuilder::bearer_token) if there is one | 401 |
///
/// The path does not matter. Collectors run, and the page is written, on threads of this
/// crate: see [`answer`](Self::answer). The page goes out [as it is written](ScrapeBody).
///
/// A scrape lasts as long as the request says in `X-Prometheus-Scrape-Timeout-Seconds`,
/// but at most a minute. Then it ends with an error, polled or not, and its permit is
/// free: a 503 before the head, an aborted body after it. HTTP/1.0 cannot show that a
/// body was aborted, so its page has a length.
///
/// # Metrics about scrapes
/// They are registered in the registry, unless [switched
/// off](ScrapeEndpointBuilder::self_metrics), and begin at 0. All endpoints of one
/// registry count in the same ones.
///
/// | family | labels | recorded |
/// | --- | --- | --- |
/// | `tickmark_scrapes_total` | format | when a scrape is admitted, so each page has itself in it |
/// | `tickmark_scrapes_in_flight` | | from then until the page is handed out, the body is dropped, or the time is over |
/// | `tickmark_scrape_encode_seconds` | | at that end: the time that collecting, writing and compressing took |
/// | `tickmark_scrape_bytes_total` | encoding | bytes of pages, when they are handed to the server |
/// | `tickmark_scrape_errors_total` | cause | a request that did not get a whole page |
/// | `tickmark_scrape_connections_dropped_total` | cause | a connection that `serve_metrics` closed: `limit`, `head_timeout`, `write_timeout` |
///
/// Causes of errors: `busy` (503), `method` (405), `unauthorized` (401), `bad_filter`
/// (400), `timeout` (503, or an aborted body), `aborted` (the body was dropped before its
/// end: the client is gone), `failed` (writing the page panicked or no thread could be
/// started, a 500 at its beginning), `too_long` (505).
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
    collecting: Arc<Collecting>,
    encoder: Encoder,
    slots: Arc<Slots>,
    token: Option<Token>,
    metrics: Option<Arc<ScrapeMetrics>>,
}

impl ScrapeEndpoint {
    /// An endpoint for all families of the registry, also those registered later, with
    /// the default settings.
    ///
    /// If the metrics about scrapes cannot be registered, because a family of yours has a
    /// name of theirs, scrapes are not counted; [`ScrapeEndpointBuilder::build`] makes an
    /// error of that.
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
        Self(Arc::new(Shared {
            collecting: Collecting::new(registry.clone()),
            encoder: Encoder::new(registry),
            slots: Slots::new(max_scrapes),
            token,
            metrics,
        }))
    }

    /// Answers one request. The collectors run and the page is written on threads of this
    /// crate, so that the task of the connection is never blocked.
    ///
    /// One run of the collectors serves all scrapes that are asked for before it ends.
    /// The future is ready with the beginning of the page, at the latest when the time
    /// for the scrape is over: with a 503 if the collectors are not done by then. It
    /// needs no runtime.
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
        // A collector that scrapes must not wait for the run that it is in.
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

    /// [`answer`](Self::answer) without waiting: blocks this thread, which runs the
    /// collectors and writes the beginning of the page; the rest is written in the polls
    /// of the body.
    ///
    /// For programs without async code. Collectors that take longer than the scrape may
    /// take are a 503 here too, but only when they are done.
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
            Ok((filter, wanted)) if !is_head => match self.begin(filter, wanted, writer) {
                Ok(begun) => Admitted::Begun(begun),
                Err(refused) => Admitted::Answered(refusal(refused)),
            },
            checked => {
                let mut response = match checked {
                    Ok((_, wanted)) => page(wanted, ScrapeBody::untold()),
                    Err(refused) => refusal(refused),
                };
                if is_head {
                    *response.body_mut() = ScrapeBody::untold();
                }
                Admitted::Answered(response)
            }
        }
    }

    fn check<B>(
        &self,
        request: &Request<B>,
        is_head: bool,
    ) -> Result<(NameFilter, Wanted), Refusal> {
        if self.0.token.as_ref().is_some_and(|token| !token.is_shown(request.headers())) {
            return Err(self.refuse(Refusal::Unauthorized));
        }
        if !is_head && request.method() != Method::GET {
            return Err(self.refuse(Refusal::Method));
        }
        let filter = NameFilter::parse(request.uri().query().unwrap_or_default());
        let filter = filter.map_err(|error| self.refuse(Refusal::Filter(error)))?;
        Ok((filter, Wanted::by(request.version(), request.headers())))
    }

    fn begin(&self, filter: NameFilter, wanted: Wanted, writer: Writer) -> Result<Begun, Refusal> {
        let Shared { encoder, slots, metrics, .. } = &*self.0;
        let slot = slots.take().ok_or_else(|| self.refuse(Refusal::Busy(slots.limit())))?;
        let answering = Answering::begin(slot, wanted, metrics.as_ref());
        let order = Order { encoder: encoder.clone(), filter, wanted };
        Ok(Begun { reader: Pipe::open(order, writer, answering), wanted })
    }

    /// Counts a request that got nothing.
    fn refuse(&self, refusal: Refusal) -> Refusal {
        if let Some(metrics) = &self.0.metrics {
            metrics.count_error(refusal.cause());
        }
        refusal
    }

    /// Counts a connection that was closed for this cause.
    #[cfg(feature = "server")]
    pub(crate) fn count_dropped(&self, cause: Dropped) {
        if let Some(metrics) = &self.0.metrics {
            metrics.dropped.with(cause).inc();
        }
    }
}

/// A request that was answered at once, or a scrape whose page is to come.
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
