//! Names under every escaping, beside the table of the format and a naive version.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tickmark_text::Escaping::{AllowUtf8, Dots, Underscores, Values};
use tickmark_text::{Escaping, is_legacy_label_name, is_legacy_metric_name};

const METRIC_START: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:";
const LABEL_START: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
const DIGITS: &str = "0123456789";

fn naive_is_legacy(name: &str, start: &str) -> bool {
    !name.is_empty() && naive_spelling(name, start).iter().all(|(_, is_legal)| *is_legal)
}

/// The characters, and whether each may stand where it does.
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

/// The name that `values` escaped.
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
fn names_of_the_table() {
    for (name, underscores, dots, values) in [
        ("cpu.load_total", "cpu_load_total", "cpu_dot_load__total", "U__cpu_2e_load__total"),
        ("花火", "__", "____", "U___82b1__706b_"),
        ("0day", "_day", "__day", "U___30_day"),
        ("http_route", "http_route", "http__route", "http_route"),
        ("a:b0", "a:b0", "a:b0", "a:b0"),
        ("a:b.0", "a:b_0", "a:b_dot_0", "U__a:b_2e_0"),
        (".", "_", "_dot_", "U___2e_"),
        ("_", "_", "__", "_"),
        ("花0", "_0", "__0", "U___82b1_0"),
        ("\u{10ffff} \0", "___", "______", "U___10ffff__20__0_"),
        ("", "", "", ""),
    ] {
        assert_eq!(AllowUtf8.metric_name(name), name);
        assert_eq!(Underscores.metric_name(name), underscores);
        assert_eq!(Dots.metric_name(name), dots);
        assert_eq!(Values.metric_name(name), values);
    }
}

#[test]
fn a_colon_is_legal_in_metric_names_only() {
    assert!(is_legacy_metric_name(":"));
    assert!(!is_legacy_label_name("a:"));
    assert_eq!(Underscores.label_name("a:b"), "a_b");
    assert_eq!(Dots.label_name("a:b"), "a__b");
    assert_eq!(Values.label_name("a:b"), "U__a_3a_b");
}

#[test]
fn counters_are_escaped_with_their_suffix() {
    for (escaping, base, sample, family) in [
        (AllowUtf8, "cpu.load", "cpu.load_total", "cpu.load"),
        (Underscores, "cpu.load", "cpu_load_total", "cpu_load"),
        (Dots, "cpu.load", "cpu_dot_load__total", "cpu_dot_load_"),
        (Dots, "jobs", "jobs__total", "jobs_"),
        (Values, "cpu.load", "U__cpu_2e_load__total", "U__cpu_2e_load_"),
        (Values, "jobs", "jobs_total", "jobs"),
    ] {
        let name = escaping.counter_name(base);
        assert_eq!((name.sample_name(), name.openmetrics_family_name()), (sample, family));
    }
}

/// Any string, most often one of letters with a meaning.
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
        prop_assert_eq!(escaping.metric_name(&name), naive_escape(escaping, &name, METRIC_START));
        prop_assert_eq!(escaping.label_name(&name), naive_escape(escaping, &name, LABEL_START));
        prop_assert_eq!(is_legacy_metric_name(&name), naive_is_legacy(&name, METRIC_START));
        prop_assert_eq!(is_legacy_label_name(&name), naive_is_legacy(&name, LABEL_START));
    }

    #[test]
    fn escaped_names_are_legacy_names(name in name(), escaping in select(vec![Underscores, Dots, Values])) {
        prop_assert_eq!(is_legacy_metric_name(&escaping.metric_name(&name)), !name.is_empty());
        prop_assert_eq!(is_legacy_label_name(&escaping.label_name(&name)), !name.is_empty());
    }

    #[test]
    fn values_can_be_read_back(name in name()) {
        // A legacy name that looks escaped stays as it is, and reads back as another.
        prop_assume!(!(name.starts_with("U__") && is_legacy_metric_name(&name)));
        prop_assert_eq!(unescape_values(&Values.metric_name(&name)), name.as_str());
        prop_assert_eq!(unescape_values(&Values.label_name(&name)), name.as_str());
    }

    #[test]
    fn counters_are_escaped_as_one_name(base in name(), escaping in escaping()) {
        let name = escaping.counter_name(&base);
        prop_assert_eq!(name.sample_name(), naive_escape(escaping, &(base + "_total"), METRIC_START));
        prop_assert_eq!(name.openmetrics_family_name(), &name.sample_name()[..name.sample_name().len() - 6]);
    }
}
