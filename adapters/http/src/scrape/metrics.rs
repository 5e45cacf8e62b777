//! The metrics about scrapes, one set by registry.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tickmark::{
    Bounds, ClosedFamily, Collection, Counter, Histogram, Label, RegisterError, Registry, Scale,
    UpDownCounter,
};

use super::labels::{Cause, Dropped, Encoding, FormatLabel};

/// The collector by which a registry keeps its metrics about scrapes.
const KEEPER: &str = "tickmark_scrapes";

/// From the time for a page of a few series to that for one of millions, in seconds.
const ENCODE_BOUNDS: [f64; 6] = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0];

/// All that are alive, with the identity of one of their families: by it, a registry is
/// recognized.
static ALL: Mutex<Vec<(u64, Weak<ScrapeMetrics>)>> = Mutex::new(Vec::new());

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
    /// The metrics of this registry: registered now, or those of an endpoint that came
    /// before.
    ///
    /// They stay as long as the registry does. When they are there already, this runs the
    /// collectors of the registry, as each look at its families does.
    pub(crate) fn of(registry: &Registry) -> Result<Arc<Self>, RegisterError> {
        let registered = registry.all_or_nothing(|registry| {
            let metrics = Arc::new(Self::register(registry)?);
            // Noted before they are in the registry, so that whoever finds their names
            // taken finds them here.
            note(registry, &metrics);
            let kept = Arc::clone(&metrics);
            registry.register_collector(KEEPER, move |_: &mut Collection| _ = &kept)?;
            Ok(metrics)
        });
        registered.or_else(|refused: RegisterError| find(registry).ok_or(refused))
    }

    fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Self {
            scrapes: registry
                .counter_family(
                    "tickmark_scrapes_total",
                    "Scrapes that were answered with a page, by its format.",
                    ["format"],
                )?
                .closed(),
            in_flight: registry.up_down_counter(
                "tickmark_scrapes_in_flight",
                "Scrapes whose page has not ended, this one among them.",
            )?,
            errors: registry
                .counter_family(
                    "tickmark_scrape_errors_total",
                    "Scrapes that did not get a whole page, by the cause.",
                    ["cause"],
                )?
                .closed(),
            dropped: registry
                .counter_family(
                    "tickmark_scrape_connections_dropped_total",
                    "Connections of the metrics listeners that were refused or timed out, by the cause.",
                    ["cause"],
                )?
                .closed(),
            encode_seconds: registry.with_unit("seconds").histogram(
                "tickmark_scrape_encode_seconds",
                "Time that a scrape took to collect, write and compress its page, without the network.",
                &encode_bounds(),
            )?,
            bytes: registry
                .with_unit("bytes")
                .counter_family(
                    "tickmark_scrape_bytes_total",
                    "Bytes of pages that were handed to the server, by their encoding.",
                    ["encoding"],
                )?
                .closed(),
        };
        // So that they are on the page from 0.
        FormatLabel::ALL.iter().for_each(|format| metrics.scrapes.with(*format).add(0));
        Cause::ALL.iter().for_each(|cause| metrics.errors.with(*cause).add(0));
        Dropped::ALL.iter().for_each(|cause| metrics.dropped.with(*cause).add(0));
        Encoding::ALL.iter().for_each(|encoding| metrics.bytes.with(*encoding).add(0));
        Ok(metrics)
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

/// Remembers the metrics, whose families are all there is in `draft`, and forgets those
/// that are gone.
fn note(draft: &Registry, metrics: &Arc<ScrapeMetrics>) {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|(_, metrics)| metrics.strong_count() > 0);
    all.extend(
        draft.families().iter().map(|family| (family.id(), Arc::downgrade(metrics))).take(1),
    );
}

fn find(registry: &Registry) -> Option<Arc<ScrapeMetrics>> {
    // Before the lock is taken: collectors do whatever they like, and may make an
    // endpoint.
    let families = registry.families();
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    families.iter().find_map(|family| all.iter().find(|(id, _)| *id == family.id())?.1.upgrade())
}

#[expect(clippy::expect_used, reason = "called with constants only, and every endpoint calls it")]
fn encode_bounds() -> Bounds {
    Bounds::new(Scale::Nanos, &ENCODE_BOUNDS).expect("the bounds are valid")
}
