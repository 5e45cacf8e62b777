use std::marker::PhantomData;

use opentelemetry::metrics::{
    BoundCounter, BoundHistogram, BoundUpDownCounter, Counter, Histogram, MeterProvider,
};
use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use tickmark_benches::BOUNDS;

use super::Text;
use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{LABELS, Labels, PARTS, Part, Value};

/// With its exporter for Prometheus. Kept series are its bound instruments, which are
/// experimental.
pub struct OpenTelemetry<T> {
    counter: BoundCounter<u64>,
    unbound: Counter<u64>,
    histogram: BoundHistogram<f64>,
    open: BoundUpDownCounter<i64>,
    requests: Counter<u64>,
    parts: [Histogram<f64>; 3],
    registry: Registry,
    _provider: SdkMeterProvider,
    text: PhantomData<fn() -> T>,
}

fn attributes<T: Text>(labels: &Labels) -> [KeyValue; 3]
where
    StringValue: From<T>,
{
    [0, 1, 2].map(|index| KeyValue::new(LABELS[index], StringValue::from(T::from(labels[index]))))
}

impl<T: Text> Library for OpenTelemetry<T>
where
    StringValue: From<T>,
{
    const NAME: &'static str = "opentelemetry";

    fn new(series_limit: usize) -> Self {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .build()
            .unwrap();
        let limit = move |_: &Instrument| {
            Stream::builder().with_cardinality_limit(series_limit).build().ok()
        };
        let provider = SdkMeterProvider::builder().with_reader(exporter).with_view(limit).build();
        let meter = provider.meter("versus");
        let parts = PARTS.map(|part| {
            meter.f64_histogram(part.name()).with_boundaries(part.bounds().to_vec()).build()
        });
        Self {
            counter: meter.u64_counter("counter").build().bind(&[]),
            unbound: meter.u64_counter("unbound").build(),
            histogram: meter
                .f64_histogram("histogram_seconds")
                .with_boundaries(BOUNDS.to_vec())
                .build()
                .bind(&[]),
            open: meter.i64_up_down_counter("open").build().bind(&[]),
            requests: meter.u64_counter("requests").build(),
            parts,
            registry,
            _provider: provider,
            text: PhantomData,
        }
    }

    fn inc(&self) {
        self.counter.add(1);
    }

    fn observe(&self, value: Value) {
        self.histogram.record(value.float());
    }

    fn up(&self) {
        self.open.add(1);
    }

    fn down(&self) {
        self.open.add(-1);
    }

    type Counter = BoundCounter<u64>;
    type Histogram = BoundHistogram<f64>;

    fn counter(&self, labels: &Labels) -> BoundCounter<u64> {
        self.requests.bind(&attributes::<T>(labels))
    }

    fn histogram(&self, part: Part, labels: &Labels) -> BoundHistogram<f64> {
        self.parts[part as usize].bind(&attributes::<T>(labels))
    }

    fn add_kept(&self, counter: &BoundCounter<u64>, amount: u64) {
        counter.add(amount);
    }

    fn observe_kept(&self, histogram: &BoundHistogram<f64>, value: Value) {
        histogram.record(value.float());
    }
}

impl<T> OpenTelemetry<T> {
    /// As documented: the attributes, here none, with each record.
    pub fn inc_unbound(&self) {
        self.unbound.add(1, &[]);
    }
}

impl<T: Text> ByLabels for OpenTelemetry<T>
where
    StringValue: From<T>,
{
    fn inc_of(&self, labels: &Labels) {
        self.requests.add(1, &attributes::<T>(labels));
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.parts[part as usize].record(value.float(), &attributes::<T>(labels));
    }
}

impl<T: Text> Exposes for OpenTelemetry<T>
where
    StringValue: From<T>,
{
    fn page(&self, memory: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        memory.text.clear();
        TextEncoder::new().encode_utf8(&self.registry.gather(), &mut memory.text).unwrap();
        read(memory.text.as_bytes());
    }
}
