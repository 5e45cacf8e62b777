use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{
    EncodeLabelKey, EncodeLabelSet, EncodeLabelValue, LabelSetEncoder,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tickmark_benches::BOUNDS;

use super::Text;
use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{LABELS, Labels, PARTS, Part, SIZE_BOUNDS, Value};

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Key<T: Text + EncodeLabelValue> {
    method: T,
    route: T,
    status: T,
}

impl<T: Text + EncodeLabelValue> Key<T> {
    fn of([method, route, status]: &Labels) -> Self {
        Self { method: T::from(method), route: T::from(route), status: T::from(status) }
    }
}

/// The output of the library's derive, which does not support types with parameters.
impl<T: Text + EncodeLabelValue> EncodeLabelSet for Key<T> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, value) in LABELS.iter().zip([&self.method, &self.route, &self.status]) {
            let mut label = encoder.encode_label();
            let mut key = label.encode_label_key()?;
            EncodeLabelKey::encode(name, &mut key)?;
            let mut text = key.encode_label_value()?;
            EncodeLabelValue::encode(value, &mut text)?;
            text.finish()?;
        }
        Ok(())
    }
}

type HistogramFamily<T> = Family<Key<T>, Histogram, fn() -> Histogram>;

pub struct PrometheusClient<T: Text + EncodeLabelValue> {
    counter: Counter,
    histogram: Histogram,
    open: Gauge,
    requests: Family<Key<T>, Counter>,
    parts: [HistogramFamily<T>; 3],
    registry: Registry,
}

impl<T: Text + EncodeLabelValue> Library for PrometheusClient<T> {
    const NAME: &'static str = "prometheus-client";

    fn new(_: usize) -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        registry.register("requests", "R.", requests.clone());
        let parts = PARTS.map(|part| {
            // Functions, not closures that capture the part, so that all three families
            // have one type.
            let make: fn() -> Histogram = match part {
                Part::Duration => || Histogram::new(BOUNDS),
                Part::RequestSize | Part::ResponseSize => || Histogram::new(SIZE_BOUNDS),
            };
            let family = Family::new_with_constructor(make);
            registry.register(part.name(), "L.", family.clone());
            family
        });
        Self {
            counter: Counter::default(),
            histogram: Histogram::new(BOUNDS),
            open: Gauge::default(),
            requests,
            parts,
            registry,
        }
    }

    fn inc(&self) {
        _ = self.counter.inc();
    }

    fn observe(&self, value: Value) {
        self.histogram.observe(value.float());
    }

    fn up(&self) {
        _ = self.open.inc();
    }

    fn down(&self) {
        _ = self.open.dec();
    }

    type Counter = Counter;
    type Histogram = Histogram;

    fn counter(&self, labels: &Labels) -> Counter {
        self.requests.get_or_create_owned(&Key::of(labels))
    }

    fn histogram(&self, part: Part, labels: &Labels) -> Histogram {
        self.parts[part as usize].get_or_create_owned(&Key::of(labels))
    }

    fn add_kept(&self, counter: &Counter, amount: u64) {
        _ = counter.inc_by(amount);
    }

    fn observe_kept(&self, histogram: &Histogram, value: Value) {
        histogram.observe(value.float());
    }
}

impl<T: Text + EncodeLabelValue> ByLabels for PrometheusClient<T> {
    fn inc_of(&self, labels: &Labels) {
        _ = self.requests.get_or_create(&Key::of(labels)).inc();
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.parts[part as usize].get_or_create(&Key::of(labels)).observe(value.float());
    }
}

impl<T: Text + EncodeLabelValue> Exposes for PrometheusClient<T> {
    fn page(&self, memory: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        memory.text.clear();
        encode(&mut memory.text, &self.registry).unwrap();
        read(memory.text.as_bytes());
    }
}
