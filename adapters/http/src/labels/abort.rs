//! Reasons why a request was aborted.

use tickmark::Label;

/// Why a request was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AbortReason {
    /// No head: the future was dropped, usually because the client disconnected.
    Cancelled,
    /// No head: the service panicked.
    Panic,
    /// No head: the service returned an error.
    Error,
    /// The body was dropped before its end.
    BodyDropped,
    /// The body yielded an error.
    BodyError,
    /// The body panicked.
    BodyPanic,
    /// The body ended before its declared length.
    BodyShort,
}

impl Label for AbortReason {
    const ALL: &'static [Self] = &[
        Self::Cancelled,
        Self::Panic,
        Self::Error,
        Self::BodyDropped,
        Self::BodyError,
        Self::BodyPanic,
        Self::BodyShort,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
            Self::Error => "error",
            Self::BodyDropped => "body_dropped",
            Self::BodyError => "body_error",
            Self::BodyPanic => "body_panic",
            Self::BodyShort => "body_short",
        }
    }

    #[inline]
    fn index(self) -> usize {
        self as usize
    }
}
