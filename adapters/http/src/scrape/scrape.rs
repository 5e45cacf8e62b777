//! One admitted scrape: its permit, its deadline, and its record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickmark::{UpDownCounter, UpDownGuard};

use super::labels::{Cause, Encoding};
use super::limit::Permit;
use super::metrics::ScrapeMetrics;
use super::request::ScrapeRequest;

/// A scrape from its admission until its page was read, or was given up.
#[derive(Debug)]
pub(crate) struct Scrape {
    deadline: Instant,
    work: Duration,
    /// The cause to record if it is dropped now.
    cause: Option<Cause>,
    record: Option<Record>,
    _permit: Permit,
}

#[derive(Debug)]
struct Record {
    metrics: Arc<ScrapeMetrics>,
    encoding: Encoding,
    _in_flight: UpDownGuard<UpDownCounter>,
}

impl Scrape {
    pub(crate) fn begin(
        permit: Permit,
        request: ScrapeRequest,
        metrics: Option<&Arc<ScrapeMetrics>>,
    ) -> Self {
        let ScrapeRequest { format, encoding, deadline, .. } = request;
        let record = metrics.map(|metrics| {
            metrics.scrapes.with(format.into()).inc();
            let in_flight = metrics.in_flight.clone().into_guard();
            Record { metrics: Arc::clone(metrics), encoding, _in_flight: in_flight }
        });
        Self {
            deadline,
            work: Duration::ZERO,
            cause: Some(Cause::Aborted),
            record,
            _permit: permit,
        }
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

    /// Ends the scrape: complete, or for this cause.
    pub(crate) fn end(mut self, cause: Option<Cause>) {
        self.cause = cause;
    }
}

impl Drop for Scrape {
    fn drop(&mut self) {
        let Some(Record { metrics, .. }) = &self.record else { return };
        metrics.observe_work(self.work);
        if let Some(cause) = self.cause {
            metrics.count_error(cause);
        }
    }
}
