//! The engine, for any kind and number of labels, behind one interface.

use std::time::Duration;

use tickmark::export::{SeriesView, Value};
use tickmark::{
    Bounds, ClosedFamily, Counter, Family, FloatBounds, FloatCounter, FloatGauge, FloatHistogram,
    Gauge, Histogram, LabelSet, Metric, Number, RegisterError, Registry, Scale, UpDownCounter,
};

use crate::naive::{Kind, Labels, Reading, Sample, WHOLE_BOUNDS};

/// The values of every label. One is that of the overflow series.
pub(crate) const VALUES: [&str; 4] = ["a", "b", "", "_overflow"];

/// A handle.
pub(crate) trait Handle: Send {
    fn record(&self, sample: Sample);

    fn read(&self) -> Reading;
}

/// A family.
pub(crate) trait Subject: Send {
    fn record(&self, labels: &[&str], sample: Sample);

    fn hold(&self, labels: &[&str]) -> Box<dyn Handle>;

    fn get(&self, labels: &[&str]) -> Option<Reading>;

    fn remove(&self, labels: &[&str]) -> bool;

    fn retain(&self, keep: &mut dyn FnMut(Vec<String>, Reading) -> bool);

    fn clear(&self);

    fn set_series_limit(&self, limit: usize);

    fn set_idle_expiry(&self, after: Option<Duration>);

    fn close(&self) -> Box<dyn Closed>;
}

/// A closed family.
pub(crate) trait Closed: Send {
    fn record(&self, combination: usize, sample: Sample);
}

pub(crate) fn register(
    registry: &Registry,
    kind: Kind,
    name: &str,
    label_count: usize,
) -> Result<Box<dyn Subject>, RegisterError> {
    match label_count {
        0 => register_with(registry, kind, name, []),
        1 => register_with(registry, kind, name, ["one"]),
        _ => register_with(registry, kind, name, ["one", "two"]),
    }
}

fn register_with<const N: usize>(
    registry: &Registry,
    kind: Kind,
    name: &str,
    labels: [&str; N],
) -> Result<Box<dyn Subject>, RegisterError> {
    const HELP: &str = "Help.";
    Ok(match kind {
        Kind::Counter => Box::new(registry.counter_family(name, HELP, labels)?),
        Kind::Gauge => Box::new(registry.gauge_family(name, HELP, labels)?),
        Kind::UpDownCounter => Box::new(registry.up_down_counter_family(name, HELP, labels)?),
        Kind::FloatCounter => Box::new(registry.float_counter_family(name, HELP, labels)?),
        Kind::FloatGauge => Box::new(registry.float_gauge_family(name, HELP, labels)?),
        Kind::Histogram => {
            let bounds = Bounds::new(Scale::Millis, &WHOLE_BOUNDS).unwrap();
            Box::new(registry.histogram_family(name, HELP, labels, &bounds)?)
        }
        Kind::FloatHistogram(bounds) => {
            let bounds = FloatBounds::new(bounds).unwrap();
            Box::new(registry.float_histogram_family(name, HELP, labels, &bounds)?)
        }
    })
}

