use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, Gauge, Histogram, HistogramVec, MetricGroup};
use paracord::ParaCord;
use std::sync::Mutex;
use tickmark_benches::BOUNDS;

use super::Alone;
use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{Labels, Part, SIZE_BOUNDS, Value};

#[derive(measured_derive::LabelGroup)]
#[label(set = KeySet)]
pub struct Key<'a> {
    #[label(dynamic_with = ParaCord)]
    method: &'a str,
    #[label(dynamic_with = ParaCord)]
    route: &'a str,
    #[label(dynamic_with = ParaCord)]
    status: &'a str,
}

fn key_set() -> KeySet {
    KeySet { method: ParaCord::default(), route: ParaCord::default(), status: ParaCord::default() }
}

fn key<'a>([method, route, status]: &Labels) -> Key<'a> {
    Key { method, route, status }
}

#[derive(MetricGroup)]
struct Families {
    /// R.
    requests_total: CounterVec<KeySet>,
    /// L.
    latency_seconds: HistogramVec<KeySet, 11>,
    /// L.
    request_size_bytes: HistogramVec<KeySet, 11>,
    /// L.
    response_size_bytes: HistogramVec<KeySet, 11>,
}

pub struct Measured {
    counter: Counter,
    histogram: Histogram<11>,
    open: Box<Alone<Gauge>>,
    families: Families,
    encoder: Mutex<BufferedTextEncoder>,
}

impl Measured {
    fn part(&self, part: Part) -> &HistogramVec<KeySet, 11> {
        match part {
            Part::Duration => &self.families.latency_seconds,
            Part::RequestSize => &self.families.request_size_bytes,
            Part::ResponseSize => &self.families.response_size_bytes,
        }
    }
}

impl Library for Measured {
    const NAME: &'static str = "measured";

    fn new(_: usize) -> Self {
        let histograms = |bounds| {
            HistogramVec::with_label_set_and_metadata(key_set(), Thresholds::with_buckets(bounds))
        };
        Self {
            counter: Counter::new(),
            histogram: Histogram::with_metadata(Thresholds::with_buckets(BOUNDS)),
            open: Box::new(Alone(Gauge::new())),
            families: Families {
                requests_total: CounterVec::with_label_set(key_set()),
                latency_seconds: histograms(BOUNDS),
                request_size_bytes: histograms(SIZE_BOUNDS),
                response_size_bytes: histograms(SIZE_BOUNDS),
            },
            encoder: Mutex::new(BufferedTextEncoder::new()),
        }
    }

    fn inc(&self) {
        self.counter.inc();
    }

    fn observe(&self, value: Value) {
        self.histogram.observe(value.float());
    }

    fn up(&self) {
        self.open.0.inc();
    }

    fn down(&self) {
        self.open.0.dec();
    }

    type Counter = measured::metric::LabelId<KeySet>;
    type Histogram = (Part, measured::metric::LabelId<KeySet>);

    fn counter(&self, labels: &Labels) -> Self::Counter {
        self.families.requests_total.with_labels(key(labels))
    }

    fn histogram(&self, part: Part, labels: &Labels) -> Self::Histogram {
        (part, self.part(part).with_labels(key(labels)))
    }

    fn add_kept(&self, counter: &Self::Counter, amount: u64) {
        self.families.requests_total.get_metric(*counter).inc_by(amount);
    }

    fn observe_kept(&self, (part, id): &Self::Histogram, value: Value) {
        self.part(*part).get_metric(*id).observe(value.float());
    }
}

impl ByLabels for Measured {
    fn inc_of(&self, labels: &Labels) {
        self.families.requests_total.inc(key(labels));
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.part(part).observe(key(labels), value.float());
    }
}

impl Exposes for Measured {
    fn page(&self, _: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        let mut encoder = self.encoder.lock().unwrap();
        self.families.collect_group_into(&mut *encoder).unwrap();
        read(&encoder.finish());
    }
}
