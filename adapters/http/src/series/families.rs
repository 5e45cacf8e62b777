//! The families of one instance, as its settings describe them.

use tickmark::{Bounds, Counter, Histogram, Label, Metric, RegisterError, Registry, UpDownCounter};

use super::dense::{Description, Labelled};
use super::preset::{HttpMetric, RESPONSE_DURATION_BOUNDS, SIZE_BOUNDS};
use super::settings::Settings;
use crate::exemplar::ExemplarHook;
use crate::labels::dimension::{Axes, Dimension, DimensionLabel, Texts};
use crate::labels::method::MethodLabel;

/// Paths outside the limit of routes: `unmatched` and `_overflow`.
const BESIDE_LIMIT: usize = 2;

/// The least series limit of a family. It leaves room for unusual statuses where routes
/// are few.
const LEAST_SERIES: usize = 2_000;

/// The families of one instance; none for a disabled metric.
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
    /// Whether to time requests without a head, and those answered by 101.
    pub(crate) times_all: bool,
    pub(crate) exemplars: Option<ExemplarHook>,
}

impl Families {
    /// Registers all families in one step.
    ///
    /// # Errors
    /// If a name is invalid or taken, or bounds are invalid; then nothing is registered.
    pub(crate) fn register(
        registry: &Registry,
        settings: &Settings,
    ) -> Result<Self, RegisterError> {
        registry
            .all_or_nothing(|registry| Self::register_each(&settings.scoped(registry), settings))
    }

    fn register_each(registry: &Registry, settings: &Settings) -> Result<Self, RegisterError> {
        let registration = Registration {
            registry,
            settings,
            texts: Texts { statuses: settings.statuses, scheme: settings.scheme.as_str().into() },
        };
        let durations = settings.preset.durations();
        let request_durations = settings.duration_bounds.as_deref().unwrap_or(durations.bounds);
        let request_durations = Bounds::new(durations.scale, request_durations)
            .map_err(|error| RegisterError::InvalidSetting { setting: "duration_bounds", error })?;
        let response_durations = Bounds::seconds(RESPONSE_DURATION_BOUNDS)?;
        let sizes = Bounds::bytes(settings.size_bounds.as_deref().unwrap_or(SIZE_BOUNDS))
            .map_err(|error| RegisterError::InvalidSetting { setting: "size_bounds", error })?;
        Ok(Self {
            requests: registration.family(
                HttpMetric::Requests,
                "Requests by response status; 499 if cancelled before the response began.",
                &(),
            )?,
            request_duration: registration.family(
                HttpMetric::RequestDuration,
                "Time from the start of a request to the head of its response.",
                &request_durations,
            )?,
            request_size: registration.family(
                HttpMetric::RequestSize,
                "Size of request bodies: the declared length, or the bytes read if counted.",
                &sizes,
            )?,
            response_size: registration.family(
                HttpMetric::ResponseSize,
                "Bytes of response bodies handed to the server.",
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
                "Requests that were aborted before the end of their response, by reason.",
                &(),
            )?,
            routes_overflow: registry.counter(
                "metrics_routes_overflow_total",
                "Calls for a route over the limit of routes.",
            )?,
            times_all: settings.times_all,
            exemplars: settings.exemplars.clone(),
        })
    }
}

/// The registration of one instance's families.
struct Registration<'a> {
    registry: &'a Registry,
    settings: &'a Settings,
    texts: Texts,
}

impl Registration<'_> {
    /// Registers the family of a metric, unless it is disabled.
    fn family<M: Metric>(
        &self,
        metric: HttpMetric,
        help: &str,
        bounds: &M::Settings,
    ) -> Result<Option<Labelled<M>>, RegisterError> {
        if !self.settings.has(metric) {
            return Ok(None);
        }
        let labels = self.settings.labels(metric);
        let description = Description {
            name: self.settings.preset.spelling(metric).name,
            help,
            labels: &labels,
            series_limit: self.series_limit(&labels),
        };
        Labelled::register(self.registry, &description, bounds, &self.texts).map(Some)
    }

    /// Returns room for every index of the dense tables of all routes. A client chooses
    /// the method and when to abort, so its choice never costs another request its
    /// labels. Unusual statuses, which only the service chooses, use what is left.
    fn series_limit(&self, labels: &[DimensionLabel]) -> usize {
        let has = |dimension| labels.iter().any(|(label, _)| *label == dimension);
        let methods = if has(Dimension::Method) { MethodLabel::ALL.len() } else { 1 };
        let paths = if has(Dimension::Path) {
            self.settings.max_routes.saturating_add(BESIDE_LIMIT)
        } else {
            1
        };
        let indices = Axes::of(labels, self.settings.statuses).count();
        paths.saturating_mul(methods * indices).max(LEAST_SERIES)
    }
}
