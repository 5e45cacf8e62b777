//! What registration refuses.

use std::fmt;

use crate::bounds::BoundsError;

/// A family that a registry refuses; nothing of it is registered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name is none that every scraper takes.
    InvalidName {
        /// As given, behind the prefix of the scope.
        name: Box<str>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No help was given; a reader of the page needs it.
    EmptyHelp {
        /// The metric without help.
        name: Box<str>,
    },
    /// A label name is invalid, reserved, or there twice, among the constant labels and
    /// those of the family.
    InvalidLabel {
        /// As given.
        label: Box<str>,
        /// The metric that it is for.
        metric: Box<str>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name that the family needs is taken, by itself or as part of another family.
    Clash {
        /// What is refused: its kind, and its name as given.
        refused: Box<str>,
        /// What is there already: its kind, and its name as it is exposed.
        owner: Box<str>,
        /// The name that both need.
        claimed: Box<str>,
    },
    /// The bounds of a histogram are invalid.
    InvalidBounds(BoundsError),
    /// The name of a collector is empty, or taken by another.
    InvalidCollector {
        /// As given.
        name: Box<str>,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName { name, reason } => {
                write!(f, "invalid metric name {name:?}: {reason}")
            }
            Self::EmptyHelp { name } => write!(f, "metric {name:?} has an empty help text"),
            Self::InvalidLabel { label, metric, reason } => {
                write!(f, "invalid label name {label:?} of metric {metric:?}: {reason}")
            }
            Self::Clash { refused, owner, claimed } => {
                write!(
                    f,
                    "{refused} clashes with {owner}, registered already: both need the name {claimed:?}"
                )
            }
            Self::InvalidBounds(error) => error.fmt(f),
            Self::InvalidCollector { name, reason } => {
                write!(f, "invalid collector name {name:?}: {reason}")
            }
        }
    }
}

/// Lets one `?` type serve a constructor that makes bounds and registers.
///
/// ```
/// use tickmark::{Bounds, RegisterError, Registry};
///
/// fn run() -> Result<(), RegisterError> {
///     let bounds = Bounds::seconds([])?;
///     _ = Registry::new().histogram("latency_seconds", "Time to answer.", &bounds)?;
///     Ok(())
/// }
/// assert!(matches!(run(), Err(RegisterError::InvalidBounds(_))));
/// ```
impl From<BoundsError> for RegisterError {
    fn from(error: BoundsError) -> Self {
        Self::InvalidBounds(error)
    }
}

// No source: the text of the bounds' error is the whole text of this one.
impl std::error::Error for RegisterError {}
