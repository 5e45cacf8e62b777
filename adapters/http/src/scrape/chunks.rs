//! The chunks of a page as they go out.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::error::ScrapeError;
use super::gzip::Gzip;
use super::labels::Encoding;

/// A page under way. One chunk is always encoded ahead, so that the last one is known to
/// be the last.
pub(crate) struct Chunks {
    page: Box<dyn Iterator<Item = Bytes> + Send + Sync>,
    ahead: Option<Bytes>,
    gzip: Option<Gzip>,
}

impl Chunks {
    /// Begins a page.
    ///
    /// # Errors
    /// When beginning it panics.
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

    /// The next chunk, and what is left after it. A chunk is empty while the compressor
    /// has nothing to give.
    ///
    /// # Errors
    /// When encoding it panics, or when compressing it fails: then nothing is left.
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

/// Makes an error of a panic, so that it costs one scrape and not the thread, which may
/// serve others too.
pub(crate) fn contain<T>(work: impl FnOnce() -> Result<T, ScrapeError>) -> Result<T, ScrapeError> {
    // Unwind safe: whatever the panic left half done is dropped with the page.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ScrapeError::Failed))
}
