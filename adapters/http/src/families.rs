//! The families of one instance, as its settings want them.

use tickmark::{
    Bounds, BoundsError, Counter, Histogram, RegisterError, Registry, Scale, UpDownCounter,
};

use crate::builder::HttpMetricsBuilder;
use crate::dimension::{Axes, Dimension, Label, Texts};
use crate::error::BuildError;
use crate::exemplar::ExemplarHook;
use crate::labelled::{Description, Kind, Labelled};
use crate::method::MethodLabel;
use crate::preset::{HttpMetric, RESPONSE_DURATION_BOUNDS, SIZE_BOUNDS};

/// Paths beside the limit of routes: `unmatched` and `_overflow`.
const BESIDE_LIMIT: usize = 2;

/// Series that a family has room for at least: with few routes, for their unusual
/// statuses.
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
    /// Whether a request is timed that has no head, or one that only begins something
    /// else.
    pub(crate) times_all: bool,
    pub(crate) exemplars: Option<ExemplarHook>,
}

impl Families {
    pub(crate) fn register(
        registry: &Registry,
        settings: &HttpMetricsBuilder,
    ) -> Result<Self, BuildError> {
        let registration = Registration {
            registry,
            settings,
            texts: Texts { statuses: settings.statuses, scheme: settings.scheme.as_str().into() },
        };
        let durations = settings.preset.durations();
        let request_durations = settings.duration_bounds.as_deref().unwrap_or(durations.bounds);
        let request_durations = bounds("duration", durations.scale, request_durations)?;
        let response_durations =
            bounds("response duration", Scale::Nanos, RESPONSE_DURATION_BOUNDS)?;
        let sizes =
            bounds("size", Scale::One, settings.size_bounds.as_deref().unwrap_or(SIZE_BOUNDS))?;
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
        kind: &<M as Kind>::Settings,
    ) -> Result<Option<Labelled<M>>, RegisterError> {
        if !self.settings.has(metric) {
            return Ok(None);
        }
        let labels = self.settings.labels(metric);
        let description = Description {
            name: &self.settings.name(self.settings.preset.spelling(metric).name),
            help,
            labels: &labels,
            series_limit: self.series_limit(&labels),
        };
        Labelled::register(self.registry, &description, kind, &self.texts).map(Some)
    }

    /// Room for every place of the tables of all routes, so that a client, which chooses
    /// the method and when to give up, never costs another request its labels. Unusual
    /// statuses, which only the service chooses, take what is left.
    fn series_limit(&self, labels: &[Label]) -> usize {
        let has = |dimension| labels.iter().any(|(label, _)| *label == dimension);
        let methods = if has(Dimension::Method) { MethodLabel::COUNT } else { 1 };
        let paths = if has(Dimension::Path) {
            self.settings.max_routes.saturating_add(BESIDE_LIMIT)
        } else {
            1
        };
        let places = Axes::of(labels, self.settings.statuses).places();
        paths.saturating_mul(methods * places).max(LEAST_SERIES)
    }
}

fn bounds(what: &'static str, scale: Scale, values: &[f64]) -> Result<Bounds, BuildError> {
    Bounds::new(scale, values).map_err(|error: BoundsError| BuildError::Bounds { what, error })
}
