//! The settings of the metrics.

use tickmark::{RegisterError, Registry};

use crate::families::Families;
use crate::metrics::HttpMetrics;

/// Templates that an instance tells apart unless set otherwise: more than a service has that does not make them up.
const DEFAULT_MAX_ROUTES: usize = 1_024;

/// The settings of an [`HttpMetrics`]; start with [`HttpMetrics::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is registered before `build`"]
pub struct HttpMetricsBuilder {
    prefix: String,
    max_routes: usize,
    ignored: Vec<String>,
}

impl Default for HttpMetricsBuilder {
    fn default() -> Self {
        Self { prefix: String::new(), max_routes: DEFAULT_MAX_ROUTES, ignored: Vec::new() }
    }
}

impl HttpMetricsBuilder {
    /// Puts `prefix` before every name, as in `shop_`. Empty unless set.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Tells at most this many route templates apart (1,024 unless set); the rest share the path `_overflow`.
    ///
    /// Every family with a label `path` is limited to 16 times as many series.
    pub fn max_routes(mut self, max_routes: usize) -> Self {
        self.max_routes = max_routes;
        self
    }

    /// Records nothing of requests to these templates, in addition to those named before.
    ///
    /// If the route is only known once the service runs, the gauge of requests in flight moves all the same.
    pub fn ignore<T: Into<String>>(mut self, templates: impl IntoIterator<Item = T>) -> Self {
        self.ignored.extend(templates.into_iter().map(Into::into));
        self
    }

    /// Registers the families, and makes an instance that lives as long as the process.
    ///
    /// ```
    /// use tickmark_http::HttpMetrics;
    ///
    /// let registry = tickmark::Registry::new();
    /// let _metrics = HttpMetrics::builder().build(&registry)?;
    /// assert!(HttpMetrics::builder().build(&registry).is_err());
    /// let _apart = HttpMetrics::builder().prefix("admin_").build(&registry)?;
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// When the prefix makes no valid metric name, or when the registry has one of the names already; then nothing is
    /// registered.
    pub fn build(self, registry: &Registry) -> Result<HttpMetrics, RegisterError> {
        let families = registry.together(|registry| Families::register(registry, &self.prefix, self.max_routes))?;
        Ok(HttpMetrics::leak(families, self.max_routes, &self.ignored))
    }
}
