//! What can be wrong with the settings.

use std::fmt;

use tickmark::{BoundsError, RegisterError};

/// Settings of which no metrics can be made; nothing is registered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BuildError {
    /// The registry refuses a family: mostly because it has one of that name, or because
    /// the prefix is none.
    Register(RegisterError),
    /// No histogram can have these bounds.
    Bounds {
        /// Which of the settings.
        what: &'static str,
        /// What is wrong with it.
        error: BoundsError,
    },
}

impl From<RegisterError> for BuildError {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(error) => error.fmt(f),
            Self::Bounds { what, error } => write!(f, "invalid {what} bounds: {error}"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Shown in full by `Display` above.
            Self::Register(_) => None,
            Self::Bounds { error, .. } => Some(error),
        }
    }
}
