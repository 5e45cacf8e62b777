//! Errors of registration.

use std::error::Error;
use std::fmt;

use crate::bounds::error::BoundsError;

/// A refused registration; nothing of it is registered.
///
/// `Debug` shows the same text as `Display`, so that a `main` that returns it, and
/// `unwrap`, show the remedy.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum RegisterError {
    /// Not a valid metric name.
    InvalidName {
        /// The name as given, with the prefix of the registry.
        name: Box<str>,
        /// The rule that it breaks.
        reason: NameReason,
    },
    /// The help text is empty.
    EmptyHelp {
        /// The metric without help.
        name: Box<str>,
    },
    /// Not a valid label name, or one that repeats another label of the metric.
    InvalidLabel {
        /// The label name as given.
        label: Box<str>,
        /// The metric that it is for.
        metric: Box<str>,
        /// The rule that it breaks.
        reason: NameReason,
    },
    /// Another family has a name that this family needs, as its own or with a suffix.
    Clash {
        /// The refused family: its kind, and its name as given.
        refused: Box<str>,
        /// The registered family: its kind, and its name as exposed.
        owner: Box<str>,
        /// The name that both need.
        claimed: Box<str>,
        /// How the two differ.
        difference: Difference,
    },
    /// The bounds of a histogram are invalid.
    InvalidBounds(BoundsError),
    /// The bounds of a setting are invalid.
    InvalidSetting {
        /// The setting.
        setting: &'static str,
        /// The error of its bounds.
        error: BoundsError,
    },
    /// A label set that an open family refuses.
    InvalidLabels(LabelError),
    /// The name of a collector is empty, or taken by another.
    InvalidCollector {
        /// The name as given.
        name: Box<str>,
        /// The rule that it breaks.
        reason: NameReason,
    },
}

impl fmt::Debug for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName { name, reason } => {
                write!(f, "invalid metric name {name:?}: {reason}")
            }
            Self::EmptyHelp { name } => {
                write!(f, "empty help text of metric {name:?}: say what it measures")
            }
            Self::InvalidLabel { label, metric, reason } => {
                write!(f, "invalid label name {label:?} of metric {metric:?}: {reason}")
            }
            Self::Clash { refused, owner, claimed, difference } => {
                write!(f, "{refused} clashes with the registered {owner}: ")?;
                match difference {
                    Difference::Name => {
                        write!(f, "both need the name {claimed:?}; rename one, or use a prefix")
                    }
                    Difference::Function => {
                        f.write_str("functions cannot be reused; unregister the registered one")
                    }
                    Difference::None => f.write_str(
                        "the definitions are equal; clone the metric, register both through \
                         with_reuse(), or use a prefix",
                    ),
                    Difference::Other { part, refused, owner } => {
                        write!(f, "{part} {refused}, registered {owner}")?;
                        f.write_str(match part {
                            Part::ConstantLabels => {
                                "; make it a label of one family, or use a prefix"
                            }
                            _ => "; make both alike, or use another name",
                        })
                    }
                }
            }
            Self::InvalidBounds(error) => error.fmt(f),
            // A remedy would name another type of bounds, which a setting does not
            // accept.
            Self::InvalidSetting { setting, error } => {
                write!(f, "invalid {setting}: ")?;
                error.write_rule(f)
            }
            Self::InvalidLabels(error) => error.fmt(f),
            Self::InvalidCollector { name, reason } => {
                write!(f, "invalid collector name {name:?}: {reason}")
            }
        }
    }
}

