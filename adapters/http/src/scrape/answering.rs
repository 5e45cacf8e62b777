//! What one scrape holds while it is answered, and what is recorded of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickmark::OwnedUpDownGuard;

use super::error::ScrapeError;
use super::labels::{Cause, Encoding};
use super::limit::Slot;
use super::metrics::ScrapeMetrics;
use super::request::Wanted;

/// A scrape from before its page is begun until its body is dropped, however it ends.
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
    _in_flight: OwnedUpDownGuard,
}

impl Answering {
    pub(crate) fn begin(
        slot: Slot,
        Wanted { format, encoding, deadline }: Wanted,
        metrics: Option<&Arc<ScrapeMetrics>>,
    ) -> Self {
        let record = metrics.map(|metrics| {
            metrics.scrapes.with(format.into()).inc();
            let in_flight = metrics.in_flight.clone().into_guard();
            Record { metrics: Arc::clone(metrics), encoding, _in_flight: in_flight }
        });
        Self { deadline, work: Duration::ZERO, cause: Some(Cause::Aborted), record, _slot: slot }
    }

    pub(crate) fn check_deadline(&self) -> Result<(), ScrapeError> {
        if Instant::now() < self.deadline { Ok(()) } else { Err(ScrapeError::DeadlinePassed) }
    }

    /// Does a piece of the work, and takes the time.
    pub(crate) fn work<T>(&mut self, piece: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = piece();
        self.work += start.elapsed();
        done
    }

    pub(crate) fn count_bytes(&self, count: usize) {
        if let Some(Record { metrics, encoding, .. }) = &self.record {
            metrics.count_bytes(*encoding, count);
        }
    }

    /// The page was handed out whole.
    pub(crate) fn complete(&mut self) {
        self.cause = None;
    }

    pub(crate) fn fail(&mut self, error: ScrapeError) {
        self.cause = Some(match error {
            ScrapeError::DeadlinePassed => Cause::Timeout,
            ScrapeError::Failed => Cause::Failed,
        });
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
