//! The metric set: names, labels, bounds.

use std::sync::OnceLock;

use tickmark::{Bounds, Counter, Family, Histogram, RegisterError, Registry, Scale, UpDownCounter};

use crate::method::{MethodLabel, PerMethod};

/// Upper limits of the request duration's buckets, in seconds.
const DURATION_BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper limits of the sizes' buckets, in bytes.
const SIZE_BOUNDS: [f64; 6] = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// Series in a family for every route that may be: some methods times some statuses.
const SERIES_PER_ROUTE: usize = 16;

/// The families of one instance.
#[derive(Debug)]
pub(crate) struct Families {
    /// By method, path, status.
    pub(crate) requests: Family<Counter, 3>,
    /// By method, path.
    pub(crate) request_duration: Family<Histogram, 2>,
    /// By method, path.
    pub(crate) request_size: Family<Histogram, 2>,
    /// By method, path.
    pub(crate) response_size: Family<Histogram, 2>,
    /// By path, reason.
    pub(crate) aborted: Family<Counter, 2>,
    pub(crate) routes_overflow: Counter,
    /// By method.
    in_flight: Family<UpDownCounter, 1>,
    /// The series of `in_flight`, each from its first request on.
    in_flight_by_method: PerMethod<OnceLock<UpDownCounter>>,
}

impl Families {
    pub(crate) fn register(registry: &Registry, prefix: &str, max_routes: usize) -> Result<Self, RegisterError> {
        let name = |name: &str| format!("{prefix}{name}");
        let durations = bounds(Scale::Nanos, &DURATION_BOUNDS);
        let sizes = bounds(Scale::One, &SIZE_BOUNDS);
        let families = Self {
            requests: registry.counter_family(
                &name("http_requests_total"),
                "Requests, by the status of the response; 499 if the request was dropped before there was one.",
                ["method", "path", "status"],
            )?,
            request_duration: registry.histogram_family(
                &name("http_request_duration_seconds"),
                "Time from the start of a request to the head of its response.",
                ["method", "path"],
                &durations,
            )?,
            request_size: registry.histogram_family(
                &name("http_request_size_bytes"),
                "Declared length of request bodies.",
                ["method", "path"],
                &sizes,
            )?,
            response_size: registry.histogram_family(
                &name("http_response_size_bytes"),
                "Bytes of response bodies that were handed to the server.",
                ["method", "path"],
                &sizes,
            )?,
            aborted: registry.counter_family(
                &name("http_requests_aborted_total"),
                "Requests that did not end as they should, by the reason.",
                ["path", "reason"],
            )?,
            routes_overflow: registry.counter(
                &name("metrics_routes_overflow_total"),
                "Route templates that the limit of routes turned away.",
            )?,
            in_flight: registry.up_down_counter_family(
                &name("http_requests_in_flight"),
                "Requests whose response has not ended.",
                ["method"],
            )?,
            in_flight_by_method: PerMethod::default(),
        };
        let series_limit = max_routes.saturating_mul(SERIES_PER_ROUTE);
        families.requests.set_series_limit(series_limit);
        families.request_duration.set_series_limit(series_limit);
        families.request_size.set_series_limit(series_limit);
        families.response_size.set_series_limit(series_limit);
        families.aborted.set_series_limit(series_limit);
        Ok(families)
    }

    pub(crate) fn in_flight(&self, method: MethodLabel) -> &UpDownCounter {
        self.in_flight_by_method[method].get_or_init(|| self.in_flight.with([method.as_str()]).clone())
    }
}

#[expect(clippy::expect_used, reason = "called with constants only, and every instance calls it")]
fn bounds(scale: Scale, values: &[f64]) -> Bounds {
    Bounds::new(scale, values).expect("the default bounds are valid")
}
