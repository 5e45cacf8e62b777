//! Names of metrics and labels, checked once at registration.

use crate::error::RegisterError;

/// Label names that expositions use themselves.
const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

/// What a counter's samples end in; exporters add it to the base name.
pub(crate) const TOTAL: &str = "_total";

/// The base name of a counter that may be given with or without `_total`.
pub(crate) fn counter_base(name: &str) -> Result<&str, RegisterError> {
    let base = name.strip_suffix(TOTAL).unwrap_or(name);
    if base.ends_with(TOTAL) {
        return Err(RegisterError::InvalidName { name: name.into(), reason: "it ends in _total twice" });
    }
    Ok(base)
}

pub(crate) fn check_metric(name: &str) -> Result<(), RegisterError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.starts_with(|first: char| first.is_ascii_digit()) {
        "it starts with a digit"
    } else if !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == ':') {
        "only letters, digits, _ and : may be in it"
    } else {
        return Ok(());
    };
    Err(RegisterError::InvalidName { name: name.into(), reason })
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
