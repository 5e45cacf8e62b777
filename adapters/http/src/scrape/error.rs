//! Errors of the body of a scrape.

use std::fmt;

use super::labels::Cause;

/// The error of a truncated scrape body. The server aborts the response on it, so that
/// the scraper cannot take a part of the page for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScrapeError {
    /// The deadline of the scrape passed before the end of the page.
    DeadlinePassed,
    /// Writing the page panicked, compressing it failed, or a thread could not be
    /// started.
    Failed,
}

impl fmt::Display for ScrapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeadlinePassed => {
                "scrape timed out: its deadline passed before the end of the page"
            }
            Self::Failed => "cannot write the page: a panic, failed compression, or no thread",
        })
    }
}

impl std::error::Error for ScrapeError {}

impl From<Cause> for ScrapeError {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Timeout => Self::DeadlinePassed,
            // Every other cause ends a scrape before its body.
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_cause() {
        assert_eq!(
            ScrapeError::from(Cause::Timeout).to_string(),
            "scrape timed out: its deadline passed before the end of the page"
        );
        assert_eq!(
            ScrapeError::from(Cause::Failed).to_string(),
            "cannot write the page: a panic, failed compression, or no thread"
        );
    }
}
