//! Errors of histogram bounds.

use std::fmt;

use super::scale::Scale;

/// The most bounds that a histogram may have.
pub(super) const MOST_BOUNDS: usize = 256;

/// Invalid histogram bounds.
///
/// `Debug` shows the same text as `Display`.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum BoundsError {
    /// The list is empty.
    NoBounds,
    /// More than 256 bounds.
    TooMany {
        /// The number of bounds given.
        count: usize,
    },
    /// NaN or an infinity; the `+Inf` bucket always exists.
    NotFinite {
        /// The bound.
        value: f64,
    },
    /// Below zero, where a [`Histogram`](crate::Histogram) has no values.
    Negative {
        /// The bound.
        value: f64,
    },
    /// Not above the bound before it.
    NotIncreasing {
        /// The bound.
        value: f64,
        /// The bound before it.
        before: f64,
    },
    /// No whole number of the scale's unit lies above the bound before it and up to it:
    /// its bucket would stay empty.
    Indistinct {
        /// The bound.
        value: f64,
        /// The bound before it.
        before: f64,
        /// The scale of the bounds.
        scale: Scale,
    },
    /// A width of linear bounds that is not above zero, or not finite.
    Width {
        /// The width.
        width: f64,
    },
    /// A first exponential bound that is not above zero, or not finite.
    Start {
        /// The bound.
        start: f64,
    },
    /// A factor of exponential bounds that is not above one, or not finite.
    Factor {
        /// The factor.
        factor: f64,
    },
}

impl fmt::Debug for BoundsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl BoundsError {
    /// Writes the rule that the bounds break, without a remedy.
    pub(crate) fn write_rule(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBounds => {
                write!(f, "no bounds given: expected at least one")
            }
            Self::TooMany { count } => {
                write!(f, "{count} bounds given: expected at most {MOST_BOUNDS}")
            }
            Self::NotFinite { value } => {
                write!(f, "invalid bound {value:?}: must be finite, +Inf is always there")
            }
            Self::Negative { value } => {
                write!(f, "invalid bound {value:?}: must not be negative")
            }
            Self::NotIncreasing { value, before } => {
                write!(f, "invalid bound {value:?}: must be above {before:?} before it")
            }
            Self::Indistinct { value, before, scale } => write!(
                f,
                "invalid bound {value:?}: no value of Scale::{scale:?} lies above \
                 {before:?} and up to it"
            ),
            Self::Width { width } => {
                write!(f, "invalid width {width:?}: must be above zero and finite")
            }
            Self::Start { start } => {
                write!(f, "invalid first bound {start:?}: must be above zero and finite")
            }
            Self::Factor { factor } => {
                write!(f, "invalid factor {factor:?}: must be above one and finite")
            }
        }
    }

    /// Returns the remedy of an error whose rule does not imply it.
    fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::Negative { .. } => "for negative values use FloatBounds",
            Self::Indistinct { scale, .. } => match scale {
                Scale::One => "use Bounds::seconds for durations, FloatBounds for fractions",
                Scale::Millis | Scale::Micros => "use a finer scale or FloatBounds",
                Scale::Nanos => "use FloatBounds",
            },
            _ => return None,
        })
    }
}

impl fmt::Display for BoundsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_rule(f)?;
        match self.remedy() {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BoundsError {}
