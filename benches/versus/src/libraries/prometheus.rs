use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};
use tickmark_benches::BOUNDS;

use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{LABELS, Labels, PARTS, Part, Value};

pub struct Prometheus {
    counter: IntCounter,
    histogram: Histogram,
    open: IntGauge,
    requests: IntCounterVec,
    parts: [HistogramVec; 3],
    registry: Registry,
}

impl Library for Prometheus {
    const NAME: &'static str = "prometheus";

    fn new(_: usize) -> Self {
        let registry = Registry::new();
        let requests = IntCounterVec::new(Opts::new("requests_total", "R."), &LABELS).unwrap();
        registry.register(Box::new(requests.clone())).unwrap();
        let parts = PARTS.map(|part| {
            let options = HistogramOpts::new(part.name(), "L.").buckets(part.bounds().to_vec());
            let family = HistogramVec::new(options, &LABELS).unwrap();
            registry.register(Box::new(family.clone())).unwrap();
            family
        });
        let options = HistogramOpts::new("histogram_seconds", "H.").buckets(BOUNDS.to_vec());
        Self {
            counter: IntCounter::new("counter", "C.").unwrap(),
            histogram: Histogram::with_opts(options).unwrap(),
            open: IntGauge::new("open", "O.").unwrap(),
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

    type Counter = IntCounter;
    type Histogram = Histogram;

    fn counter(&self, labels: &Labels) -> IntCounter {
        self.requests.with_label_values(labels)
    }

    fn histogram(&self, part: Part, labels: &Labels) -> Histogram {
        self.parts[part as usize].with_label_values(labels)
    }

    fn add_kept(&self, counter: &IntCounter, amount: u64) {
        counter.inc_by(amount);
    }

    fn observe_kept(&self, histogram: &Histogram, value: Value) {
        histogram.observe(value.float());
    }
}

impl ByLabels for Prometheus {
    fn inc_of(&self, labels: &Labels) {
        self.requests.with_label_values(labels).inc();
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.parts[part as usize].with_label_values(labels).observe(value.float());
    }
}

impl Exposes for Prometheus {
    fn page(&self, memory: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        memory.text.clear();
        TextEncoder::new().encode_utf8(&self.registry.gather(), &mut memory.text).unwrap();
        read(memory.text.as_bytes());
    }
}
