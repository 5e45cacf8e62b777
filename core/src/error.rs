//! What registration refuses.

use std::fmt;

/// A family that a registry refuses; nothing of it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name is none that every scraper takes.
    InvalidName {
        /// As given.
        name: Box<str>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No help was given; a reader of the page needs it.
    EmptyHelp {
        /// The metric without help.
        name: Box<str>,
    },
    /// A label name is invalid, reserved, or there twice.
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
        /// The family that is refused.
        name: Box<str>,
        /// The family that is there already.
        owner: Box<str>,
        /// The name that both need.
        claimed: Box<str>,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName { name, reason } => write!(f, "invalid metric name {name:?}: {reason}"),
            Self::EmptyHelp { name } => write!(f, "metric {name:?} has an empty help text"),
            Self::InvalidLabel { label, metric, reason } => {
                write!(f, "invalid label name {label:?} of metric {metric:?}: {reason}")
            }
            Self::Clash { name, owner, .. } if name == owner => write!(f, "metric {name:?} is registered already"),
            Self::Clash { name, owner, claimed } => {
                write!(f, "metric {name:?} clashes with {owner:?}, registered already: both need the name {claimed:?}")
            }
        }
    }
}

impl std::error::Error for RegisterError {}
