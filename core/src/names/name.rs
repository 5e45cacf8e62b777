//! Names of metrics and labels, checked once at registration.

use crate::names::error::RegisterError;
use crate::value::Kind;

/// Label names that expositions use themselves.
const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

/// What a counter's samples end in; exporters add it to the base name.
pub(crate) const TOTAL: &str = "_total";

/// What the samples of an info family end in; exporters add it to the base name.
const INFO: &str = "_info";

/// Ends the text of a name, and of an exemplar's label, for the parsers of Prometheus,
/// which then refuse the whole page. They take it in label values and in help.
pub(crate) const NUL: char = '\0';

const HAS_NUL: &str = "it contains NUL, for which Prometheus refuses the whole page";

/// What names begin with that exposition formats make of names which they cannot express.
const ESCAPED: &str = "U__";

/// The end of all sample names of a family of this kind.
pub(crate) fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => TOTAL,
        Kind::Info => INFO,
        _ => "",
    }
}

/// A family as faults name it: by its base name, with the suffix that all its samples
/// have. A name that is not valid may end in it already.
pub(crate) fn exposed(name: &str, kind: Kind) -> Box<str> {
    let suffix = suffix(kind);
    if name.ends_with(suffix) { name.into() } else { format!("{name}{suffix}").into() }
}

/// The base name of a metric: that of a counter may be given with or without `_total`,
/// and that of an info family with or without `_info`.
pub(crate) fn base(given: &str, kind: Kind, allows_utf8: bool) -> Result<&str, RegisterError> {
    let suffix = suffix(kind);
    let twice =
        if kind == Kind::Info { "it ends in _info twice" } else { "it ends in _total twice" };
    let base = given.strip_suffix(suffix).unwrap_or(given);
    let reason = if base.is_empty() {
        "it is empty"
    } else if base.starts_with(ESCAPED) {
        "names that start with U__ stand for escaped ones"
    } else if !suffix.is_empty() && base.ends_with(suffix) {
        twice
    } else if base.contains(NUL) {
        HAS_NUL
    } else if allows_utf8 {
        return Ok(base);
    } else if base.starts_with(|first: char| first.is_ascii_digit()) {
        "it starts with a digit"
    } else if !base.chars().all(is_legacy) {
        "only letters, digits, _ and : may be in it"
    } else {
        return Ok(base);
    };
    Err(RegisterError::InvalidName { name: given.into(), reason })
}

pub(crate) fn check_labels(
    metric: &str,
    labels: &[&str],
    allows_utf8: bool,
) -> Result<(), RegisterError> {
    for (place, label) in labels.iter().enumerate() {
        let reason = if label.is_empty() {
            "it is empty"
        } else if RESERVED_LABELS.contains(label) {
            "expositions use it themselves"
        } else if label.starts_with("__") {
            "names that start with __ are reserved"
        } else if label.starts_with(ESCAPED) {
            "names that start with U__ stand for escaped ones"
        } else if labels
            .iter()
            .take(place)
            .any(|before| folded_label(before) == folded_label(label))
        {
            "it occurs twice"
        } else if label.contains(NUL) {
            HAS_NUL
        } else if allows_utf8 {
            continue;
        } else if label.starts_with(|first: char| first.is_ascii_digit()) {
            "it starts with a digit"
        } else if !label.chars().all(is_legacy_in_label) {
            "only letters, digits and _ may be in it"
        } else {
            continue;
        };
        return Err(RegisterError::InvalidLabel {
            label: (*label).into(),
            metric: metric.into(),
            reason,
        });
    }
    Ok(())
}

/// Whether every scraper takes this character in the name of a metric, but for digits as
/// the first.
fn is_legacy(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_' || char == ':'
}

/// Whether every scraper takes this character in the name of a label, but for digits as
/// the first.
fn is_legacy_in_label(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// Whether every scraper takes this name of a label.
pub(crate) fn is_legacy_label(name: &str) -> bool {
    let starts_legally = !name.starts_with(|first: char| first.is_ascii_digit());
    !name.is_empty() && starts_legally && name.chars().all(is_legacy_in_label)
}

/// A metric's name as the poorest reader sees it: what it does not take is an underscore.
/// Names that differ only in that would be one to it, so they clash.
pub(crate) fn folded(name: &str) -> String {
    let is_first_digit = |place: usize, char: char| place == 0 && char.is_ascii_digit();
    let fold =
        |(place, char)| if is_legacy(char) && !is_first_digit(place, char) { char } else { '_' };
    name.chars().enumerate().map(fold).collect()
}

fn folded_label(name: &str) -> String {
    folded(name).replace(':', "_")
}
