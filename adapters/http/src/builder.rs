//! The settings of the metrics.

use http::{Extensions, HeaderMap, StatusCode};
use tickmark::Registry;

use crate::clock;
use crate::dimension::{Dimension, Label};
use crate::error::BuildError;
use crate::exemplar::ExemplarHook;
use crate::families::Families;
use crate::metrics::HttpMetrics;
use crate::preset::{HttpMetric, Preset};
use crate::status::StatusLabels;

/// Templates that an instance tells apart unless set otherwise: more than a service has
/// that does not make them up.
const DEFAULT_MAX_ROUTES: usize = 1_024;

/// The settings of an [`HttpMetrics`]; start with [`HttpMetrics::builder`].
///
/// Each says what it costs where it costs anything. Nothing is read from the environment,
/// and nothing is kept for the process as a whole.
#[derive(Clone, Debug)]
#[must_use = "nothing is registered before `build`"]
pub struct HttpMetricsBuilder {
    /// None: the preset's.
    prefix: Option<String>,
    pub(crate) preset: Preset,
    only_listed: bool,
    /// The last switch of a metric counts.
    switched: Vec<(HttpMetric, bool)>,
    pub(crate) duration_bounds: Option<Vec<f64>>,
    pub(crate) size_bounds: Option<Vec<f64>>,
    /// None: the preset's.
    plain_bounds: Option<bool>,
    pub(crate) statuses: StatusLabels,
    status_on_duration: bool,
    protocol_version: bool,
    pub(crate) scheme: String,
    pub(crate) times_all: bool,
    pub(crate) exemplars: Option<ExemplarHook>,
    pub(crate) max_routes: usize,
    ignored: Vec<String>,
    known_statuses: Vec<StatusCode>,
}

impl Default for HttpMetricsBuilder {
    fn default() -> Self {
        Self {
            prefix: None,
            preset: Preset::DEFAULT,
            only_listed: false,
            switched: Vec::new(),
            duration_bounds: None,
            size_bounds: None,
            plain_bounds: None,
            statuses: StatusLabels::Number,
            status_on_duration: false,
            protocol_version: false,
            scheme: "http".to_owned(),
            times_all: false,
            exemplars: None,
            max_routes: DEFAULT_MAX_ROUTES,
            ignored: Vec::new(),
            known_statuses: vec![StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR],
        }
    }
}

