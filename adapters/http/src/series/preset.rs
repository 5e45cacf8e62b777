//! Presets: the names, labels and bounds of the metrics, as plain data.

use tickmark::Scale;

use crate::labels::dimension::{Dimension, DimensionLabel};

/// A metric of requests, to [enable](crate::HttpMetricsBuilder::enable) or
/// [disable](crate::HttpMetricsBuilder::disable).
///
/// ```
/// use tickmark_http::{HttpMetric, HttpMetrics};
///
/// let registry = tickmark::Registry::new();
/// let metrics = HttpMetrics::builder()
///     .disable(HttpMetric::RequestSize)
///     .enable(HttpMetric::ResponseDuration)
///     .build(&registry)?;
/// # _ = metrics;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMetric {
    /// `http_requests_total`.
    Requests,
    /// `http_request_duration_seconds`. Costs a second reading of the clock.
    RequestDuration,
    /// `http_request_size_bytes`.
    RequestSize,
    /// `http_response_size_bytes`.
    ResponseSize,
    /// `http_requests_in_flight`.
    RequestsInFlight,
    /// `http_requests_aborted_total`.
    RequestsAborted,
    /// `http_response_duration_seconds`: the time to the end of the body. Costs another
    /// reading of the clock. Default: off.
    ResponseDuration,
}

/// The names and labels of the exposed metrics.
///
/// A preset sets names, labels, units and bounds. It never changes what is counted, when,
/// or the value of a label. Leaving out a label adds up its series. Metrics that a preset
/// does not list are named as in [`DEFAULT`](Self::DEFAULT), with the preset's prefix;
/// [`only_listed`](crate::HttpMetricsBuilder::only_listed) omits them.
///
/// ```
/// use tickmark_http::{HttpMetrics, Preset};
///
/// let registry = tickmark::Registry::new();
/// let metrics = HttpMetrics::builder()
///     .preset(Preset::AXUM)
///     .only_listed(true)
///     .build(&registry)?;
/// # _ = metrics;
/// let families = registry.families();
/// let has = |name| families.iter().any(|family| family.name() == name);
/// assert!(has("axum_http_requests_pending"));
/// assert!(!has("axum_http_request_size_bytes"));
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Preset(&'static Spellings);

impl Preset {
    /// The names of [the crate documentation](crate#what-is-recorded), without a prefix.
    pub const DEFAULT: Self = Self(&DEFAULT);

    /// The stable names of OpenTelemetry's semantic conventions in Prometheus spelling,
    /// without a prefix.
    ///
    /// - `http_server_request_duration_seconds` {http_request_method, http_route,
    ///   http_response_status_code, url_scheme, error_type, and [if
    ///   enabled](crate::HttpMetricsBuilder::protocol_version) network_protocol_version},
    ///   with the bounds .005 .01 .025 .05 .075 .1 .25 .5 .75 1 2.5 5 7.5 10
    /// - `http_server_active_requests` {http_request_method, url_scheme}
    /// - `http_server_request_body_size_bytes`, `http_server_response_body_size_bytes`
    ///   {http_request_method, http_route, url_scheme}
    ///
    /// `error_type` is the status from 500 up, and empty below. `url_scheme` is [a
    /// setting](crate::HttpMetricsBuilder::url_scheme). OpenTelemetry omits `http_route`
    /// where this preset writes `unmatched`. It does not define the end of the duration;
    /// here it ends with the head.
    pub const OTEL: Self = Self(&OTEL);

    /// The names that dashboards for axum-prometheus query, with the prefix `axum_`.
    ///
    /// - `axum_http_requests_total`, `axum_http_requests_duration_seconds` {method,
    ///   status, endpoint}
    /// - `axum_http_requests_pending` {method, endpoint}: the endpoint known at the start
    /// - `axum_http_response_body_size` {method, endpoint}: a histogram (axum-prometheus:
    ///   a summary, unless buckets are set)
    ///
    /// Bounds are [plain](crate::HttpMetricsBuilder::plain_bounds), `le="1"`, as in
    /// axum-prometheus.
    ///
    /// Intended differences, with axum-prometheus in parentheses:
    ///
    /// - `endpoint` is never the requested path.
    /// - An unknown method is `_OTHER` (empty).
    /// - A request without a head is counted (it is not).
    /// - A response has one size (one per chunk, of the bytes so far).
    pub const AXUM: Self = Self(&AXUM);

    /// The names of Python's emmett-prometheus 0.3.1, with the prefix `emmett_`.
    ///
    /// - `emmett_request_count_total` {method, route, status}
    /// - `emmett_request_latency` {method, route, status}, in **milliseconds**, with the
    ///   bounds 5 35 100 200 500 1000
    ///
    /// Intended differences, with emmett-prometheus in parentheses:
    ///
    /// - A failed handler is a 500 (200, with a latency), a cancelled request 499 (200).
    /// - `route` is the template (the name of the route).
    /// - Unmatched paths and wrong methods are counted (they are not).
    /// - Every status and method has a latency (only 200 and 201, and not OPTIONS). It
    ///   ends with the head.
    pub const EMMETT: Self = Self(&EMMETT);

    pub(crate) fn prefix(self) -> &'static str {
        self.0.prefix
    }

    pub(crate) fn durations(self) -> Durations {
        self.0.durations
    }

    /// Returns whether bounds are plain decimals, `le="1"`.
    pub(crate) fn has_plain_bounds(self) -> bool {
        self.0.has_plain_bounds
    }

    pub(crate) fn spelling(self, metric: HttpMetric) -> &'static Spelling {
        match metric {
            HttpMetric::Requests => &self.0.requests,
            HttpMetric::RequestDuration => &self.0.request_duration,
            HttpMetric::RequestSize => &self.0.request_size,
            HttpMetric::ResponseSize => &self.0.response_size,
            HttpMetric::RequestsInFlight => &self.0.requests_in_flight,
            HttpMetric::RequestsAborted => &self.0.requests_aborted,
            HttpMetric::ResponseDuration => &self.0.response_duration,
        }
    }
}

