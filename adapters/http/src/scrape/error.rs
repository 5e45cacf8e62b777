//! Why a page ends before its end.

use std::fmt;

use super::labels::Cause;

/// Why the body of a scrape was cut short: a server that is given this aborts the
/// response, so that no reader takes a part of a page for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScrapeError {
    /// The time for the scrape was over before the page was.
    DeadlinePassed,
    /// The page could not be written: what writes it panicked, or what compresses it
    /// failed.
    Failed,
}

impl fmt::Display for ScrapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeadlinePassed => "the time for the scrape is over",
            Self::Failed => "the page could not be written",
        })
    }
}

impl std::error::Error for ScrapeError {}

impl From<Cause> for ScrapeError {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Timeout => Self::DeadlinePassed,
            // All others end a scrape before its body.
            _ => Self::Failed,
        }
    }
}
