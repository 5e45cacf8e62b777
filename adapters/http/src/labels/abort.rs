//! How a request may end other than complete.

/// Why a request did not end as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AbortReason {
    /// No head: the future was dropped, mostly because the client is gone.
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

impl AbortReason {
    pub(crate) const ALL: [Self; 7] = [
        Self::Cancelled,
        Self::Panic,
        Self::Error,
        Self::BodyDropped,
        Self::BodyError,
        Self::BodyPanic,
        Self::BodyShort,
    ];

    pub(crate) fn as_str(self) -> &'static str {
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
}
