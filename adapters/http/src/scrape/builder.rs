//! The builder of an endpoint.

use std::sync::Arc;

use tickmark::{Difference, Part, RegisterError, Registry};

use super::endpoint::ScrapeEndpoint;
use super::metrics::ScrapeMetrics;
use super::token::BearerToken;

/// The default limit of concurrent scrapes: two scrapers, each with one more scrape that
/// it has given up.
const DEFAULT_MAX_SCRAPES: usize = 4;

/// The settings of a [`ScrapeEndpoint`]; begin with [`ScrapeEndpoint::builder`].
#[derive(Clone, Debug)]
#[must_use = "`build` creates the endpoint"]
pub struct ScrapeEndpointBuilder {
    max_scrapes: usize,
    self_metrics: bool,
    token: Option<BearerToken>,
}

impl Default for ScrapeEndpointBuilder {
    fn default() -> Self {
        Self { max_scrapes: DEFAULT_MAX_SCRAPES, self_metrics: true, token: None }
    }
}

impl ScrapeEndpoint {
    /// Creates an endpoint with the default settings, for all families of the registry,
    /// including those registered later.
    ///
    /// Never fails. If a family of yours has a name of the [metrics about
    /// scrapes](Self#metrics-about-scrapes), the page shows the others, and reports that
    /// name in `tickmark_collector_failures_total`, with the collector
    /// `tickmark_scrapes`. Only the first such endpoint of a registry counts; later ones
    /// count nothing, even after it is dropped. An endpoint whose registry differs from
    /// that of an earlier one in constant labels or settings counts nothing either.
    /// [`ScrapeEndpointBuilder::build`] returns an error in both cases.
    ///
    /// ```
    /// use http::Request;
    /// use tickmark_http::ScrapeEndpoint;
    ///
    /// let endpoint = ScrapeEndpoint::new(&tickmark::Registry::new());
    /// assert_eq!(endpoint.respond(&Request::get("/metrics").body(())?).status(), 200);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let defaults = ScrapeEndpointBuilder::default();
        let metrics = match ScrapeMetrics::of(registry) {
            Ok(metrics) => Some(metrics),
            // An earlier endpoint has every name, so a collector could expose none.
            Err(error) if is_of_other_scope(&error) => None,
            Err(_) => ScrapeMetrics::collected(registry),
        };
        defaults.build_with(registry, metrics)
    }

    /// Returns a builder with the default settings.
    pub fn builder() -> ScrapeEndpointBuilder {
        ScrapeEndpointBuilder::default()
    }
}

impl ScrapeEndpointBuilder {
    /// Limits the scrapes answered at once, by this endpoint and its clones; further ones
    /// get a 503. 0 means 1. Default: 4.
    ///
    /// A scrape takes a few hundred KiB, and up to 16 MiB by HTTP/1.0. It lasts until its
    /// page is handed out, and at most until its deadline.
    pub fn max_scrapes(mut self, max_scrapes: usize) -> Self {
        self.max_scrapes = max_scrapes.max(1);
        self
    }

    /// Registers the [metrics about scrapes](ScrapeEndpoint#metrics-about-scrapes).
    /// Default: true.
    pub fn self_metrics(mut self, self_metrics: bool) -> Self {
        self.self_metrics = self_metrics;
        self
    }

    /// Requires this bearer token; other requests get a 401. Default: none.
    ///
    /// The token is readable on the way: use TLS or a trusted network.
    ///
    /// ```
    /// use http::Request;
    /// use tickmark_http::ScrapeEndpoint;
    ///
    /// let registry = tickmark::Registry::new();
    /// let endpoint = ScrapeEndpoint::builder().bearer_token("s3cret".parse()?).build(&registry)?;
    /// assert_eq!(endpoint.respond(&Request::get("/metrics").body(())?).status(), 401);
    /// let request = Request::get("/metrics").header("authorization", "Bearer s3cret").body(())?;
    /// assert_eq!(endpoint.respond(&request).status(), 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bearer_token(mut self, token: BearerToken) -> Self {
        self.token = Some(token);
        self
    }

    /// Creates an endpoint for all families of the registry, including those registered
    /// later.
    ///
    /// ```
    /// use tickmark_http::ScrapeEndpoint;
    ///
    /// let registry = tickmark::Registry::new();
    /// let public = ScrapeEndpoint::builder().max_scrapes(2).build(&registry)?;
    /// let internal = ScrapeEndpoint::builder().build(&registry)?;
    /// # _ = (public, internal);
    ///
    /// let registry = tickmark::Registry::new();
    /// _ = registry.gauge("tickmark_scrapes_in_flight", "Not those of the endpoint.")?;
    /// assert!(ScrapeEndpoint::builder().build(&registry).is_err());
    /// assert!(ScrapeEndpoint::builder().self_metrics(false).build(&registry).is_ok());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the registry has one of the names of the metrics about scrapes already, other
    /// than from an endpoint with the same constant labels and settings of the registry.
    pub fn build(self, registry: &Registry) -> Result<ScrapeEndpoint, RegisterError> {
        let metrics = if self.self_metrics { Some(ScrapeMetrics::of(registry)?) } else { None };
        Ok(self.build_with(registry, metrics))
    }

    fn build_with(
        self,
        registry: &Registry,
        metrics: Option<Arc<ScrapeMetrics>>,
    ) -> ScrapeEndpoint {
        ScrapeEndpoint::with(registry, self.max_scrapes, self.token, metrics)
    }
}

/// Returns whether two definitions differ only by the constant labels or the settings of
/// the registry.
fn is_of_other_scope(error: &RegisterError) -> bool {
    let RegisterError::Clash { difference: Difference::Other { part, .. }, .. } = error else {
        return false;
    };
    matches!(part, Part::ConstantLabels | Part::CreatedTimes | Part::PlainBounds | Part::Utf8Names)
}