/// The name and labels of one family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    /// Without the prefix.
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [DimensionLabel],
    /// Whether the preset lists it.
    pub(crate) listed: bool,
}

/// The unit and bounds of durations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durations {
    /// The factor from nanoseconds to the exposed unit.
    pub(crate) scale: Scale,
    /// In the exposed unit.
    pub(crate) bounds: &'static [f64],
}

#[derive(Debug)]
struct Spellings {
    prefix: &'static str,
    /// Of requests; those of responses are always in seconds.
    durations: Durations,
    has_plain_bounds: bool,
    requests: Spelling,
    request_duration: Spelling,
    request_size: Spelling,
    response_size: Spelling,
    requests_in_flight: Spelling,
    requests_aborted: Spelling,
    response_duration: Spelling,
}

/// Default bounds of sizes, in bytes.
pub(crate) const SIZE_BOUNDS: &[f64] = &[1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// Bounds of the response duration, in seconds. They reach further than those of
/// requests: streams take longer than heads.
pub(crate) const RESPONSE_DURATION_BOUNDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

const SECONDS: Durations = Durations {
    scale: Scale::Nanos,
    bounds: &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0],
};

const METHOD: DimensionLabel = (Dimension::Method, "method");
const PATH: DimensionLabel = (Dimension::Path, "path");
const STATUS: DimensionLabel = (Dimension::Status, "status");

