//! Names of metrics and labels, checked once at registration.

use crate::error::RegisterError;
use crate::value::Kind;

/// Label names that expositions use themselves.
const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

/// What a counter's samples end in; exporters add it to the base name.
pub(crate) const TOTAL: &str = "_total";

/// What the samples of an info family end in; exporters add it to the base name.
const INFO: &str = "_info";

/// The base name of a metric: that of a counter may be given with or without `_total`, and that of an info family with
/// or without `_info`.
pub(crate) fn base(given: &str, kind: Kind) -> Result<&str, RegisterError> {
    let (suffix, twice) = match kind {
        Kind::Counter => (TOTAL, "it ends in _total twice"),
        Kind::Info => (INFO, "it ends in _info twice"),
        _ => ("", ""),
    };
    let base = given.strip_suffix(suffix).unwrap_or(given);
    let reason = if base.is_empty() {
        "it is empty"
    } else if base.starts_with(|first: char| first.is_ascii_digit()) {
        "it starts with a digit"
    } else if !base.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == ':') {
        "only letters, digits, _ and : may be in it"
    } else if !suffix.is_empty() && base.ends_with(suffix) {
        twice
    } else {
        return Ok(base);
    };
    Err(RegisterError::InvalidName { name: given.into(), reason })
}

pub(crate) fn check_labels(metric: &str, labels: &[&str]) -> Result<(), RegisterError> {
    for (place, label) in labels.iter().enumerate() {
        let reason = if label.is_empty() {
            "it is empty"
        } else if RESERVED_LABELS.contains(label) {
            "expositions use it themselves"
        } else if label.starts_with("__") {
            "names that start with __ are reserved"
        } else if label.starts_with(|first: char| first.is_ascii_digit()) {
            "it starts with a digit"
        } else if !label.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') {
            "only letters, digits and _ may be in it"
        } else if labels.iter().take(place).any(|before| before == label) {
            "it occurs twice"
        } else {
            continue;
        };
        return Err(RegisterError::InvalidLabel { label: (*label).into(), metric: metric.into(), reason });
    }
    Ok(())
}