pub(crate) fn reading(value: Value<'_>) -> Reading {
    match value {
        Value::Counter(Number::Unsigned(count)) => Reading::Unsigned(count),
        Value::Gauge(Number::Signed(value)) => Reading::Signed(value),
        Value::Counter(Number::Float(value)) | Value::Gauge(Number::Float(value)) => {
            Reading::Float(value)
        }
        Value::Histogram { buckets, sum: Number::Unsigned(sum) } => {
            Reading::Buckets(buckets.into(), sum)
        }
        Value::Histogram { buckets, sum: Number::Float(sum) } => {
            Reading::FloatBuckets(buckets.into(), sum)
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn labels_of(series: SeriesView<'_>) -> Vec<String> {
    series.label_values().map(String::from).collect()
}

/// A handle of a known kind.
trait Known: Metric + Handle {}

impl<M: Metric + Handle> Known for M {}

impl<M: Known, const N: usize> Subject for Family<M, N> {
    fn record(&self, labels: &[&str], sample: Sample) {
        self.with(labels.try_into().unwrap()).record(sample);
    }

    fn hold(&self, labels: &[&str]) -> Box<dyn Handle> {
        Box::new(self.handle(labels.try_into().unwrap()))
    }

    fn get(&self, labels: &[&str]) -> Option<Reading> {
        self.get(labels.try_into().unwrap()).map(|found| found.read())
    }

    fn remove(&self, labels: &[&str]) -> bool {
        self.remove(labels.try_into().unwrap())
    }

    fn retain(&self, keep: &mut dyn FnMut(Vec<String>, Reading) -> bool) {
        self.retain(|labels, metric| keep(labels.map(String::from).to_vec(), metric.read()));
    }

    fn clear(&self) {
        self.clear();
    }

    fn set_series_limit(&self, limit: usize) {
        self.set_series_limit(limit);
    }

    fn set_idle_expiry(&self, after: Option<Duration>) {
        self.set_idle_expiry(after);
    }

    fn close(&self) -> Box<dyn Closed> {
        Box::new(self.closed::<Combination<N>>())
    }
}

/// One of all combinations of values.
#[derive(Clone, Copy)]
pub(crate) struct Combination<const N: usize>(usize);

pub(crate) fn combination(label_count: usize, index: usize) -> Labels {
    let places = (0..u32::try_from(label_count).unwrap()).rev();
    places.map(|place| VALUES[index / VALUES.len().pow(place) % VALUES.len()]).collect()
}

impl<const N: usize> LabelSet<N> for Combination<N> {
    const COUNT: usize = VALUES.len().pow(N as u32);

    fn index(self) -> usize {
        self.0
    }

    fn values(index: usize) -> [&'static str; N] {
        combination(N, index).try_into().unwrap()
    }
}

impl<M: Known, const N: usize> Closed for ClosedFamily<M, Combination<N>, N> {
    fn record(&self, combination: usize, sample: Sample) {
        self.with(Combination(combination)).record(sample);
    }
}

impl Handle for Counter {
    fn record(&self, sample: Sample) {
        if sample.way == 0 { self.inc() } else { self.add(sample.whole) }
    }

    fn read(&self) -> Reading {
        Reading::Unsigned(self.get())
    }
}

impl Handle for Gauge {
    fn record(&self, sample: Sample) {
        match sample.way {
            0 => self.inc(),
            1 => self.dec(),
            2 => self.add(sample.whole as i64),
            3 => self.sub(sample.whole as i64),
            _ => self.set(sample.whole as i64),
        }
    }

    fn read(&self) -> Reading {
        Reading::Signed(self.get())
    }
}

impl Handle for UpDownCounter {
    fn record(&self, sample: Sample) {
        if sample.way % 2 == 0 { self.inc() } else { self.dec() }
    }

    fn read(&self) -> Reading {
        Reading::Signed(self.get())
    }
}

impl Handle for Histogram {
    fn record(&self, sample: Sample) {
        if sample.way == 0 {
            self.observe_duration(Duration::from_nanos(sample.whole));
        } else {
            self.observe(sample.whole);
        }
    }

    fn read(&self) -> Reading {
        let snapshot = self.snapshot();
        assert!(snapshot.is_settled);
        Reading::Buckets(snapshot.buckets, snapshot.sum)
    }
}

impl Handle for FloatCounter {
    fn record(&self, sample: Sample) {
        if sample.way == 0 { self.inc() } else { self.add(sample.float) }
    }

    fn read(&self) -> Reading {
        Reading::Float(self.get())
    }
}

impl Handle for FloatGauge {
    fn record(&self, sample: Sample) {
        match sample.way {
            0 => self.inc(),
            1 => self.dec(),
            2 if !sample.float.is_nan() => self.add(sample.float),
            3 if !sample.float.is_nan() => self.sub(sample.float),
            _ => self.set(sample.float),
        }
    }

    fn read(&self) -> Reading {
        Reading::Float(self.get())
    }
}

impl Handle for FloatHistogram {
    fn record(&self, sample: Sample) {
        if sample.way == 0 {
            self.observe_duration(Duration::from_nanos(sample.whole));
        } else {
            self.observe(sample.float);
        }
    }

    fn read(&self) -> Reading {
        let snapshot = self.snapshot();
        assert!(snapshot.is_settled);
        Reading::FloatBuckets(snapshot.buckets, snapshot.sum)
    }
}