const DEFAULT: Spellings = Spellings {
    prefix: "",
    durations: SECONDS,
    has_plain_bounds: false,
    requests: listed("http_requests_total", &[METHOD, PATH, STATUS]),
    request_duration: listed("http_request_duration_seconds", &[METHOD, PATH]),
    request_size: listed("http_request_size_bytes", &[METHOD, PATH]),
    response_size: listed("http_response_size_bytes", &[METHOD, PATH]),
    requests_in_flight: listed("http_requests_in_flight", &[METHOD]),
    requests_aborted: listed("http_requests_aborted_total", &[PATH, (Dimension::Reason, "reason")]),
    response_duration: listed("http_response_duration_seconds", &[METHOD, PATH]),
};

const OTEL_METHOD: DimensionLabel = (Dimension::Method, "http_request_method");
const OTEL_ROUTE: DimensionLabel = (Dimension::Path, "http_route");
const OTEL_SCHEME: DimensionLabel = (Dimension::Scheme, "url_scheme");

const OTEL: Spellings = Spellings {
    prefix: "",
    durations: Durations {
        scale: Scale::Nanos,
        bounds: &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
    },
    has_plain_bounds: false,
    requests: unlisted(DEFAULT.requests),
    request_duration: listed(
        "http_server_request_duration_seconds",
        &[
            OTEL_METHOD,
            OTEL_ROUTE,
            (Dimension::Status, "http_response_status_code"),
            OTEL_SCHEME,
            (Dimension::ErrorType, "error_type"),
        ],
    ),
    request_size: listed(
        "http_server_request_body_size_bytes",
        &[OTEL_METHOD, OTEL_ROUTE, OTEL_SCHEME],
    ),
    response_size: listed(
        "http_server_response_body_size_bytes",
        &[OTEL_METHOD, OTEL_ROUTE, OTEL_SCHEME],
    ),
    requests_in_flight: listed("http_server_active_requests", &[OTEL_METHOD, OTEL_SCHEME]),
    requests_aborted: unlisted(DEFAULT.requests_aborted),
    response_duration: unlisted(DEFAULT.response_duration),
};

const AXUM_ENDPOINT: DimensionLabel = (Dimension::Path, "endpoint");

const AXUM: Spellings = Spellings {
    prefix: "axum_",
    durations: SECONDS,
    has_plain_bounds: true,
    requests: listed("http_requests_total", &[METHOD, STATUS, AXUM_ENDPOINT]),
    request_duration: listed("http_requests_duration_seconds", &[METHOD, STATUS, AXUM_ENDPOINT]),
    request_size: unlisted(DEFAULT.request_size),
    response_size: listed("http_response_body_size", &[METHOD, AXUM_ENDPOINT]),
    requests_in_flight: listed("http_requests_pending", &[METHOD, AXUM_ENDPOINT]),
    requests_aborted: unlisted(DEFAULT.requests_aborted),
    response_duration: unlisted(DEFAULT.response_duration),
};

const EMMETT_ROUTE: DimensionLabel = (Dimension::Path, "route");

const EMMETT: Spellings = Spellings {
    prefix: "emmett_",
    durations: Durations {
        // Divides nanoseconds by a million, so the exposed unit is the millisecond.
        scale: Scale::Micros,
        bounds: &[5.0, 35.0, 100.0, 200.0, 500.0, 1000.0],
    },
    // Python's prometheus_client writes `5.0`.
    has_plain_bounds: false,
    requests: listed("request_count_total", &[METHOD, EMMETT_ROUTE, STATUS]),
    request_duration: listed("request_latency", &[METHOD, EMMETT_ROUTE, STATUS]),
    request_size: unlisted(DEFAULT.request_size),
    response_size: unlisted(DEFAULT.response_size),
    requests_in_flight: unlisted(DEFAULT.requests_in_flight),
    requests_aborted: unlisted(DEFAULT.requests_aborted),
    response_duration: unlisted(DEFAULT.response_duration),
};

const fn listed(name: &'static str, labels: &'static [DimensionLabel]) -> Spelling {
    Spelling { name, labels, listed: true }
}

const fn unlisted(default: Spelling) -> Spelling {
    Spelling { listed: false, ..default }
}
