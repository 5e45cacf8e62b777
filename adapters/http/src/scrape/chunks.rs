//! The chunks of a page, as sent.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::error::ScrapeError;
use super::gzip::Gzip;
use super::labels::Encoding;

/// A page in progress. One chunk is always encoded ahead, which tells whether a chunk is
/// the last.
pub(crate) struct Chunks {
    page: Box<dyn Iterator<Item = Bytes> + Send + Sync>,
    ahead: Option<Bytes>,
    gzip: Option<Gzip>,
}

impl Chunks {
    /// Begins a page.
    ///
    /// # Errors
    /// If that panics.
    pub(crate) fn begin<P>(
        page: impl FnOnce() -> P,
        encoding: Encoding,
    ) -> Result<Self, ScrapeError>
    where
        P: Iterator<Item = Bytes> + Send + Sync + 'static,
    {
        contain(|| {
            let mut page = page();
            let ahead = page.next();
            Ok(Self { page: Box::new(page), ahead, gzip: Gzip::begin(encoding) })
        })
    }

    /// Returns the next chunk and the rest of the page. A chunk is empty while the
    /// compressor has no output.
    ///
    /// # Errors
    /// If encoding panics or compression fails. Then nothing is left.
    pub(crate) fn next(mut self) -> Result<(Bytes, Option<Self>), ScrapeError> {
        contain(move || {
            let chunk = self.ahead.take().unwrap_or_default();
            self.ahead = self.page.next();
            let is_last = self.ahead.is_none();
            let chunk = match &mut self.gzip {
                Some(gzip) => gzip.compress(&chunk, is_last).map_err(|_| ScrapeError::Failed)?,
                None => chunk,
            };
            Ok((chunk, (!is_last).then_some(self)))
        })
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("gzip", &self.gzip).finish_non_exhaustive()
    }
}

/// Turns a panic into an error, so that it ends one scrape and not the thread, which may
/// serve others.
pub(crate) fn contain<T>(work: impl FnOnce() -> Result<T, ScrapeError>) -> Result<T, ScrapeError> {
    // Unwind safe: state that the panic left inconsistent is dropped with the page.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ScrapeError::Failed))
}