impl HttpMetricsBuilder {
    /// Puts `prefix` before every name, as in `shop_`. Unless set it is the preset's,
    /// which is empty by default.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Exposes the metrics under other names; see [`Preset`]. [`Preset::DEFAULT`] unless
    /// set. Three presets give the request duration a label for the status: a histogram
    /// more for each status of a route and method.
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }

    /// Leaves away the metrics that the preset does not list, except those that are
    /// [enabled](Self::enable) one by one, and `metrics_routes_overflow_total`. What is
    /// not there costs nothing.
    pub fn only_listed(mut self) -> Self {
        self.only_listed = true;
        self
    }

    /// Switches a metric on. All are, but
    /// [`ResponseDuration`](HttpMetric::ResponseDuration).
    pub fn enable(mut self, metric: HttpMetric) -> Self {
        self.switched.push((metric, true));
        self
    }

    /// Switches a metric off: it is not registered, and costs nothing.
    pub fn disable(mut self, metric: HttpMetric) -> Self {
        self.switched.push((metric, false));
        self
    }

    /// The upper limits of the request duration's buckets, in the unit that it is exposed
    /// in: seconds, milliseconds under [`Preset::EMMETT`].
    ///
    /// A bucket costs 8 bytes for each series, as many for each thread that
    /// [records often](tickmark#what-holds) in it, and a line in each scrape.
    pub fn duration_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.duration_bounds = Some(bounds.into());
        self
    }

    /// The upper limits of the buckets of request and response sizes, in bytes. They cost
    /// what those of [durations](Self::duration_bounds) do.
    pub fn size_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.size_bounds = Some(bounds.into());
        self
    }

    /// Writes the bounds of all histograms as plain decimals, `le="1"`, or as floats,
    /// `le="1.0"`.
    ///
    /// Servers before Prometheus 3 take the two for different series: keep what your
    /// dashboards ask for, and what your service wrote before. See
    /// [`Registry::with_plain_bounds`]. Default: that of the preset, plain only for
    /// [`Preset::AXUM`].
    pub fn plain_bounds(mut self, are_plain: bool) -> Self {
        self.plain_bounds = Some(are_plain);
        self
    }

    /// Labels with the class of the status (`4xx`) instead of its number: fewer series,
    /// and 404 is told from 429 no more.
    pub fn status_class(mut self) -> Self {
        self.statuses = StatusLabels::Class;
        self
    }

    /// Gives the request duration a label `status`, if the preset has it without: a
    /// histogram more for each status of a route and method.
    pub fn status_on_duration(mut self) -> Self {
        self.status_on_duration = true;
        self
    }

    /// Gives the request duration a label `network_protocol_version` (`1.1`, `2`): a
    /// histogram more for each version that clients speak.
    pub fn protocol_version(mut self) -> Self {
        self.protocol_version = true;
        self
    }

    /// The value of the label `url_scheme` under [`Preset::OTEL`], `http` unless set. The
    /// request does not say it: behind a proxy that speaks TLS, its scheme is the proxy's
    /// business.
    pub fn url_scheme(mut self, scheme: impl Into<String>) -> Self {
        self.scheme = scheme.into();
        self
    }

    /// Times all requests: also those that end without a head, until they end, and those
    /// that are answered by 101.
    ///
    /// Otherwise the latency is of answers alone. The cost is a reading of the clock for
    /// these requests.
    pub fn time_all(mut self) -> Self {
        self.times_all = true;
        self
    }

    /// Gives requests exemplars: `labels` makes them from headers and extensions of the
    /// request, mostly a `trace_id`. An empty list is none.
    ///
    /// They are kept with the series of `http_requests_total` and of the request
    /// duration, and shown to scrapers that ask for OpenMetrics. `labels` runs when a
    /// request starts, before the service: whatever begins the trace goes outside of the
    /// metrics. It costs what `labels` does, and about four allocations for a request
    /// that has one.
    ///
    /// A client chooses its headers: validate the values, as
    /// [`trace_id`](crate::trace_id) does. Over 128 characters of names and values, an
    /// exemplar is dropped before the request is served.
    ///
    /// ```
    /// use tickmark_http::{HttpMetrics, trace_id};
    ///
    /// let registry = tickmark::Registry::new();
    /// let metrics = HttpMetrics::builder()
    ///     .exemplars(|headers, _extensions| {
    ///         let trace = trace_id(headers).map(str::to_owned);
    ///         trace.map(|trace| ("trace_id", trace)).into_iter().collect()
    ///     })
    ///     .build(&registry)?;
    /// # Ok::<(), tickmark_http::BuildError>(())
    /// ```
    pub fn exemplars(
        mut self,
        labels: impl Fn(&HeaderMap, &Extensions) -> Vec<(&'static str, String)> + Send + Sync + 'static,
    ) -> Self {
        self.exemplars = Some(ExemplarHook::new(labels));
        self
    }

    /// Tells at most this many route templates apart (1,024 unless set); the rest share
    /// the path `_overflow`.
    ///
    /// Every family has room for every method, usual status and abort reason at each
    /// route, and for no fewer than 2,000 series: a client's choice never costs another
    /// request its labels. Unusual statuses take what is left of that. Series over the
    /// limit share one, and `tickmark_series_overflowing` shows it. A route costs about
    /// 500 bytes, and 2 to 9 KB for each method that it is asked for by.
    pub fn max_routes(mut self, max_routes: usize) -> Self {
        self.max_routes = max_routes;
        self
    }

    /// Records nothing of requests to these templates, in addition to those named before.
    ///
    /// If the route is only known once the service runs, the gauge of requests in flight
    /// moves all the same.
    pub fn ignore<T: Into<String>>(mut self, templates: impl IntoIterator<Item = T>) -> Self {
        self.ignored.extend(templates.into_iter().map(Into::into));
        self
    }

    /// Of which statuses a [known route](HttpMetrics::known_route) has series from the
    /// start: 200 and 500 unless set.
    pub fn known_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.known_statuses = statuses.into_iter().collect();
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
    /// # Ok::<(), tickmark_http::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// When the prefix makes no valid metric name, when the registry has one of the names
    /// already, or when the bounds are none; then nothing is registered.
    pub fn build(self, registry: &Registry) -> Result<HttpMetrics, BuildError> {
        clock::prepare();
        let families =
            registry.all_or_nothing(|registry| Families::register(&self.scope(registry), &self))?;
        Ok(HttpMetrics::leak(families, self.max_routes, &self.ignored, self.known_statuses.into()))
    }

    /// A name with its prefix.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix.as_deref().unwrap_or(self.preset.prefix()))
    }

    /// The registry, with what the settings say of all families.
    pub(crate) fn scope(&self, registry: &Registry) -> Registry {
        let are_plain = self.plain_bounds.unwrap_or(self.preset.has_plain_bounds());
        if are_plain { registry.with_plain_bounds() } else { registry.clone() }
    }

    /// Whether the metric is to be there.
    pub(crate) fn has(&self, metric: HttpMetric) -> bool {
        let switched = self.switched.iter().rev().find(|(switched, _)| *switched == metric);
        let is_listed = self.preset.spelling(metric).listed || !self.only_listed;
        switched.map_or(is_listed && metric != HttpMetric::ResponseDuration, |(_, is_on)| *is_on)
    }

    /// The labels of a metric.
    pub(crate) fn labels(&self, metric: HttpMetric) -> Vec<Label> {
        let mut labels = self.preset.spelling(metric).labels.to_vec();
        if metric == HttpMetric::RequestDuration {
            let has_status = labels.iter().any(|(dimension, _)| *dimension == Dimension::Status);
            if self.status_on_duration && !has_status {
                labels.push((Dimension::Status, "status"));
            }
            if self.protocol_version {
                labels.push((Dimension::Version, "network_protocol_version"));
            }
        }
        labels
    }
}
