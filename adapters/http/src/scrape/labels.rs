//! The labels of the metrics about scrapes: all values are known.

use tickmark::Label;
use tickmark_text::Format;

/// Why a request did not get a whole page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause {
    /// All slots were taken.
    Busy,
    /// Neither GET nor HEAD.
    Method,
    /// It did not show the token.
    Unauthorized,
    /// The query has too many names.
    BadFilter,
    /// The time for the scrape was over.
    Timeout,
    /// The server gave up the response, mostly since the client is gone.
    Aborted,
    /// The page could not be written.
    Failed,
    /// The page is longer than an answer by HTTP/1.0 may be.
    TooLong,
}

impl Label for Cause {
    const ALL: &'static [Self] = &[
        Self::Busy,
        Self::Method,
        Self::Unauthorized,
        Self::BadFilter,
        Self::Timeout,
        Self::Aborted,
        Self::Failed,
        Self::TooLong,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Method => "method",
            Self::Unauthorized => "unauthorized",
            Self::BadFilter => "bad_filter",
            Self::Timeout => "timeout",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
            Self::TooLong => "too_long",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// Why a listener for scrapes closed a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dropped {
    /// To make room for another.
    Limit,
    /// No head of a request came in time.
    HeadTimeout,
    /// Nothing of an answer was taken in time.
    WriteTimeout,
}

impl Label for Dropped {
    const ALL: &'static [Self] = &[Self::Limit, Self::HeadTimeout, Self::WriteTimeout];

    fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::HeadTimeout => "head_timeout",
            Self::WriteTimeout => "write_timeout",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// How the bytes of a page are encoded on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
}

impl Label for Encoding {
    const ALL: &'static [Self] = &[Self::Identity, Self::Gzip];

    fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// A format, whatever the escaping of names in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FormatLabel {
    Text0_0_4,
    Text1_0_0,
    OpenMetrics1_0,
}

impl From<Format> for FormatLabel {
    fn from(format: Format) -> Self {
        match format {
            Format::Text1_0_0(_) => Self::Text1_0_0,
            Format::OpenMetrics1_0(_) => Self::OpenMetrics1_0,
            // Version 0.0.4. Any further format of the other crate gets a label here.
            _ => Self::Text0_0_4,
        }
    }
}

impl Label for FormatLabel {
    const ALL: &'static [Self] = &[Self::Text0_0_4, Self::Text1_0_0, Self::OpenMetrics1_0];

    fn as_str(self) -> &'static str {
        match self {
            Self::Text0_0_4 => "text_0.0.4",
            Self::Text1_0_0 => "text_1.0.0",
            Self::OpenMetrics1_0 => "openmetrics_1.0.0",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}
