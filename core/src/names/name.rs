//! Names of metrics and labels, checked once at registration.

use std::borrow::Cow;

use crate::names::error::{LabelError, NameReason, RegisterError};
use crate::names::legacy::{self, are_labels_alike};
use crate::value::Kind;

/// Label names of exposition formats, and the label that Prometheus keeps the name of the
/// metric in: it refuses a page that sets it twice.
const RESERVED_LABELS: [&str; 3] = ["le", "quantile", "__name__"];

/// Ends a name, or a label of an exemplar, for the parsers of Prometheus, which then
/// reject the whole page. They accept it in label values and in help.
pub(crate) const NUL: char = '\0';

/// The prefix of names in escaped form.
const ESCAPED: &str = "U__";

/// Returns the name of a family as faults name it: the base name with the suffix of all
/// its samples. An invalid name may end in it already.
pub(crate) fn exposed<'a>(name: &'a str, suffix: &str) -> Cow<'a, str> {
    if name.ends_with(suffix) { name.into() } else { format!("{name}{suffix}").into() }
}

/// Returns the base name of a metric. A counter may be given with or without `_total`, an
/// info family with or without `_info`.
///
/// # Errors
/// If the name breaks a rule.
pub(crate) fn base(given: &str, kind: Kind, allows_utf8: bool) -> Result<&str, RegisterError> {
    let suffix = kind.suffix();
    let base = given.strip_suffix(suffix).unwrap_or(given);
    let reason = if given.is_empty() {
        NameReason::Empty
    } else if base.is_empty() {
        NameReason::OnlySuffix(suffix)
    } else if base.starts_with(ESCAPED) {
        NameReason::Escaped
    } else if !suffix.is_empty() && base.ends_with(suffix) {
        NameReason::SuffixTwice(suffix)
    } else if base.contains(NUL) {
        NameReason::Nul
    } else if allows_utf8 {
        return Ok(base);
    } else if let Some(reason) = broken_rule(base, legacy::allows_in_metric) {
        reason
    } else {
        return Ok(base);
    };
    Err(RegisterError::InvalidName { name: given.into(), reason })
}

/// Checks the label names of a metric, constant labels included.
///
/// # Errors
/// If a name breaks a rule, or repeats another one.
pub(crate) fn check_labels(labels: &[&str], allows_utf8: bool) -> Result<(), LabelError> {
    for (index, label) in labels.iter().enumerate() {
        let reason = if label.is_empty() {
            NameReason::Empty
        } else if is_reserved(label) {
            NameReason::Reserved
        } else if label.starts_with(ESCAPED) {
            NameReason::Escaped
        } else if labels.iter().take(index).any(|before| are_labels_alike(before, label)) {
            NameReason::Repeated
        } else if label.contains(NUL) {
            NameReason::Nul
        } else if allows_utf8 {
            continue;
        } else if let Some(reason) = broken_rule(label, legacy::allows_in_label) {
            reason
        } else {
            continue;
        };
        return Err(LabelError { label: (*label).into(), reason });
    }
    Ok(())
}

/// Returns whether a label name is reserved. Any name may begin with `__` in escaped form
/// only, such as `花火`.
fn is_reserved(label: &str) -> bool {
    label.starts_with("__")
        || RESERVED_LABELS.iter().any(|reserved| are_labels_alike(reserved, label))
}

/// Rejects a label name that equals a different known name in escaped form.
pub(crate) fn check_alike<'a>(
    label: &str,
    mut known: impl Iterator<Item = &'a str>,
) -> Result<(), LabelError> {
    match known.find(|known| *known != label && are_labels_alike(known, label)) {
        Some(other) => {
            Err(LabelError { label: label.into(), reason: NameReason::Alike(other.into()) })
        }
        None => Ok(()),
    }
}

/// Returns the rule of legacy names that a name breaks, if any.
fn broken_rule(name: &str, allows: fn(usize, char) -> bool) -> Option<NameReason> {
    match name.char_indices().find(|(index, character)| !allows(*index, *character))? {
        (0, '0'..='9') => Some(NameReason::Digit),
        (_, character) => Some(NameReason::Character(character)),
    }
}
