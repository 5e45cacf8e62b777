use tickmark::{
    Bounds, Counter, Family, FloatBounds, FloatHistogram, Histogram, Registry, Scale, StaticFamily,
    UpDownCounter,
};
use tickmark_benches::BOUNDS;
use tickmark_text::{Encoder, Format, NameFilter};

use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{LABELS, Labels, PARTS, Part, SIZE_BOUNDS, Value};

pub struct Tickmark {
    counter: Counter,
    histogram: Histogram,
    float_histogram: FloatHistogram,
    open: UpDownCounter,
    requests: Family<Counter, 3>,
    static_requests: StaticFamily<Counter, 3>,
    parts: [Family<Histogram, 3>; 3],
    static_parts: [StaticFamily<Histogram, 3>; 3],
    encoder: Encoder,
}

impl Library for Tickmark {
    const NAME: &'static str = "tickmark";

    fn new(series_limit: usize) -> Self {
        // Metrics without labels are not on the page.
        let plain = Registry::new();
        let registry = Registry::new();
        let durations = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
        let sizes = Bounds::new(Scale::One, &SIZE_BOUNDS).unwrap();
        let requests = registry.counter_family("requests", "R.", LABELS).unwrap();
        requests.set_series_limit(series_limit);
        let parts = PARTS.map(|part| {
            let bounds = if part == Part::Duration { &durations } else { &sizes };
            let family = registry.histogram_family(part.name(), "L.", LABELS, bounds).unwrap();
            family.set_series_limit(series_limit);
            family
        });
        Self {
            counter: plain.counter("counter", "C.").unwrap(),
            histogram: plain.histogram("histogram_seconds", "H.", &durations).unwrap(),
            float_histogram: plain
                .float_histogram(
                    "float_histogram_seconds",
                    "F.",
                    &FloatBounds::new(&BOUNDS).unwrap(),
                )
                .unwrap(),
            open: plain.up_down_counter("open", "O.").unwrap(),
            static_requests: requests.static_labels(),
            requests,
            static_parts: parts.each_ref().map(Family::static_labels),
            parts,
            encoder: Encoder::new(&registry),
        }
    }

    fn inc(&self) {
        self.counter.inc();
    }

    fn observe(&self, value: Value) {
        self.histogram.observe(value.whole());
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
        self.requests.handle(*labels)
    }

    fn histogram(&self, part: Part, labels: &Labels) -> Histogram {
        self.parts[part as usize].handle(*labels)
    }

    fn add_kept(&self, counter: &Counter, amount: u64) {
        counter.add(amount);
    }

    fn observe_kept(&self, histogram: &Histogram, value: Value) {
        histogram.observe(value.whole());
    }
}

impl ByLabels for Tickmark {
    fn inc_of(&self, labels: &Labels) {
        self.requests.with(*labels).inc();
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.parts[part as usize].with(*labels).observe(value.whole());
    }
}

impl Exposes for Tickmark {
    fn page(&self, _: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        self.encoder.page(Format::Text0_0_4, NameFilter::default()).for_each(|chunk| read(&chunk));
    }
}

impl Tickmark {
    /// Counts in a series found by the addresses of its labels.
    pub fn inc_of_static(&self, labels: &Labels) {
        self.static_requests.with(*labels).inc();
    }

    /// Observes in a series found in the same way.
    pub fn observe_of_static(&self, part: Part, labels: &Labels, value: Value) {
        self.static_parts[part as usize].with(*labels).observe(value.whole());
    }

    /// Observes a duration in a histogram of floats.
    pub fn observe_float(&self, value: Value) {
        self.float_histogram.observe(value.float());
    }

    /// A page in the format that Prometheus prefers.
    pub fn openmetrics_page(&self, read: &mut dyn FnMut(&[u8])) {
        self.encoder
            .page(Format::OpenMetrics1_0(None), NameFilter::default())
            .for_each(|chunk| read(&chunk));
    }
}
