use std::collections::HashMap;
use std::sync::Mutex;

use metriken::{
    AtomicCounterHistogram, Counter, CounterGroup, DynBoxedMetric, Gauge, MetricBuilder,
};
use metriken::{ShardedCounterGroup, ShardedCounterHistogram};
use metriken_exposition::{PrometheusOptions, prometheus_text};

use super::Alone;
use crate::library::{Exposes, Library, PageMemory};
use crate::work::{LABELS, Labels, Part, Value};

/// Its histograms have fixed bounds, here 8 per power of two up to 2^42, and no sum.
const GROUPING_POWER: u8 = 3;
const MAX_VALUE_POWER: u8 = 42;

/// Series numbers by labels, because it cannot find series by labels itself.
struct Numbers(Mutex<HashMap<Labels, usize>>);

impl Numbers {
    /// With capacity for all, so that its memory is not counted as the library's.
    fn for_series(series: usize) -> Self {
        Self(Mutex::new(HashMap::with_capacity(series)))
    }

    fn of(&self, labels: &Labels) -> usize {
        let mut numbers = self.0.lock().unwrap();
        let next = numbers.len();
        *numbers.entry(*labels).or_insert(next)
    }
}

fn metadata(labels: &Labels) -> HashMap<String, String> {
    LABELS
        .iter()
        .zip(labels)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Its plain metrics.
pub struct Metriken {
    counter: Counter,
    histogram: AtomicCounterHistogram,
    open: Box<Alone<Gauge>>,
    requests: DynBoxedMetric<CounterGroup>,
    numbers: Numbers,
}

impl Library for Metriken {
    const NAME: &'static str = "metriken";

    fn new(series_limit: usize) -> Self {
        Self {
            counter: Counter::new(),
            histogram: AtomicCounterHistogram::new(GROUPING_POWER, MAX_VALUE_POWER),
            open: Box::new(Alone(Gauge::new())),
            requests: MetricBuilder::new("requests_total").build(CounterGroup::new(series_limit)),
            numbers: Numbers::for_series(series_limit),
        }
    }

    fn inc(&self) {
        _ = self.counter.increment();
    }

    fn observe(&self, value: Value) {
        _ = self.histogram.increment(value.whole());
    }

    fn up(&self) {
        _ = self.open.0.increment();
    }

    fn down(&self) {
        _ = self.open.0.decrement();
    }

    type Counter = usize;
    /// A histogram of its own, whose labels are set at registration.
    type Histogram = Box<AtomicCounterHistogram>;

    fn counter(&self, labels: &Labels) -> usize {
        let number = self.numbers.of(labels);
        self.requests.set_metadata(number, metadata(labels));
        number
    }

    fn histogram(&self, _: Part, _: &Labels) -> Self::Histogram {
        Box::new(AtomicCounterHistogram::new(GROUPING_POWER, MAX_VALUE_POWER))
    }

    fn add_kept(&self, counter: &usize, amount: u64) {
        _ = self.requests.add(*counter, amount);
    }

    fn observe_kept(&self, histogram: &Self::Histogram, value: Value) {
        _ = histogram.increment(value.whole());
    }
}

impl Exposes for Metriken {
    const HAS_BOUNDS: bool = false;

    fn page(&self, _: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        read(prometheus_text(&PrometheusOptions::default()).as_bytes());
    }
}

/// Its metrics with a shard per thread, up to its number of shards.
pub struct MetrikenSharded {
    counter: ShardedCounterGroup,
    histogram: ShardedCounterHistogram,
    open: Box<Alone<Gauge>>,
    requests: ShardedCounterGroup,
    numbers: Numbers,
}

impl Library for MetrikenSharded {
    const NAME: &'static str = "metriken, sharded";

    fn new(series_limit: usize) -> Self {
        Self {
            counter: ShardedCounterGroup::new(1),
            histogram: ShardedCounterHistogram::new(GROUPING_POWER, MAX_VALUE_POWER),
            open: Box::new(Alone(Gauge::new())),
            requests: ShardedCounterGroup::new(series_limit),
            numbers: Numbers::for_series(series_limit),
        }
    }

    fn inc(&self) {
        _ = self.counter.increment(0);
    }

    fn observe(&self, value: Value) {
        _ = self.histogram.increment(value.whole());
    }

    fn up(&self) {
        _ = self.open.0.increment();
    }

    fn down(&self) {
        _ = self.open.0.decrement();
    }

    type Counter = usize;
    type Histogram = Box<ShardedCounterHistogram>;

    fn counter(&self, labels: &Labels) -> usize {
        let number = self.numbers.of(labels);
        self.requests.set_metadata(number, metadata(labels));
        number
    }

    fn histogram(&self, _: Part, _: &Labels) -> Self::Histogram {
        Box::new(ShardedCounterHistogram::new(GROUPING_POWER, MAX_VALUE_POWER))
    }

    fn add_kept(&self, counter: &usize, amount: u64) {
        _ = self.requests.add(*counter, amount);
    }

    fn observe_kept(&self, histogram: &Self::Histogram, value: Value) {
        _ = histogram.increment(value.whole());
    }
}
