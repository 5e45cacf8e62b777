//! The settings of the endpoint.

use tickmark::{RegisterError, Registry};

use super::endpoint::ScrapeEndpoint;
use super::metrics::ScrapeMetrics;
use super::token::{InvalidToken, Token};

/// Scrapes at once unless set otherwise: two scrapers, each with one more that it has
/// given up.
const DEFAULT_MAX_SCRAPES: usize = 4;

/// The settings of a [`ScrapeEndpoint`]; start with [`ScrapeEndpoint::builder`].
#[derive(Clone, Debug)]
#[must_use = "there is no endpoint before `build`"]
pub struct ScrapeEndpointBuilder {
    max_scrapes: usize,
    self_metrics: bool,
    token: Option<Token>,
}

impl Default for ScrapeEndpointBuilder {
    fn default() -> Self {
        Self { max_scrapes: DEFAULT_MAX_SCRAPES, self_metrics: true, token: None }
    }
}

impl ScrapeEndpointBuilder {
    /// Answers at most this many scrapes at once (4 unless set; 0 is taken for 1); the
    /// rest get a 503.
    ///
    /// Each may take a few hundred KiB while it lasts, and by HTTP/1.0 up to 16 MiB. It
    /// lasts until its page is handed out, its deadline at the latest. The limit is that
    /// of this endpoint and its clones.
    pub fn max_scrapes(mut self, max_scrapes: usize) -> Self {
        self.max_scrapes = max_scrapes.max(1);
        self
    }

    /// Whether scrapes are counted in the registry that they read, as they are unless set
    /// otherwise.
    pub fn self_metrics(mut self, self_metrics: bool) -> Self {
        self.self_metrics = self_metrics;
        self
    }

    /// Answers only who shows this token, in a header `Authorization: Bearer …`; all
    /// others get a 401. Nobody needs one unless it is set.
    ///
    /// Whoever listens on the way can read it: this is for TLS, or for a network that is
    /// trusted.
    ///
    /// ```
    /// use http::Request;
    /// use tickmark_http::ScrapeEndpoint;
    ///
    /// let endpoint = ScrapeEndpoint::builder().bearer_token("s3cret")?.build(&tickmark::Registry::new())?;
    /// assert_eq!(endpoint.respond(&Request::get("/metrics").body(())?).status(), 401);
    /// let request = Request::get("/metrics").header("authorization", "Bearer s3cret").body(())?;
    /// assert_eq!(endpoint.respond(&request).status(), 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When no header can carry the token.
    pub fn bearer_token(mut self, token: &str) -> Result<Self, InvalidToken> {
        self.token = Some(Token::new(token)?);
        Ok(self)
    }

    /// An endpoint for all families of the registry, also those registered later.
    ///
    /// ```
    /// use tickmark_http::ScrapeEndpoint;
    ///
    /// let registry = tickmark::Registry::new();
    /// let _public = ScrapeEndpoint::builder().max_scrapes(2).build(&registry)?;
    /// let _internal = ScrapeEndpoint::builder().build(&registry)?;
    ///
    /// let registry = tickmark::Registry::new();
    /// let _mine = registry.gauge("tickmark_scrapes_in_flight", "Not those of the endpoint.")?;
    /// assert!(ScrapeEndpoint::builder().build(&registry).is_err());
    /// assert!(ScrapeEndpoint::builder().self_metrics(false).build(&registry).is_ok());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// When the metrics about scrapes cannot be registered, because the registry has one
    /// of their names already, other than from another endpoint.
    pub fn build(self, registry: &Registry) -> Result<ScrapeEndpoint, RegisterError> {
        let metrics = if self.self_metrics { Some(ScrapeMetrics::of(registry)?) } else { None };
        Ok(ScrapeEndpoint::with(registry, self.max_scrapes, self.token, metrics))
    }

    /// As `build`, but without metrics about scrapes rather than without an endpoint.
    pub(crate) fn build_anyhow(self, registry: &Registry) -> ScrapeEndpoint {
        let metrics = if self.self_metrics { ScrapeMetrics::of(registry).ok() } else { None };
        ScrapeEndpoint::with(registry, self.max_scrapes, self.token, metrics)
    }
}
