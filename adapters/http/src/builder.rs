//! The builder of an instance.

use http::{Extensions, HeaderMap, StatusCode};
use tickmark::{RegisterError, Registry};

use crate::clock;
use crate::exemplar::ExemplarHook;
use crate::labels::status::StatusLabels;
use crate::metrics::HttpMetrics;
use crate::series::families::Families;
use crate::series::preset::{HttpMetric, Preset};
use crate::series::settings::Settings;

/// The settings of an [`HttpMetrics`]; begin with [`HttpMetrics::builder`].
///
/// Each setting states its cost, if it has one. Nothing is read from the environment or
/// shared by the process.
#[derive(Clone, Debug, Default)]
#[must_use = "`build` registers the metrics"]
pub struct HttpMetricsBuilder(Settings);

impl HttpMetrics {
    /// Returns a builder with the default settings.
    pub fn builder() -> HttpMetricsBuilder {
        HttpMetricsBuilder::default()
    }
}

impl HttpMetricsBuilder {
    /// Puts a prefix before every name. It is joined as written, so end it with an
    /// underscore: `shop_`. Default: that of the preset, empty for [`Preset::DEFAULT`].
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.0.prefix = Some(prefix.into());
        self
    }

    /// Sets the names and labels of the metrics. Default: [`Preset::DEFAULT`].
    ///
    /// The other three presets give the request duration a label for the status, which
    /// costs a histogram for each status of a route and method.
    pub fn preset(mut self, preset: Preset) -> Self {
        self.0.preset = preset;
        self
    }

    /// Registers only the metrics that the preset lists, those
    /// [enabled](Self::enable) explicitly, and `metrics_routes_overflow_total`. Default:
    /// false.
    ///
    /// A metric that is not registered records nothing; the clock is read once even
    /// without durations.
    pub fn only_listed(mut self, only_listed: bool) -> Self {
        self.0.only_listed = only_listed;
        self
    }

    /// Enables a metric. Default: all but
    /// [`ResponseDuration`](HttpMetric::ResponseDuration).
    pub fn enable(mut self, metric: HttpMetric) -> Self {
        self.0.switched.push((metric, true));
        self
    }

    /// Disables a metric, which is then not registered. Saves the metric's cost; with
    /// both durations disabled, one reading of the clock remains. Default: only
    /// [`ResponseDuration`](HttpMetric::ResponseDuration).
    pub fn disable(mut self, metric: HttpMetric) -> Self {
        self.0.switched.push((metric, false));
        self
    }

    /// Sets the bounds of the request duration in its exposed unit: seconds, or
    /// milliseconds under [`Preset::EMMETT`]. Default: those of the preset.
    ///
    /// A bucket costs 8 bytes for each series, as many for each thread that [records
    /// often](tickmark#memory) in it, and a line in each scrape.
    pub fn duration_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.0.duration_bounds = Some(bounds.into());
        self
    }

    /// Sets the bounds of request and response sizes, in bytes. They cost as much as
    /// those of [durations](Self::duration_bounds). Default: 100, 1,000 and so on to
    /// 10,000,000.
    pub fn size_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.0.size_bounds = Some(bounds.into());
        self
    }

    /// Writes the bounds of all histograms as plain decimals, `le="1"`, instead of
    /// floats, `le="1.0"`. Default: that of the preset, true only for [`Preset::AXUM`].
    ///
    /// Servers before Prometheus 3 treat the two as different series. Keep the form that
    /// your dashboards query and your service wrote before. See
    /// [`Registry::with_plain_bounds`].
    pub fn plain_bounds(mut self, are_plain: bool) -> Self {
        self.0.plain_bounds = Some(are_plain);
        self
    }

    /// Labels with the class of the status, `4xx`, instead of its number. Default: false.
    ///
    /// Creates fewer series, but 404 and 429 become indistinguishable.
    pub fn status_class(mut self, by_class: bool) -> Self {
        self.0.statuses = if by_class { StatusLabels::Class } else { StatusLabels::Number };
        self
    }

    /// Adds the label `status` to the request duration, unless the preset has it. Costs a
    /// histogram for each status of a route and method. Default: false.
    pub fn status_on_duration(mut self, has_status: bool) -> Self {
        self.0.status_on_duration = has_status;
        self
    }

    /// Adds the label `network_protocol_version` (`1.1`, `2`) to the request duration.
    /// Costs a histogram for each version that clients use. Default: false.
    pub fn protocol_version(mut self, has_version: bool) -> Self {
        self.0.protocol_version = has_version;
        self
    }

    /// Sets the value of the label `url_scheme` under [`Preset::OTEL`]. Default: `http`.
    ///
    /// The request does not carry it: behind a proxy that terminates TLS, only the proxy
    /// knows the scheme.
    pub fn url_scheme(mut self, scheme: impl Into<String>) -> Self {
        self.0.scheme = scheme.into();
        self
    }

    /// Times requests without a head (until they end) and 101 responses too. Default:
    /// false.
    ///
    /// Costs a reading of the clock for these requests.
    pub fn time_all(mut self, times_all: bool) -> Self {
        self.0.times_all = times_all;
        self
    }

    /// Attaches exemplars to series. `labels` computes them from headers and extensions
    /// of the request, usually a `trace_id`. An empty list means no exemplar. Default:
    /// none.
    ///
    /// Exemplars are kept with the series of `http_requests_total` and of the request
    /// duration, and shown to scrapers that accept OpenMetrics. `labels` runs at the
    /// start of a request, before the service: place the layer that starts the trace
    /// outside the metrics. Costs the call of `labels`, and about ten allocations for a
    /// request with an exemplar, those of `labels` included.
    ///
    /// A client chooses its headers: validate the values, as
    /// [`trace_id`](crate::trace_id) does. An exemplar of over 128 characters in names
    /// and values is dropped before the request is served.
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
    /// # _ = metrics;
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn exemplars<F>(mut self, labels: F) -> Self
    where
        F: Fn(&HeaderMap, &Extensions) -> Vec<(&'static str, String)> + Send + Sync + 'static,
    {
        self.0.exemplars = Some(ExemplarHook::new(labels));
        self
    }

    /// Limits the number of routes; further ones share the path `_overflow`. Default:
    /// 1,024.
    ///
    /// Every family has room for every method, usual status and abort reason at each
    /// route, and for at least 2,000 series. A client's choice never costs another
    /// request its labels. Unusual statuses use the rest of that room. Series over the
    /// limit share the overflow series; `tickmark_series_overflowing` reports it. A
    /// route costs about 500 bytes, and 2 to 9 KB for each method of its requests.
    pub fn max_routes(mut self, max_routes: usize) -> Self {
        self.0.max_routes = max_routes;
        self
    }

    /// Ignores requests to these templates, in addition to earlier ones. Default: none.
    ///
    /// If the route becomes known only inside the service, the gauge of requests in
    /// flight moves nevertheless.
    pub fn ignore<T: Into<String>>(mut self, templates: impl IntoIterator<Item = T>) -> Self {
        self.0.ignored.extend(templates.into_iter().map(Into::into));
        self
    }

    /// Sets the statuses whose series [`expose_route`](HttpMetrics::expose_route)
    /// exposes. Default: 200 and 500.
    pub fn exposed_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.0.exposed_statuses = statuses.into_iter().collect();
        self
    }

    /// Registers the families, and returns an instance that lives as long as the process.
    ///
    /// ```
    /// use tickmark_http::HttpMetrics;
    ///
    /// let registry = tickmark::Registry::new();
    /// let metrics = HttpMetrics::builder().build(&registry)?;
    /// assert!(HttpMetrics::builder().build(&registry).is_err(), "the names are taken");
    /// let admin = HttpMetrics::builder().prefix("admin_").build(&registry)?;
    /// # _ = (metrics, admin);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the prefix yields an invalid metric name, if the registry has one of the names
    /// already, or if bounds are invalid. Then nothing is registered.
    ///
    /// `HttpMetrics` is `Copy`: copy the instance, or use a prefix. Do not register a
    /// second instance by [`Registry::with_reuse`]: two instances around one service
    /// count each request twice, and the last one sets the limits of series.
    pub fn build(self, registry: &Registry) -> Result<HttpMetrics, RegisterError> {
        clock::prepare();
        let families = Families::register(registry, &self.0)?;
        Ok(HttpMetrics::leak(families, self.0))
    }
}