/// The rule that a name breaks.
///
/// ```
/// use tickmark::{NameReason, RegisterError, Registry};
///
/// let error = Registry::new().gauge("größe", "Size.").unwrap_err();
/// let RegisterError::InvalidName { reason, .. } = &error else { panic!("{error}") };
/// assert_eq!(*reason, NameReason::Character('ö'));
/// assert_eq!(
///     error.to_string(),
///     "invalid metric name \"größe\": 'ö' is not an ASCII letter, digit or _; \
///      use _, or Registry::with_utf8_names",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameReason {
    /// The name is empty.
    Empty,
    /// Only the suffix that exporters add is there: `_total` of a counter, `_info` of an
    /// info family.
    OnlySuffix(&'static str),
    /// The suffix that exporters add is there twice.
    SuffixTwice(&'static str),
    /// The name starts with a digit.
    Digit,
    /// A character that only UTF-8 names may have.
    Character(char),
    /// The name starts with `U__`, as names in escaped form do.
    Escaped,
    /// The name contains NUL, for which Prometheus refuses the whole page.
    Nul,
    /// The name does not end in an underscore and the unit of
    /// [`Registry::with_unit`](crate::Registry::with_unit).
    Unit(Box<str>),
    /// A label name that exposition formats use: `le`, `quantile`, names that start with
    /// `__`, and names that equal `__name__` in escaped form.
    Reserved,
    /// A label name that equals another one of the metric, as it is or in escaped form.
    Repeated,
    /// A label name that equals this one, of another series of an open family, in escaped
    /// form.
    Alike(Box<str>),
    /// A collector name that another collector of the registry has.
    Taken,
}

impl fmt::Display for NameReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "must not be empty"),
            Self::OnlySuffix(suffix) => write!(f, "expected a name before {suffix}"),
            Self::SuffixTwice(suffix) => write!(f, "must not end in {suffix} twice"),
            Self::Digit => write!(f, "must not start with a digit"),
            Self::Character(character) => write!(
                f,
                "{character:?} is not an ASCII letter, digit or _; \
                 use _, or Registry::with_utf8_names"
            ),
            Self::Escaped => write!(f, "must not start with U__, which marks escaped names"),
            Self::Nul => write!(f, "must not contain NUL, for which Prometheus refuses the page"),
            Self::Unit(unit) if unit.is_empty() => write!(f, "the unit must not be empty"),
            Self::Unit(unit) => write!(f, "must end in _{unit}, the unit of Registry::with_unit"),
            Self::Reserved => write!(f, "reserved for exposition formats; choose another name"),
            Self::Repeated => f.write_str(
                "repeats another label of the metric, constant labels included; rename one",
            ),
            Self::Alike(other) => {
                write!(f, "equals the label {other:?} of the family in escaped form; rename one")
            }
            Self::Taken => f.write_str(
                "taken by another collector of the registry; \
                 choose another name, or unregister it",
            ),
        }
    }
}

/// Converts the error of bounds, so that `?` serves bounds and registrations alike.
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

/// Converts the error of an open family, so that `?` serves registrations and label sets
/// alike.
///
/// ```
/// use tickmark::{Counter, RegisterError, Registry};
///
/// fn run() -> Result<(), RegisterError> {
///     let queries = Registry::new().open_family::<Counter>("queries", "Queries.", &())?;
///     queries.with(&[("le", "1")])?.inc();
///     Ok(())
/// }
/// assert!(matches!(run(), Err(RegisterError::InvalidLabels(_))));
/// ```
impl From<LabelError> for RegisterError {
    fn from(error: LabelError) -> Self {
        Self::InvalidLabels(error)
    }
}

// No source: the text of the converted error is the whole text of this one.
impl Error for RegisterError {}

/// How a refused family differs from the registered one that it clashes with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// In kind, or in name: two families of different names may need the same name on a
    /// page.
    Name,
    /// In one part of the definition, at the same name and kind.
    Other {
        /// The first part that differs.
        part: Part,
        /// That part of the refused family.
        refused: Box<str>,
        /// That part of the registered family.
        owner: Box<str>,
    },
    /// In the function of a computed metric: functions cannot be compared.
    Function,
    /// Not at all. [`Registry::with_reuse`](crate::Registry::with_reuse) would return the
    /// registered one, if both are registered through it.
    None,
}

/// A part of the definition of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The label names, in order.
    LabelNames,
    /// The constant labels, in order.
    ConstantLabels,
    /// The bounds of a histogram.
    Bounds,
    /// The scale of a histogram.
    Scale,
    /// The unit.
    Unit,
    /// The help text.
    Help,
    /// Whether times of creation are kept.
    CreatedTimes,
    /// Whether bounds are written as plain decimals.
    PlainBounds,
    /// Whether the label names of an open family may be any UTF-8 text.
    Utf8Names,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LabelNames => "label names",
            Self::ConstantLabels => "constant labels",
            Self::Bounds => "bounds",
            Self::Scale => "scale",
            Self::Unit => "unit",
            Self::Help => "help",
            Self::CreatedTimes => "with_created_times",
            Self::PlainBounds => "with_plain_bounds",
            Self::Utf8Names => "with_utf8_names",
        })
    }
}

/// A label set that an open family refuses.
///
/// `Debug` shows the same text as `Display`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabelError {
    /// The invalid or repeated label name, as given.
    pub label: Box<str>,
    /// The rule that it breaks.
    pub reason: NameReason,
}

impl LabelError {
    /// Returns the error of a registration of this metric.
    pub(crate) fn of_metric(self, metric: &str) -> RegisterError {
        RegisterError::InvalidLabel {
            label: self.label,
            metric: metric.into(),
            reason: self.reason,
        }
    }
}

impl fmt::Debug for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid label name {:?}: {}", self.label, self.reason)
    }
}

impl Error for LabelError {}
