//! Presets: under which names the metrics are exposed. Data, and nothing but data.

use tickmark::Scale;

use crate::dimension::{Dimension, Label};

/// One of the metrics that are recorded of requests, to be switched on or off.
///
/// ```
/// use tickmark_http::{HttpMetric, HttpMetrics};
///
/// let registry = tickmark::Registry::new();
/// let metrics = HttpMetrics::builder()
///     .disable(HttpMetric::RequestSize)
///     .enable(HttpMetric::ResponseDuration)
///     .build(&registry)?;
/// # Ok::<(), tickmark_http::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMetric {
    /// `http_requests_total`.
    Requests,
    /// `http_request_duration_seconds`. Without it the clock is not read a second time.
    RequestDuration,
    /// `http_request_size_bytes`.
    RequestSize,
    /// `http_response_size_bytes`.
    ResponseSize,
    /// `http_requests_in_flight`.
    RequestsInFlight,
    /// `http_requests_aborted_total`.
    RequestsAborted,
    /// `http_response_duration_seconds`, off unless enabled: the time to the end of the
    /// body. Reads the clock once more.
    ResponseDuration,
}

/// Under which names and with which labels the metrics are exposed.
///
/// A preset changes names, which labels are kept, units and bounds, and never what is
/// counted, when, or the value of a label. The series of a label that is left out are
/// added up. Metrics that a preset does not list are there all the same, as in
/// [`DEFAULT`](Self::DEFAULT) behind the preset's prefix;
/// [`only_listed`](crate::HttpMetricsBuilder::only_listed) leaves them away.
///
/// ```
/// use tickmark_http::{HttpMetrics, Preset};
///
/// let registry = tickmark::Registry::new();
/// let _metrics = HttpMetrics::builder().preset(Preset::AXUM).only_listed().build(&registry)?;
/// let families: Vec<_> = registry.families().iter().map(|family| family.name().to_owned()).collect();
/// assert!(families.contains(&"axum_http_requests_pending".to_owned()));
/// assert!(!families.contains(&"axum_http_request_size_bytes".to_owned()));
/// # Ok::<(), tickmark_http::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Preset(&'static Spellings);

impl Preset {
    /// The names of [this crate's description](crate#what-is-recorded), without a prefix.
    pub const DEFAULT: Self = Self(&DEFAULT);

    /// The stable names of OpenTelemetry's semantic conventions in Prometheus' spelling,
    /// without a prefix.
    ///
    /// - `http_server_request_duration_seconds` {http_request_method, http_route,
    ///   http_response_status_code, url_scheme, error_type, and [if asked
    ///   for](crate::HttpMetricsBuilder::protocol_version) network_protocol_version},
    ///   with the bounds .005 .01 .025 .05 .075 .1 .25 .5 .75 1 2.5 5 7.5 10
    /// - `http_server_active_requests` {http_request_method, url_scheme}
    /// - `http_server_request_body_size_bytes`, `http_server_response_body_size_bytes`
    ///   {http_request_method, http_route, url_scheme}
    ///
    /// `error_type` is the status from 500 up, and empty below. `url_scheme` is [a
    /// setting](crate::HttpMetricsBuilder::url_scheme). OpenTelemetry leaves `http_route`
    /// away where this says `unmatched`, and does not say when the duration ends; here it
    /// ends with the head.
    pub const OTEL: Self = Self(&OTEL);

    /// What dashboards for axum-prometheus ask for, with the prefix `axum_`.
    ///
    /// - `axum_http_requests_total`, `axum_http_requests_duration_seconds` {method,
    ///   status, endpoint}
    /// - `axum_http_requests_pending` {method, endpoint}: the endpoint that is known at
    ///   the start
    /// - `axum_http_response_body_size` {method, endpoint}: a histogram (there: a
    ///   summary, unless it is given buckets)
    ///
    /// Bounds are [plain](crate::HttpMetricsBuilder::plain_bounds), `le="1"`, as there.
    ///
    /// Differs from axum-prometheus on purpose: `endpoint` is never the path that was
    /// asked for; an unknown method is `_OTHER` (there: empty); a request without a head
    /// counts (there: it does not); a response has one size (there: one for each chunk,
    /// of the bytes so far).
    pub const AXUM: Self = Self(&AXUM);

