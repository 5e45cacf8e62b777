//! Scopes: prefixes, constant labels, and the errors they cause.

#![cfg(not(tickmark_loom))]

use std::ops::ControlFlow;

use proptest::prelude::*;
use tickmark::collect::Collection;
use tickmark::export::Scratch;
use tickmark::{NameReason, RegisterError, Registry};

const HELP: &str = "Counted things.";

/// Every exposed series: its family's name, and its labels.
fn exposed(registry: &Registry) -> Vec<(String, Vec<(String, String)>)> {
    let mut exposed = Vec::new();
    for family in registry.families().iter() {
        let names: Vec<_> = family.label_names().map(String::from).collect();
        assert_eq!(family.label_names().len(), names.len());
        _ = family.visit(0, &mut Scratch::default(), |series, _| {
            let values: Vec<_> = series.label_values().map(String::from).collect();
            assert_eq!(values.len(), names.len());
            exposed.push((family.name().to_owned(), names.iter().cloned().zip(values).collect()));
            ControlFlow::Continue(())
        });
    }
    exposed
}

fn series(name: &str, labels: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
    (
        name.to_owned(),
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    )
}

#[test]
fn prefixes_and_labels_combine_in_any_order() {
    let registry = Registry::new();
    let cache = registry
        .with_prefix("shop_")
        .with_label("zone", "b")
        .with_prefix("cache_")
        .with_label("tier", "");
    _ = cache.counter_family("hits_total", HELP, ["page"]).unwrap().with(["/"]);
    _ = cache.gauge("size", HELP).unwrap();
    _ = registry.with_prefix("").gauge("plain", HELP).unwrap();
    assert_eq!(
        exposed(&registry),
        [
            series("plain", &[]),
            series("shop_cache_hits", &[("zone", "b"), ("tier", ""), ("page", "/")]),
            series("shop_cache_size", &[("zone", "b"), ("tier", "")]),
        ]
    );
    assert_eq!(exposed(&cache), exposed(&registry), "a scope shows the whole registry");
}

#[test]
fn prefix_is_checked_with_the_whole_name() {
    let registry = Registry::new();
    for (prefix, name, reason) in [
        ("2", "x", NameReason::Digit),
        ("a-", "x", NameReason::Character('-')),
        ("x_total", "_total", NameReason::SuffixTwice("_total")),
        ("", "_total", NameReason::OnlySuffix("_total")),
        ("", "", NameReason::Empty),
    ] {
        let error = registry.with_prefix(prefix).counter(name, HELP).unwrap_err();
        assert_eq!(
            error,
            RegisterError::InvalidName { name: format!("{prefix}{name}").into(), reason }
        );
    }
    let error = registry.with_prefix("a_").gauge("x", "").unwrap_err();
    assert_eq!(error, RegisterError::EmptyHelp { name: "a_x".into() });
    _ = registry.with_prefix("a_").gauge("x", HELP).unwrap();
    let error = registry.with_prefix("a").gauge("_x", HELP).unwrap_err().to_string();
    assert_eq!(
        error,
        "gauge \"a_x\" clashes with the registered gauge \"a_x\": the definitions are equal; \
         clone the metric, register both through with_reuse(), or use a prefix"
    );
}

#[test]
fn constant_label_is_checked_at_registration() {
    let registry = Registry::new();
    for (label, reason) in [
        ("", NameReason::Empty),
        ("le", NameReason::Reserved),
        ("quantile", NameReason::Reserved),
        ("__a", NameReason::Reserved),
        ("1", NameReason::Digit),
        ("a:b", NameReason::Character(':')),
        ("own", NameReason::Repeated),
        ("constant", NameReason::Repeated),
    ] {
        let scope = registry.with_prefix("p_").with_label("constant", "1").with_label(label, "2");
        let error = scope.gauge_family("x", HELP, ["own"]).unwrap_err();
        assert_eq!(
            error,
            RegisterError::InvalidLabel { label: label.into(), metric: "p_x".into(), reason }
        );
    }
    assert!(exposed(&registry).is_empty());
}

#[test]
fn constant_labels_do_not_split_a_name() {
    let registry = Registry::new();
    _ = registry.with_label("pool", "a").gauge("size", HELP).unwrap();
    let error = registry.with_label("pool", "b").gauge("size", HELP).unwrap_err();
    assert!(matches!(error, RegisterError::Clash { .. }));
}

#[test]
fn families_registered_together_keep_the_scope() {
    let registry = Registry::new();
    let scope = registry.with_prefix("a_").with_label("l", "v");
    _ = scope
        .all_or_nothing(|draft| {
            draft.register_collector("c", |out: &mut Collection| {
                out.gauge("y", HELP, []).series([], 1)
            })?;
            draft.with_prefix("b_").gauge("x", HELP)
        })
        .unwrap();
    assert_eq!(exposed(&registry), [series("a_b_x", &[("l", "v")]), series("a_y", &[("l", "v")])]);
}

#[test]
fn overflow_keeps_the_constant_labels() {
    let registry = Registry::new();
    let family = registry.with_label("zone", "b").gauge_family("x", HELP, ["path"]).unwrap();
    family.set_series_limit(0);
    _ = family.with(["/"]);
    assert!(exposed(&registry).contains(&series("x", &[("zone", "b"), ("path", "_overflow")])));
}

#[test]
fn global_registry_is_one() {
    _ = Registry::global().gauge("scope_test", HELP).unwrap();
    assert!(exposed(Registry::global()).contains(&series("scope_test", &[])));
    assert!(Registry::global().unregister("scope_test"));
    assert!(!exposed(Registry::global()).contains(&series("scope_test", &[])));
}

proptest! {
    /// Nested scopes equal one scope of the concatenated prefixes.
    #[test]
    fn nested_scopes_equal_one_scope(
        steps in prop::collection::vec(("[a-z_]{0,3}", any::<bool>(), ".{0,3}"), 0..8),
    ) {
        let registry = Registry::new();
        let (mut scope, mut prefix, mut labels) = (registry.clone(), String::new(), Vec::new());
        for (number, (text, is_prefix, value)) in steps.iter().enumerate() {
            if *is_prefix {
                scope = scope.with_prefix(text);
                prefix.push_str(text);
            } else {
                let name = format!("l{number}{text}");
                scope = scope.with_label(&name, value);
                labels.push((name, value.clone()));
            }
        }
        _ = scope.gauge_family("x", HELP, ["own"]).unwrap().with(["v"]);
        labels.push(("own".to_owned(), "v".to_owned()));
        prop_assert_eq!(exposed(&registry), [(format!("{prefix}x"), labels)]);
    }
}
