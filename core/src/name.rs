//! Names of metrics and labels, checked once at registration.

use crate::error::RegisterError;

/// Label names that expositions use themselves.
const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

/// What a counter's samples end in; exporters add it to the base name.
pub(crate) const TOTAL: &str = "_total";

/// The base name of a metric: that of a counter may be given with or without `_total`.
pub(crate) fn base(given: &str, is_counter: bool) -> Result<&str, RegisterError> {
    let base = if is_counter { given.strip_suffix(TOTAL).unwrap_or(given) } else { given };
    let reason = if base.is_empty() {
        "it is empty"
    } else if base.starts_with(|first: char| first.is_ascii_digit()) {
        "it starts with a digit"
    } else if !base.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == ':') {
        "only letters, digits, _ and : may be in it"
    } else if is_counter && base.ends_with(TOTAL) {
        "it ends in _total twice"
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
