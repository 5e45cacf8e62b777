//! The families of one instance, as its settings want them.

use tickmark::{Bounds, BoundsError, Counter, Histogram, RegisterError, Registry, Scale, UpDownCounter};

use crate::builder::HttpMetricsBuilder;
use crate::dimension::{Dimension, Texts};
use crate::error::BuildError;
use crate::exemplar::ExemplarHook;
use crate::labelled::{Description, Kind, Labelled};
use crate::preset::{HttpMetric, RESPONSE_DURATION_BOUNDS, SIZE_BOUNDS};

/// Series in a family for every route that may be: some methods times some statuses.
const SERIES_PER_ROUTE: usize = 16;

/// What a family holds unless told otherwise: with few routes, all their methods and statuses.
const LEAST_SERIES: usize = 2_000;

/// The families of one instance; none where one is switched off.
#[derive(Debug)]
pub(crate) struct Families {
    pub(crate) requests: Option<Labelled<Counter>>,
    pub(crate) request_duration: Option<Labelled<Histogram>>,
    pub(crate) request_size: Option<Labelled<Histogram>>,
    pub(crate) response_size: Option<Labelled<Histogram>>,
    pub(crate) response_duration: Option<Labelled<Histogram>>,
    pub(crate) in_flight: Option<Labelled<UpDownCounter>>,
    pub(crate) aborted: Option<Labelled<Counter>>,
    pub(crate) routes_overflow: Counter,
    /// Whether a request is timed that has no head, or one that only begins something else.
    pub(crate) times_all: bool,
    pub(crate) exemplars: Option<ExemplarHook>,
}

impl Families {
    pub(crate) fn register(registry: &Registry, settings: &HttpMetricsBuilder) -> Result<Self, BuildError> {
        let registration = Registration {
            registry,
            settings,
            texts: Texts { statuses: settings.statuses, scheme: settings.scheme.as_str().into() },
        };
        let durations = settings.preset.durations();
        let request_durations = settings.duration_bounds.as_deref().unwrap_or(durations.bounds);
        let request_durations = bounds("duration", durations.scale, request_durations)?;
        let response_durations = bounds("response duration", Scale::Nanos, RESPONSE_DURATION_BOUNDS)?;
        let sizes = bounds("size", Scale::One, settings.size_bounds.as_deref().unwrap_or(SIZE_BOUNDS))?;
        Ok(Self {
            requests: registration.family(
                HttpMetric::Requests,
                "Requests, by the status of the response; 499 if the request was dropped before there was one.",
                &(),
            )?,
            request_duration: registration.family(
                HttpMetric::RequestDuration,
                "Time from the start of a request to the head of its response.",
                &request_durations,
            )?,
            request_size: registration.family(
                HttpMetric::RequestSize,
                "Length of request bodies, as declared unless they are counted.",
                &sizes,
            )?,
            response_size: registration.family(
                HttpMetric::ResponseSize,
                "Bytes of response bodies that were handed to the server.",
                &sizes,
            )?,
            response_duration: registration.family(
                HttpMetric::ResponseDuration,
                "Time from the start of a request to the end of its response.",
                &response_durations,
            )?,
            in_flight: registration.family(
                HttpMetric::RequestsInFlight,
                "Requests whose response has not ended.",
                &(),
            )?,
            aborted: registration.family(
                HttpMetric::RequestsAborted,
                "Requests that did not end as they should, by the reason.",
                &(),
            )?,
            routes_overflow: registry.counter(
                &settings.name("metrics_routes_overflow_total"),
                "Route templates that the limit of routes turned away.",
            )?,
            times_all: settings.times_all,
            exemplars: settings.exemplars.clone(),
        })
    }
}

/// Families on their way into a registry.
struct Registration<'a> {
    registry: &'a Registry,
    settings: &'a HttpMetricsBuilder,
    texts: Texts,
}

impl Registration<'_> {
    /// Registers the family of a metric, if the settings want it.
    fn family<M: Kind>(
        &self,
        metric: HttpMetric,
        help: &str,
        kind: &M::Settings,
    ) -> Result<Option<Labelled<M>>, RegisterError> {
        if !self.settings.has(metric) {
            return Ok(None);
        }
        let labels = self.settings.labels(metric);
        let by_path = labels.iter().any(|(dimension, _)| *dimension == Dimension::Path);
        let description = Description {
            name: &self.settings.name(self.settings.preset.spelling(metric).name),
            help,
            labels: &labels,
            series_limit: by_path.then(|| self.settings.max_routes.saturating_mul(SERIES_PER_ROUTE).max(LEAST_SERIES)),
        };
        Labelled::register(self.registry, &description, kind, &self.texts).map(Some)
    }
}

fn bounds(what: &'static str, scale: Scale, values: &[f64]) -> Result<Bounds, BuildError> {
    Bounds::new(scale, values).map_err(|error: BoundsError| BuildError::Bounds { what, error })
}
