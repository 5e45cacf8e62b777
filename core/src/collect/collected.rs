//! Collected families: the checked families of one scrape, ready for the walk.

use std::collections::HashMap;
use std::sync::Arc;

use crate::names::description::Description;
use crate::names::labels::LabelValues;
use crate::series::series::next_id;
use crate::series::view::SeriesView;
use crate::value::{Number, Value};

/// A family of one scrape. A concurrent scrape cannot change it.
#[derive(Debug)]
pub(crate) struct CollectedFamily {
    pub(crate) id: u64,
    pub(crate) description: Arc<Description>,
    /// By slot.
    pub(crate) series: Vec<CollectedSeries>,
}

#[derive(Debug)]
pub(crate) struct CollectedSeries {
    id: u64,
    labels: Arc<LabelValues>,
    value: CollectedValue,
}

/// The value of one series, of the kind of its family.
#[derive(Debug)]
pub(crate) enum CollectedValue {
    Counter(Number),
    Gauge(Number),
    Histogram { buckets: Box<[u64]>, sum: Number },
    Summary { values: Box<[f64]>, sum: Number, count: u64 },
    Info,
    StateSet(Box<[bool]>),
    Unknown(Number),
}

impl CollectedFamily {
    /// Returns the view of the series in a slot.
    pub(crate) fn view<'a>(&'a self, slot: usize, series: &'a CollectedSeries) -> SeriesView<'a> {
        SeriesView {
            slot,
            id: series.id,
            family: &self.description,
            labels: &series.labels,
            recorded: None,
        }
    }
}

impl CollectedSeries {
    pub(crate) fn new(id: u64, labels: Arc<LabelValues>, value: CollectedValue) -> Self {
        Self { id, labels, value }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match &self.value {
            CollectedValue::Counter(number) => Value::Counter(*number),
            CollectedValue::Gauge(number) => Value::Gauge(*number),
            CollectedValue::Histogram { buckets, sum } => Value::Histogram { buckets, sum: *sum },
            CollectedValue::Summary { values, sum, count } => {
                Value::Summary { values, sum: *sum, count: *count }
            }
            CollectedValue::Info => Value::Info,
            CollectedValue::StateSet(states) => Value::StateSet(states),
            CollectedValue::Unknown(number) => Value::Unknown(*number),
        }
    }
}

/// The ids of the families and series of one collector in the last scrape. They stay the
/// same while the collector yields them, so exporters may cache by id.
#[derive(Debug, Default)]
pub(crate) struct Identities(HashMap<Box<str>, KnownFamily>);

#[derive(Debug)]
struct KnownFamily {
    id: u64,
    description: Arc<Description>,
    series: HashMap<Arc<LabelValues>, u64>,
}

impl Identities {
    /// Identifies the families of a scrape, and forgets all others.
    pub(crate) fn identify(
        &mut self,
        yielded: Vec<(Description, Vec<(LabelValues, CollectedValue)>)>,
    ) -> Vec<CollectedFamily> {
        let mut last = std::mem::take(&mut self.0);
        yielded
            .into_iter()
            .map(|(description, series)| {
                // A family with another description, even only another help, is new to
                // exporters.
                let known = last
                    .remove(&description.name)
                    .filter(|known| *known.description == description);
                let mut known = known.unwrap_or_else(|| KnownFamily::new(description));
                let series = known.identify(series);
                let family = CollectedFamily {
                    id: known.id,
                    description: Arc::clone(&known.description),
                    series,
                };
                _ = self.0.insert(known.description.name.clone(), known);
                family
            })
            .collect()
    }
}

impl KnownFamily {
    fn new(description: Description) -> Self {
        Self { id: next_id(), description: Arc::new(description), series: HashMap::new() }
    }

    fn identify(&mut self, yielded: Vec<(LabelValues, CollectedValue)>) -> Vec<CollectedSeries> {
        let mut last = std::mem::take(&mut self.series);
        yielded
            .into_iter()
            .map(|(labels, value)| {
                let (labels, id) =
                    last.remove_entry(&labels).unwrap_or_else(|| (Arc::new(labels), next_id()));
                _ = self.series.insert(Arc::clone(&labels), id);
                CollectedSeries { id, labels, value }
            })
            .collect()
    }
}
