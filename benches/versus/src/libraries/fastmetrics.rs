use fastmetrics::derive::LabelSet;
use fastmetrics::encoder::EncodeLabelValue;
use fastmetrics::format::text::{TextProfile, encode};
use fastmetrics::metrics::counter::Counter;
use fastmetrics::metrics::family::Family;
use fastmetrics::metrics::gauge::Gauge;
use fastmetrics::metrics::histogram::Histogram;
use fastmetrics::registry::Registry;
use tickmark_benches::BOUNDS;

use super::Text;
use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{Labels, PARTS, Part, Value};

#[derive(Clone, PartialEq, Eq, Hash, LabelSet)]
struct Key<T: Text + EncodeLabelValue> {
    method: T,
    route: T,
    status: T,
}

fn key<T: Text + EncodeLabelValue>(labels: &Labels) -> Key<T> {
    let [method, route, status] = labels.map(T::from);
    Key { method, route, status }
}

pub struct Fastmetrics<T: Text + EncodeLabelValue> {
    counter: Counter,
    histogram: Histogram,
    open: Gauge,
    requests: Family<Key<T>, Counter>,
    parts: [Family<Key<T>, Histogram>; 3],
    registry: Registry,
}

impl<T: Text + EncodeLabelValue> Library for Fastmetrics<T> {
    const NAME: &'static str = "fastmetrics";

    fn new(_: usize) -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        registry.register("requests_total", "R.", requests.clone()).unwrap();
        let parts = PARTS.map(|part| {
            let family: Family<Key<T>, Histogram> =
                Family::new(move || Histogram::new(part.bounds()));
            registry.register(part.name(), "L.", family.clone()).unwrap();
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
        self.counter.inc();
    }

    fn observe(&self, value: Value) {
        self.histogram.observe(value.float());
    }

    fn up(&self) {
        self.open.inc();
    }

    fn down(&self) {
        self.open.dec();
    }

    type Counter = Counter;
    type Histogram = Histogram;

    fn counter(&self, labels: &Labels) -> Counter {
        self.requests.with_or_new(&key(labels), Clone::clone)
    }

    fn histogram(&self, part: Part, labels: &Labels) -> Histogram {
        self.parts[part as usize].with_or_new(&key(labels), Clone::clone)
    }

    fn add_kept(&self, counter: &Counter, amount: u64) {
        counter.inc_by(amount);
    }

    fn observe_kept(&self, histogram: &Histogram, value: Value) {
        histogram.observe(value.float());
    }
}

impl<T: Text + EncodeLabelValue> ByLabels for Fastmetrics<T> {
    fn inc_of(&self, labels: &Labels) {
        self.requests.with_or_new(&key(labels), |counter| counter.inc());
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.parts[part as usize].with_or_new(&key(labels), |one| one.observe(value.float()));
    }
}

impl<T: Text + EncodeLabelValue> Exposes for Fastmetrics<T> {
    fn page(&self, memory: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        memory.text.clear();
        encode(&mut memory.text, &self.registry, TextProfile::PrometheusV0_0_4).unwrap();
        read(memory.text.as_bytes());
    }
}
