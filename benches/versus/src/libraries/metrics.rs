use std::marker::PhantomData;
use std::sync::OnceLock;

use metrics::{Counter, Gauge, Histogram, SharedString, counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tickmark_benches::BOUNDS;

use super::Text;
use crate::library::{ByLabels, Exposes, Library, PageMemory};
use crate::work::{Labels, Part, SIZE_BOUNDS, Value};

/// The macros with the exporter for Prometheus as the recorder, of which a process can
/// have one.
pub struct Metrics<T> {
    counter: Counter,
    histogram: Histogram,
    open: Gauge,
    exporter: &'static PrometheusHandle,
    text: PhantomData<fn() -> T>,
}

fn exporter() -> &'static PrometheusHandle {
    static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let bytes = Matcher::Suffix("_bytes".to_owned());
        PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, &BOUNDS)
            .unwrap()
            .set_buckets_for_metric(bytes, &SIZE_BOUNDS)
            .unwrap()
            .install_recorder()
            .unwrap()
    })
}

impl<T: Text> Library for Metrics<T>
where
    SharedString: From<T>,
{
    const NAME: &'static str = "metrics";

    fn new(_: usize) -> Self {
        let exporter = exporter();
        Self {
            counter: counter!("counter"),
            histogram: histogram!("histogram_seconds"),
            open: gauge!("open"),
            exporter,
            text: PhantomData,
        }
    }

    fn inc(&self) {
        self.counter.increment(1);
    }

    fn observe(&self, value: Value) {
        self.histogram.record(value.float());
    }

    fn up(&self) {
        self.open.increment(1.0);
    }

    fn down(&self) {
        self.open.decrement(1.0);
    }

    type Counter = Counter;
    type Histogram = Histogram;

    fn counter(&self, [method, route, status]: &Labels) -> Counter {
        counter!(
            "requests_total",
            "method" => T::from(method),
            "route" => T::from(route),
            "status" => T::from(status)
        )
    }

    fn histogram(&self, part: Part, [method, route, status]: &Labels) -> Histogram {
        let [method, route, status] = [method, route, status].map(|text| T::from(text));
        match part {
            Part::Duration => {
                histogram!(
                    "latency_seconds",
                    "method" => method,
                    "route" => route,
                    "status" => status
                )
            }
            Part::RequestSize => {
                histogram!(
                    "request_size_bytes",
                    "method" => method,
                    "route" => route,
                    "status" => status
                )
            }
            Part::ResponseSize => {
                histogram!(
                    "response_size_bytes",
                    "method" => method,
                    "route" => route,
                    "status" => status
                )
            }
        }
    }

    fn add_kept(&self, counter: &Counter, amount: u64) {
        counter.increment(amount);
    }

    fn observe_kept(&self, histogram: &Histogram, value: Value) {
        histogram.record(value.float());
    }

    fn upkeep(&self) {
        self.exporter.run_upkeep();
    }
}

impl<T: Text> ByLabels for Metrics<T>
where
    SharedString: From<T>,
{
    fn inc_of(&self, labels: &Labels) {
        self.counter(labels).increment(1);
    }

    fn observe_of(&self, part: Part, labels: &Labels, value: Value) {
        self.histogram(part, labels).record(value.float());
    }
}

impl<T: Text> Exposes for Metrics<T>
where
    SharedString: From<T>,
{
    fn page(&self, memory: &mut PageMemory, read: &mut dyn FnMut(&[u8])) {
        memory.bytes.clear();
        self.exporter.render_to_write(&mut memory.bytes).unwrap();
        read(&memory.bytes);
    }
}

/// A macro at each record, without labels, as in most programs.
pub fn inc_by_macro() {
    counter!("counter").increment(1);
}