    /// What Python's emmett-prometheus 0.3.1 exposes, with the prefix `emmett_`.
    ///
    /// - `emmett_request_count_total` {method, route, status}
    /// - `emmett_request_latency` {method, route, status}, in **milliseconds**, with the
    ///   bounds 5 35 100 200 500 1000
    ///
    /// Differs on purpose (in brackets: there): a failure of the handler is a 500 (200,
    /// with a latency), a cancelled request 499 (200); `route` is the template (the name
    /// of the route); paths that match nothing and wrong methods are counted (not at
    /// all); there is a latency for every status and method (200 and 201 only, and none
    /// of OPTIONS), and it ends with the head.
    pub const EMMETT: Self = Self(&EMMETT);

    pub(crate) fn prefix(self) -> &'static str {
        self.0.prefix
    }

    pub(crate) fn durations(self) -> Durations {
        self.0.durations
    }

    /// Whether bounds are plain decimals, `le="1"`.
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

/// How one family is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    /// Behind the prefix.
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [Label],
    /// Whether the preset has it of its own.
    pub(crate) listed: bool,
}

/// How durations are exposed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durations {
    /// How nanoseconds become what is exposed.
    pub(crate) scale: Scale,
    /// As exposed.
    pub(crate) bounds: &'static [f64],
}

#[derive(Debug)]
struct Spellings {
    prefix: &'static str,
    /// Of the requests; those of the responses are always in seconds.
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

/// Upper limits of the sizes' buckets, in bytes.
pub(crate) const SIZE_BOUNDS: &[f64] = &[1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// Upper limits of the response duration's buckets, in seconds: streams take longer than
/// heads.
pub(crate) const RESPONSE_DURATION_BOUNDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

const SECONDS: Durations = Durations {
    scale: Scale::Nanos,
    bounds: &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0],
};

const METHOD: Label = (Dimension::Method, "method");
const PATH: Label = (Dimension::Path, "path");
const STATUS: Label = (Dimension::Status, "status");

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

const OTEL_METHOD: Label = (Dimension::Method, "http_request_method");
const OTEL_ROUTE: Label = (Dimension::Path, "http_route");
const OTEL_SCHEME: Label = (Dimension::Scheme, "url_scheme");

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

const AXUM_ENDPOINT: Label = (Dimension::Path, "endpoint");

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

const EMMETT_ROUTE: Label = (Dimension::Path, "route");

const EMMETT: Spellings = Spellings {
    prefix: "emmett_",
    durations: Durations {
        // A million nanoseconds are one unit of exposition, here a millisecond.
        scale: Scale::Micros,
        bounds: &[5.0, 35.0, 100.0, 200.0, 500.0, 1000.0],
    },
    // As Python's prometheus_client does: `5.0`.
    has_plain_bounds: false,
    requests: listed("request_count_total", &[METHOD, EMMETT_ROUTE, STATUS]),
    request_duration: listed("request_latency", &[METHOD, EMMETT_ROUTE, STATUS]),
    request_size: unlisted(DEFAULT.request_size),
    response_size: unlisted(DEFAULT.response_size),
    requests_in_flight: unlisted(DEFAULT.requests_in_flight),
    requests_aborted: unlisted(DEFAULT.requests_aborted),
    response_duration: unlisted(DEFAULT.response_duration),
};

const fn listed(name: &'static str, labels: &'static [Label]) -> Spelling {
    Spelling { name, labels, listed: true }
}

const fn unlisted(default: Spelling) -> Spelling {
    Spelling { listed: false, ..default }
}
