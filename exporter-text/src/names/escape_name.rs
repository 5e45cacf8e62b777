//! Names under an [`Escaping`].

use std::borrow::Cow;
use std::fmt::Write as _;

use tickmark::export::{Kind, underscored_label_name, underscored_metric_name};

use crate::negotiate::format::Escaping;

/// Returns a metric name as the scheme writes it. Suffixes follow the result, but for
/// `_total`: see [`counter_stem`].
pub(crate) fn metric_name(escaping: Escaping, name: &str) -> Cow<'_, str> {
    escape(escaping, name, underscored_metric_name)
}

/// Returns a label name as the scheme writes it. Unlike a metric name, it cannot have
/// colons.
pub(crate) fn label_name(escaping: Escaping, name: &str) -> Cow<'_, str> {
    escape(escaping, name, underscored_label_name)
}

/// Returns the escaped name of a counter without `_total`, for its name without `_total`.
/// The scheme escapes name and suffix as one.
pub(crate) fn counter_stem(escaping: Escaping, base: &str) -> String {
    let suffix = Kind::Counter.suffix();
    // Each scheme ends the name in `_total`: `_` stays an underscore or becomes two.
    let mut name = metric_name(escaping, &format!("{base}{suffix}")).into_owned();
    debug_assert!(name.ends_with(suffix), "{name:?} does not end in {suffix}");
    name.truncate(name.len() - suffix.len());
    name
}

