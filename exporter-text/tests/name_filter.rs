//! The families that a query selects.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use tickmark_text::NameFilter;

#[track_caller]
fn check(query: &str, names: &[(&str, bool)]) {
    let filter = NameFilter::parse(query).unwrap();
    for (name, is_kept) in names {
        assert_eq!(filter.keeps([*name]), *is_kept, "{query}: {name}");
    }
}

#[test]
fn only_named_families_are_kept() {
    check(
        "name[]=a&name[]=b",
        &[("a", true), ("b", true), ("c", false), ("ab", false), ("", false)],
    );
    check("x=1&name[]=a&name[]=a&&y", &[("a", true), ("b", false), ("1", false), ("y", false)]);
    check("name%5B%5D=a&n%61me%5b]=b", &[("a", true), ("b", true), ("c", false)]);
    check("name[]=a=b", &[("a=b", true), ("a", false)]);
    check("name[]=my.metric+%2B%20%26%e8%8a%b1花", &[("my.metric + &花花", true)]);
    check("name[]=a%2", &[("a%2", true)]);
    check("name[]=%zz%4g%%41", &[("%zz%4g%A", true)]);
    check("name[]=%ff", &[("\u{fffd}", false), ("\u{ff}", false), ("", false)]);
    // An empty name is a name.
    check("name[]=", &[("", true), ("a", false)]);
    check("name[]", &[("a", false)]);
}

#[test]
fn query_without_names_keeps_all() {
    for query in
        ["", "&", "name=a", "name[=a", "names[]=a", "Name[]=a", "a=name[]", "%=name[]&debug"]
    {
        assert_eq!(NameFilter::parse(query), Ok(NameFilter::default()), "{query}");
        assert!(NameFilter::parse(query).unwrap().keeps(["b"]));
        assert!(NameFilter::parse(query).unwrap().keeps([]));
    }
}

#[test]
fn one_matching_name_keeps_the_family() {
    let filter = NameFilter::parse("name[]=x_sum").unwrap();
    assert!(filter.keeps(["x", "x_bucket", "x_sum"]));
    assert!(!filter.keeps(["y", "y_sum"]));
    assert!(!filter.keeps([]));
}

#[test]
fn names_over_the_limit_are_an_error() {
    let query = |count: usize| vec!["name[]=a"; count].join("&") + &"&x=1".repeat(2_000);
    assert!(NameFilter::parse(&query(1_024)).is_ok());
    let error = NameFilter::parse(&query(1_025)).unwrap_err();
    assert_eq!(error.to_string(), "invalid query: more than 1024 names in name[]");
}

/// Encodes the text of a parameter: each byte raw or in hexadecimal digits, as the bits
/// of `encoded` select.
fn encode(text: &str, encoded: u32) -> String {
    let mut query = String::new();
    for (index, byte) in text.bytes().enumerate() {
        let is_encoded = !byte.is_ascii_alphanumeric() || encoded >> (index % 32) & 1 == 1;
        match byte {
            b' ' if encoded & 1 == 1 => query.push('+'),
            byte if !is_encoded => query.push(char::from(byte)),
            byte if encoded & 2 == 2 => write!(query, "%{byte:02x}").unwrap(),
            byte => write!(query, "%{byte:02X}").unwrap(),
        }
    }
    query
}

proptest! {
    #[test]
    fn encoded_names_are_kept(
        names in vec((".{0,3}|[ab +%&=]{1,2}", any::<u32>()), 1..6),
        others in vec((".{0,3}|[ab +%&=]{1,2}", any::<u32>()), 0..6),
    ) {
        let selected = names.iter().map(|(name, encoded)| {
            format!("name[]={}", encode(name, *encoded))
        });
        let ignored = others.iter().map(|(name, encoded)| {
            format!("name={0}&x{0}", encode(name, *encoded))
        });
        let query = selected.chain(ignored).collect::<Vec<_>>().join("&");
        let filter = NameFilter::parse(&query).unwrap();
        for (name, _) in names.iter().chain(&others) {
            let is_selected = names.iter().any(|(selected, _)| selected == name);
            prop_assert_eq!(filter.keeps([name.as_str()]), is_selected, "{} in {}", name, query);
        }
    }

    #[test]
    fn any_query_parses(query in "(.|[%&=+]|name\\[\\]=|%[0-9a-zA-Z]{2}){0,40}") {
        prop_assert!(NameFilter::parse(&query).is_ok());
    }
}
