//! The settings of an instance: plain data, which the builder fills.

use http::StatusCode;
use tickmark::Registry;

use super::preset::{HttpMetric, Preset};
use crate::exemplar::ExemplarHook;
use crate::labels::dimension::{Dimension, DimensionLabel};
use crate::labels::status::StatusLabels;

/// The default limit of routes: more than a service has whose templates are fixed.
const DEFAULT_MAX_ROUTES: usize = 1_024;

/// The settings of an instance.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// None for the preset's.
    pub(crate) prefix: Option<String>,
    pub(crate) preset: Preset,
    pub(crate) only_listed: bool,
    /// Metrics switched on or off; the last switch of a metric applies.
    pub(crate) switched: Vec<(HttpMetric, bool)>,
    /// None for the preset's.
    pub(crate) duration_bounds: Option<Vec<f64>>,
    /// None for the default.
    pub(crate) size_bounds: Option<Vec<f64>>,
    /// None for the preset's.
    pub(crate) plain_bounds: Option<bool>,
    pub(crate) statuses: StatusLabels,
    pub(crate) status_on_duration: bool,
    pub(crate) protocol_version: bool,
    pub(crate) scheme: String,
    pub(crate) times_all: bool,
    pub(crate) exemplars: Option<ExemplarHook>,
    pub(crate) max_routes: usize,
    /// Templates whose requests are not recorded.
    pub(crate) ignored: Vec<String>,
    /// Statuses whose series an exposed route has from the start.
    pub(crate) exposed_statuses: Vec<StatusCode>,
}

impl Default for Settings {
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
            exposed_statuses: vec![StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR],
        }
    }
}

impl Settings {
    /// Returns the registry with the prefix and the spelling of bounds for all families.
    pub(crate) fn scoped(&self, registry: &Registry) -> Registry {
        let registry = registry.with_prefix(self.prefix.as_deref().unwrap_or(self.preset.prefix()));
        let are_plain = self.plain_bounds.unwrap_or(self.preset.has_plain_bounds());
        if are_plain { registry.with_plain_bounds() } else { registry }
    }

    /// Returns whether the metric is registered.
    pub(crate) fn has(&self, metric: HttpMetric) -> bool {
        let switched = self.switched.iter().rev().find(|(switched, _)| *switched == metric);
        let is_listed = self.preset.spelling(metric).listed || !self.only_listed;
        switched.map_or(is_listed && metric != HttpMetric::ResponseDuration, |(_, is_on)| *is_on)
    }

    /// Returns the labels of a metric.
    pub(crate) fn labels(&self, metric: HttpMetric) -> Vec<DimensionLabel> {
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
