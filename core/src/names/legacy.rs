//! Legacy names: those that every reader accepts without quotes.

use std::borrow::Cow;

/// Returns whether every reader accepts `name` as a metric name without quotes:
/// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
///
/// ```
/// use tickmark::export::is_legacy_metric_name;
///
/// assert!(is_legacy_metric_name("job:requests_total"));
/// assert!(!is_legacy_metric_name("http.requests"));
/// assert!(!is_legacy_metric_name(""));
/// ```
#[must_use]
pub fn is_legacy_metric_name(name: &str) -> bool {
    is_legacy(name, allows_in_metric)
}

/// Returns whether every reader accepts `name` as a label name without quotes:
/// `[a-zA-Z_][a-zA-Z0-9_]*`.
///
/// ```
/// use tickmark::export::is_legacy_label_name;
///
/// assert!(is_legacy_label_name("status_2xx"));
/// assert!(!is_legacy_label_name("2xx"));
/// assert!(!is_legacy_label_name("a:b"));
/// ```
#[must_use]
pub fn is_legacy_label_name(name: &str) -> bool {
    is_legacy(name, allows_in_label)
}

/// Returns a metric name with an underscore for each character that a legacy name cannot
/// have there: the escaping scheme `underscores`.
///
/// ```
/// use tickmark::export::underscored_metric_name;
///
/// assert_eq!(underscored_metric_name("http.requests"), "http_requests");
/// assert_eq!(underscored_metric_name("5xx"), "_xx");
/// ```
#[must_use]
pub fn underscored_metric_name(name: &str) -> Cow<'_, str> {
    underscored(name, allows_in_metric)
}

/// Returns a label name with an underscore for each character that a legacy name cannot
/// have there: the escaping scheme `underscores`.
///
/// ```
/// use tickmark::export::underscored_label_name;
///
/// assert_eq!(underscored_label_name("k8s:pod.name"), "k8s_pod_name");
/// ```
#[must_use]
pub fn underscored_label_name(name: &str) -> Cow<'_, str> {
    underscored(name, allows_in_label)
}

/// Returns whether two label names are equal in escaped form.
pub(crate) fn are_labels_alike(one: &str, other: &str) -> bool {
    escaped(one, allows_in_label).eq(escaped(other, allows_in_label))
}

/// Returns whether a legacy metric name may have this character at this byte.
#[inline]
pub(crate) fn allows_in_metric(index: usize, character: char) -> bool {
    character == ':' || allows_in_label(index, character)
}

/// Returns whether a legacy label name may have this character at this byte.
#[inline]
pub(crate) fn allows_in_label(index: usize, character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '_' => true,
        '0'..='9' => index > 0,
        _ => false,
    }
}

/// Returns whether each character is allowed. By bytes, because exporters check each name
/// of a page; the bytes of characters beyond ASCII are never allowed.
fn is_legacy(name: &str, allows: impl Fn(usize, char) -> bool) -> bool {
    !name.is_empty() && name.bytes().enumerate().all(|(index, byte)| allows(index, byte.into()))
}

fn underscored(name: &str, allows: impl Fn(usize, char) -> bool) -> Cow<'_, str> {
    if name.is_empty() || is_legacy(name, &allows) {
        return Cow::Borrowed(name);
    }
    escaped(name, allows).collect()
}

fn escaped(name: &str, allows: impl Fn(usize, char) -> bool) -> impl Iterator<Item = char> {
    let escape = move |(index, character)| if allows(index, character) { character } else { '_' };
    name.char_indices().map(escape)
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn underscored_names_are_legacy(name in "[a-c0-2_:.é ]{0,6}") {
            let (metric, label) = (underscored_metric_name(&name), underscored_label_name(&name));
            prop_assert_eq!(is_legacy_metric_name(&metric), !name.is_empty());
            prop_assert_eq!(is_legacy_label_name(&label), !name.is_empty());
            prop_assert_eq!(metric.chars().count(), name.chars().count());
            prop_assert_eq!(label.chars().count(), name.chars().count());
            prop_assert_eq!(*metric == *name, is_legacy_metric_name(&name) || name.is_empty());
            prop_assert_eq!(*label == *name, is_legacy_label_name(&name) || name.is_empty());
        }
    }
}
