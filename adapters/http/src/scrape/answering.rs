//! What one scrape holds while it is answered, and what is recorded of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickmark::{UpDownCounter, UpDownGuard};

use super::labels::{Cause, Encoding};
use super::limit::Slot;
use super::metrics::ScrapeMetrics;
use super::request::Wanted;

/// A scrape from its admission until its page was read, or never will be.
#[derive(Debug)]
pub(crate) struct Answering {
    deadline: Instant,
    work: Duration,
    /// What is wrong if it ends now.
    cause: Option<Cause>,
    record: Option<Record>,
    _slot: Slot,
}

#[derive(Debug)]
struct Record {
    metrics: Arc<ScrapeMetrics>,
    encoding: Encoding,
    _in_flight: UpDownGuard<UpDownCounter>,
}

impl Answering {
    pub(crate) fn begin(slot: Slot, wanted: Wanted, metrics: Option<&Arc<ScrapeMetrics>>) -> Self {
        let Wanted { format, encoding, deadline, .. } = wanted;
        let record = metrics.map(|metrics| {
            metrics.scrapes.with(format.into()).inc();
            let in_flight = metrics.in_flight.clone().into_guard();
            Record { metrics: Arc::clone(metrics), encoding, _in_flight: in_flight }
        });
        Self { deadline, work: Duration::ZERO, cause: Some(Cause::Aborted), record, _slot: slot }
    }

    pub(crate) fn is_late(&self) -> bool {
        self.deadline <= Instant::now()
    }

    pub(crate) fn add_work(&mut self, took: Duration) {
        self.work += took;
    }

    pub(crate) fn count_bytes(&self, count: usize) {
        if let Some(Record { metrics, encoding, .. }) = &self.record {
            metrics.count_bytes(*encoding, count);
        }
    }

    /// Ends it: whole, or for this cause.
    pub(crate) fn end(mut self, cause: Option<Cause>) {
        self.cause = cause;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let Some(Record { metrics, .. }) = &self.record else { return };
        metrics.observe_work(self.work);
        if let Some(cause) = self.cause {
            metrics.count_error(cause);
        }
    }
}
