//! What is refused as bounds.

use std::fmt;

/// The most bounds that a histogram may have.
pub(super) const MOST_BOUNDS: usize = 256;

/// Bounds that a histogram cannot have.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BoundsError {
    /// No bound at all.
    None,
    /// More than 256.
    TooMany {
        /// How many.
        count: usize,
    },
    /// NaN or an infinity; `+Inf` is always there and never given.
    NotFinite {
        /// The bound.
        value: f64,
    },
    /// Below zero, where no value can be.
    Negative {
        /// The bound.
        value: f64,
    },
    /// Not above the bound before it.
    NotIncreasing {
        /// The bound.
        value: f64,
        /// The one before it.
        before: f64,
    },
    /// No whole number of the scale's unit lies between it and the bound before it, so
    /// its bucket would stay empty.
    Indistinct {
        /// The bound.
        value: f64,
        /// The one before it.
        before: f64,
    },
    /// Steps between bounds that are not above zero, or not finite.
    Width {
        /// The step.
        width: f64,
    },
    /// A first bound from which no factor leads upwards: not above zero, or not finite.
    Start {
        /// The bound.
        start: f64,
    },
    /// A factor between bounds that is not above one, or not finite.
    Factor {
        /// The factor.
        factor: f64,
    },
}

impl fmt::Display for BoundsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "a histogram needs at least one bound"),
            Self::TooMany { count } => {
                write!(f, "{count} bounds are too many: a histogram has at most {MOST_BOUNDS}")
            }
            Self::NotFinite { value } => {
                write!(f, "bound {value} is not finite (+Inf is always there)")
            }
            Self::Negative { value } => {
                write!(f, "bound {value} is negative, and observations never are")
            }
            Self::NotIncreasing { value, before } => {
                write!(f, "bound {value} is not above {before} before it")
            }
            Self::Indistinct { value, before } => {
                write!(
                    f,
                    "no value of this scale lies above bound {before} and within bound {value}"
                )
            }
            Self::Width { width } => {
                write!(f, "a width of {width} between bounds is not above zero and finite")
            }
            Self::Start { start } => {
                write!(f, "a first bound of {start} is not above zero and finite")
            }
            Self::Factor { factor } => {
                write!(f, "a factor of {factor} between bounds is not above one and finite")
            }
        }
    }
}

impl std::error::Error for BoundsError {}