fn escape(escaping: Escaping, name: &str, underscored: fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    if escaping == Escaping::AllowUtf8 {
        return Cow::Borrowed(name);
    }
    // The same name if it is a legacy name. Otherwise it has an underscore for each
    // character that a legacy name cannot have there.
    let legacy = underscored(name);
    if escaping == Escaping::Underscores || (escaping == Escaping::Values && *legacy == *name) {
        return legacy;
    }
    let mut escaped = String::from(if escaping == Escaping::Values { "U__" } else { "" });
    for (scalar, legacy) in name.chars().zip(legacy.chars()) {
        match (escaping, scalar) {
            (_, '_') => escaped.push_str("__"),
            (Escaping::Dots, '.') => escaped.push_str("_dot_"),
            (_, scalar) if scalar == legacy => escaped.push(scalar),
            // Writing to a string cannot fail.
            (Escaping::Values, scalar) => _ = write!(escaped, "_{:x}_", u32::from(scalar)),
            _ => escaped.push_str("__"),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use tickmark::export::{is_legacy_label_name, is_legacy_metric_name};

    use super::*;
    use crate::negotiate::format::Escaping::{AllowUtf8, Dots, Underscores, Values};

    const METRIC_START: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:";
    const LABEL_START: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    const DIGITS: &str = "0123456789";

    fn naive_is_legacy(name: &str, start: &str) -> bool {
        !name.is_empty() && naive_spelling(name, start).iter().all(|(_, is_legal)| *is_legal)
    }

    /// Returns the characters, and whether each is legal at its position.
    fn naive_spelling(name: &str, start: &str) -> Vec<(char, bool)> {
        let is_legal = |index, char| start.contains(char) || index > 0 && DIGITS.contains(char);
        name.chars().enumerate().map(|(index, char)| (char, is_legal(index, char))).collect()
    }

    fn naive_escape(escaping: Escaping, name: &str, start: &str) -> String {
        let each = |rule: fn(char, bool) -> String| -> String {
            naive_spelling(name, start)
                .into_iter()
                .map(|(char, is_legal)| rule(char, is_legal))
                .collect()
        };
        match escaping {
            AllowUtf8 => name.to_owned(),
            Underscores => each(|char, is_legal| if is_legal { char } else { '_' }.to_string()),
            Dots => each(|char, is_legal| match char {
                '.' => "_dot_".to_owned(),
                char if is_legal && char != '_' => char.to_string(),
                _ => "__".to_owned(),
            }),
            Values if name.is_empty() || naive_is_legacy(name, start) => name.to_owned(),
            Values => {
                let escaped = each(|char, is_legal| match char {
                    '_' => "__".to_owned(),
                    char if is_legal => char.to_string(),
                    char => format!("_{:x}_", char as u32),
                });
                format!("U__{escaped}")
            }
        }
    }

    /// Restores a name that `values` escaped.
    fn unescape_values(escaped: &str) -> String {
        let Some(mut rest) = escaped.strip_prefix("U__") else { return escaped.to_owned() };
        let mut name = String::new();
        while let Some((plain, special)) = rest.split_once('_') {
            let (hex, after) = special.split_once('_').unwrap();
            name += plain;
            name.push(if hex.is_empty() {
                '_'
            } else {
                char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap()
            });
            rest = after;
        }
        name + rest
    }

    #[test]
    fn metric_names_equal_the_table() {
        for (name, underscores, dots, values) in [
            ("cpu.load_total", "cpu_load_total", "cpu_dot_load__total", "U__cpu_2e_load__total"),
            ("花火", "__", "____", "U___82b1__706b_"),
            ("0day", "_day", "__day", "U___30_day"),
            ("http.route_2", "http_route_2", "http_dot_route__2", "U__http_2e_route__2"),
            ("http_route", "http_route", "http__route", "http_route"),
            ("a:b0", "a:b0", "a:b0", "a:b0"),
            ("a:b.0", "a:b_0", "a:b_dot_0", "U__a:b_2e_0"),
            (".", "_", "_dot_", "U___2e_"),
            ("_", "_", "__", "_"),
            ("花0", "_0", "__0", "U___82b1_0"),
            ("\u{10ffff} \0", "___", "______", "U___10ffff__20__0_"),
            ("", "", "", ""),
        ] {
            assert_eq!(metric_name(AllowUtf8, name), name);
            assert_eq!(metric_name(Underscores, name), underscores);
            assert_eq!(metric_name(Dots, name), dots);
            assert_eq!(metric_name(Values, name), values);
        }
    }

    #[test]
    fn colons_in_label_names_are_escaped() {
        assert!(is_legacy_metric_name(":"));
        assert!(!is_legacy_label_name("a:"));
        assert_eq!(label_name(Underscores, "a:b"), "a_b");
        assert_eq!(label_name(Dots, "a:b"), "a__b");
        assert_eq!(label_name(Values, "a:b"), "U__a_3a_b");
    }

    #[test]
    fn counters_are_escaped_with_their_suffix() {
        for (escaping, base, stem) in [
            (AllowUtf8, "cpu.load", "cpu.load"),
            (Underscores, "cpu.load", "cpu_load"),
            (Dots, "cpu.load", "cpu_dot_load_"),
            (Dots, "jobs", "jobs_"),
            (Values, "cpu.load", "U__cpu_2e_load_"),
            (Values, "jobs", "jobs"),
        ] {
            assert_eq!(counter_stem(escaping, base), stem);
        }
    }

    /// Any string, most often of characters that the schemes treat differently.
    fn name() -> impl Strategy<Value = String> {
        let special = select("aZU019:._-花🎆 \n\0".chars().collect::<Vec<_>>());
        prop_oneof![
            vec(prop_oneof![4 => special, 1 => any::<char>()], 0..8).prop_map(String::from_iter),
            "[a-zA-Z_:][a-zA-Z0-9_:]{0,4}",
        ]
    }

    fn escaping() -> impl Strategy<Value = Escaping> {
        select(vec![AllowUtf8, Underscores, Dots, Values])
    }

    proptest! {
        #[test]
        fn escaped_names_equal_the_naive_version(name in name(), escaping in escaping()) {
            let (metric, label) = (metric_name(escaping, &name), label_name(escaping, &name));
            prop_assert_eq!(metric, naive_escape(escaping, &name, METRIC_START));
            prop_assert_eq!(label, naive_escape(escaping, &name, LABEL_START));
            prop_assert_eq!(is_legacy_metric_name(&name), naive_is_legacy(&name, METRIC_START));
            prop_assert_eq!(is_legacy_label_name(&name), naive_is_legacy(&name, LABEL_START));
        }

        #[test]
        fn escaped_names_are_legacy_names(
            name in name(),
            escaping in select(vec![Underscores, Dots, Values]),
        ) {
            let (metric, label) = (metric_name(escaping, &name), label_name(escaping, &name));
            prop_assert_eq!(is_legacy_metric_name(&metric), !name.is_empty());
            prop_assert_eq!(is_legacy_label_name(&label), !name.is_empty());
        }

        #[test]
        fn values_can_be_restored(name in name()) {
            // A legacy name that looks escaped is not changed, and is restored as
            // another.
            prop_assume!(!(name.starts_with("U__") && is_legacy_metric_name(&name)));
            prop_assert_eq!(unescape_values(&metric_name(Values, &name)), name.as_str());
            prop_assert_eq!(unescape_values(&label_name(Values, &name)), name.as_str());
        }

        #[test]
        fn counter_names_are_escaped_as_one(base in name(), escaping in escaping()) {
            let whole = naive_escape(escaping, &(base.clone() + "_total"), METRIC_START);
            prop_assert_eq!(counter_stem(escaping, &base) + "_total", whole);
        }
    }
}
