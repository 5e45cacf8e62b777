//! A file for each library: how it does what [`Library`](crate::library::Library) asks.

mod fastmetrics;
mod measured;
mod metrics;
mod metriken;
mod opentelemetry;
mod prometheus;
mod prometheus_client;
mod tickmark;

pub use fastmetrics::Fastmetrics;
pub use measured::Measured;
pub use metrics::{Metrics, inc_by_macro};
pub use metriken::{Metriken, MetrikenSharded};
pub use opentelemetry::OpenTelemetry;
pub use prometheus::Prometheus;
pub use prometheus_client::PrometheusClient;
pub use tickmark::Tickmark;

/// A metric of a library that has it in place, alone in its lines as a handle's is: its
/// writes disturb nothing else.
#[repr(align(128))]
struct Alone<T>(T);

/// Text of a label in a key that owns its texts: a `String` as a rule, a `&'static str`
/// where a program has one.
pub trait Text:
    From<&'static str> + Clone + std::fmt::Debug + std::hash::Hash + Eq + Send + Sync + 'static
{
    /// What is said of it after the name of a library.
    const NAME: &'static str;
}

impl Text for String {
    const NAME: &'static str = "";
}

impl Text for &'static str {
    const NAME: &'static str = ", static labels";
}
