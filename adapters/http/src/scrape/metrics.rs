//! The metrics about scrapes, one set for each registry.

use std::sync::Arc;
use std::time::Duration;

use tickmark::collect::Collection;
use tickmark::{
    Bounds, ClosedFamily, Counter, Histogram, Label, RegisterError, Registry, UpDownCounter,
};

use super::labels::{Cause, Dropped, Encoding, FormatLabel};

/// The collector that exposes the metrics where a registry refuses them.
const COLLECTOR: &str = "tickmark_scrapes";

/// From the time for a page of a few series to that for millions, in seconds.
const ENCODE_BOUNDS: [f64; 6] = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0];

const NANOS_PER_SECOND: f64 = 1e9;

/// The name and help of a family.
type Text = (&'static str, &'static str);

const SCRAPES: Text = ("tickmark_scrapes_total", "Scrapes answered with a page, by format.");
const IN_FLIGHT: Text =
    ("tickmark_scrapes_in_flight", "Scrapes whose page has not ended, including this one.");
const ERRORS: Text = ("tickmark_scrape_errors_total", "Scrapes without a complete page, by cause.");
const DROPPED: Text = (
    "tickmark_scrape_connections_dropped_total",
    "Connections of metrics listeners that were closed at a limit, by cause.",
);
const ENCODE: Text = (
    "tickmark_scrape_encode_seconds",
    "Time to collect, write and compress the page of a scrape, without the network.",
);
const BYTES: Text =
    ("tickmark_scrape_bytes_total", "Bytes of pages handed to the server, by encoding.");

#[derive(Debug)]
pub(crate) struct ScrapeMetrics {
    pub(crate) scrapes: ClosedFamily<Counter, FormatLabel>,
    pub(crate) in_flight: UpDownCounter,
    pub(crate) errors: ClosedFamily<Counter, Cause>,
    pub(crate) dropped: ClosedFamily<Counter, Dropped>,
    encode_seconds: Histogram,
    bytes: ClosedFamily<Counter, Encoding>,
}

impl ScrapeMetrics {
    /// Returns the metrics of this registry, which all its endpoints share.
    ///
    /// # Errors
    /// If one of the names is taken by another definition; then nothing is registered.
    pub(crate) fn of(registry: &Registry) -> Result<Arc<Self>, RegisterError> {
        registry.with_reuse().all_or_nothing(|registry| Self::register(registry).map(Arc::new))
    }

    /// Returns metrics that a collector exposes as long as they live, for a registry that
    /// refuses them. Their free names are on the page, and the registry reports the taken
    /// ones as failures of the collector.
    ///
    /// Returns none if the collector's name is taken, as by an earlier endpoint.
    pub(crate) fn collected(registry: &Registry) -> Option<Arc<Self>> {
        let metrics = Arc::new(Self::register(&Registry::new()).ok()?);
        let weak = Arc::downgrade(&metrics);
        let collect = move |out: &mut Collection| _ = weak.upgrade().map(|it| it.collect(out));
        registry.register_collector(COLLECTOR, collect).ok()?;
        Some(metrics)
    }

    fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let counters = |(name, help): Text, label| registry.counter_family(name, help, [label]);
        let metrics = Self {
            scrapes: counters(SCRAPES, "format")?.closed(),
            in_flight: registry.up_down_counter(IN_FLIGHT.0, IN_FLIGHT.1)?,
            errors: counters(ERRORS, "cause")?.closed(),
            dropped: counters(DROPPED, "cause")?.closed(),
            encode_seconds: registry.with_unit("seconds").histogram(
                ENCODE.0,
                ENCODE.1,
                &Bounds::seconds(ENCODE_BOUNDS)?,
            )?,
            bytes: registry
                .with_unit("bytes")
                .counter_family(BYTES.0, BYTES.1, ["encoding"])?
                .closed(),
        };
        // Creates all series, so that they begin at 0.
        FormatLabel::ALL.iter().for_each(|format| metrics.scrapes.with(*format).add(0));
        Cause::ALL.iter().for_each(|cause| metrics.errors.with(*cause).add(0));
        Dropped::ALL.iter().for_each(|cause| metrics.dropped.with(*cause).add(0));
        Encoding::ALL.iter().for_each(|encoding| metrics.bytes.with(*encoding).add(0));
        Ok(metrics)
    }

    fn collect(&self, out: &mut Collection) {
        counters(out, SCRAPES, "format", &self.scrapes);
        out.gauge(IN_FLIGHT.0, IN_FLIGHT.1, []).series([], self.in_flight.get());
        counters(out, ERRORS, "cause", &self.errors);
        counters(out, DROPPED, "cause", &self.dropped);
        let work = self.encode_seconds.snapshot();
        #[expect(clippy::cast_precision_loss, reason = "exposed as a float")]
        out.histogram(ENCODE.0, ENCODE.1, [], &ENCODE_BOUNDS).series(
            [],
            &work.buckets,
            work.sum as f64 / NANOS_PER_SECOND,
        );
        counters(out, BYTES, "encoding", &self.bytes);
    }

    pub(crate) fn count_error(&self, cause: Cause) {
        self.errors.with(cause).inc();
    }

    pub(crate) fn count_bytes(&self, encoding: Encoding, count: usize) {
        self.bytes.with(encoding).add(count as u64);
    }

    pub(crate) fn observe_work(&self, work: Duration) {
        self.encode_seconds.observe_duration(work);
    }
}

/// Yields a family of counters to the collection of a scrape.
fn counters<L: Label>(
    out: &mut Collection,
    (name, help): Text,
    label: &str,
    family: &ClosedFamily<Counter, L>,
) {
    let mut counters = out.counter(name, help, [label]);
    for value in L::ALL {
        counters.series([value.as_str()], family.with(*value).get());
    }
}
