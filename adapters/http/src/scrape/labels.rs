//! The labels of the metrics about scrapes.

use tickmark::Label;
use tickmark_text::Format;

/// Why a request did not get a complete page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause {
    /// All permits were taken.
    Busy,
    /// Neither GET nor HEAD.
    Method,
    /// The token was missing or wrong.
    Unauthorized,
    /// The query had too many names.
    BadFilter,
    /// The deadline of the scrape passed.
    Timeout,
    /// The server dropped the response, usually because the client disconnected.
    Aborted,
    /// The page could not be written.
    Failed,
    /// The page exceeded the limit of HTTP/1.0 answers.
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
    /// It was closed in favor of a new connection.
    Limit,
    /// The head of a request did not arrive in time.
    HeadTimeout,
    /// The client read nothing of an answer in time.
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

/// The content encoding of a page.
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

/// A format, regardless of its escaping of names.
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
            // Version 0.0.4. A new format of `tickmark-text` gets a label here.
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
