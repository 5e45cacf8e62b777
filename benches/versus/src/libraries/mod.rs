//! A file per library: how it implements [`Library`](crate::library::Library).

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

/// A metric embedded in a library's struct, alone in its cache lines like a handle's: its
/// writes disturb nothing else.
#[repr(align(128))]
struct Alone<T>(T);

/// A label text in a key that owns its texts: usually a `String`, a `&'static str` if the
/// program has one.
pub trait Text:
    From<&'static str> + Clone + std::fmt::Debug + std::hash::Hash + Eq + Send + Sync + 'static
{
    /// The suffix of the library's name.
    const NAME: &'static str;
}

impl Text for String {
    const NAME: &'static str = "";
}

impl Text for &'static str {
    const NAME: &'static str = ", static labels";
}
