//! Gauges and counters that scrapes compute, and info families.

#![cfg(not(tickmark_loom))]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use support::lines;
use tickmark::{NameReason, Number, RegisterError, Registry};

const HELP: &str = "Measured things.";

fn page(registry: &Registry) -> Vec<String> {
    lines(&registry.families()).into_iter().map(|line| line.replace("{}", "")).collect()
}

#[test]
fn values_are_computed_at_each_scrape() {
    let registry = Registry::new();
    let value = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&value);
    registry.gauge_fn("depth", HELP, move || read.load(Ordering::Relaxed)).unwrap();
    let total = AtomicU64::new(0);
    registry.counter_fn("scrapes", HELP, move || total.fetch_add(1, Ordering::Relaxed)).unwrap();
    registry.gauge_fn("ratio", HELP, || 0.5).unwrap();
    for number in 0..3_i64 {
        value.store(-number, Ordering::Relaxed);
        assert_eq!(
            page(&registry),
            [
                format!("depth Gauge(Signed({}))", -number),
                "ratio Gauge(Float(0.5))".into(),
                format!("scrapes Counter(Unsigned({number}))"),
            ]
        );
    }
}

#[test]
fn computed_families_have_prefix_labels_and_unit() {
    let registry = Registry::new();
    let scoped = registry.with_prefix("app_").with_label("zone", "b").with_unit("bytes");
    scoped.gauge_fn("heap_bytes", HELP, || 7_u64).unwrap();
    scoped.with_prefix("x_").info("build", HELP, [("version", "1.2"), ("commit", "")]).unwrap();
    assert_eq!(
        page(&registry),
        [
            "app_heap_bytes{zone=b} Gauge(Unsigned(7))",
            "app_x_build{zone=b,version=1.2,commit=} Info",
        ]
    );
    let families = registry.families();
    let units: Vec<_> = families.iter().map(|family| family.unit()).collect();
    assert_eq!(units, [Some("bytes"), None]);
    let refused = scoped.gauge_fn("heap", HELP, || 7_u64).unwrap_err();
    assert!(matches!(refused, RegisterError::InvalidName { reason: NameReason::Unit(_), .. }));
}

#[test]
fn computed_series_keep_their_identities() {
    let registry = Registry::new();
    registry.gauge_fn("depth", HELP, || 1).unwrap();
    registry.info("build", HELP, []).unwrap();
    let ids = || {
        let families = registry.families();
        let ids: Vec<_> = families.iter().map(|family| family.id()).collect();
        ids
    };
    assert_eq!(ids(), ids());
    assert!(registry.unregister("depth"));
    let before = ids();
    registry.gauge_fn("depth", HELP, || 1).unwrap();
    assert_eq!(ids().len(), 2);
    assert!(!before.contains(&ids()[1]));
}

#[test]
fn names_of_computed_families_are_claimed() {
    let registry = Registry::new();
    registry.counter_fn("reads_total", HELP, || 1_u64).unwrap();
    registry.info("build_info", HELP, []).unwrap();
    for refused in [
        registry.gauge("reads", HELP).map(drop),
        registry.gauge("reads_created", HELP).map(drop),
        registry.gauge_fn("reads", HELP, || 1).map(drop),
        registry.counter_fn("build", HELP, || 1_u64).map(drop),
        registry.info("reads", HELP, []),
    ] {
        assert!(matches!(refused, Err(RegisterError::Clash { .. })), "{refused:?}");
    }
    let error = registry.counter("reads", HELP).unwrap_err().to_string();
    assert!(error.contains("computed counter \"reads_total\""), "{error}");
    assert!(registry.unregister("reads_total"));
    assert!(!registry.unregister("reads"));
    assert!(!registry.unregister("build_total"));
    assert!(registry.unregister("build_info"));
    assert_eq!(page(&registry), [""; 0]);
    _ = registry.gauge("reads", HELP).unwrap();
}

#[test]
fn bad_definitions_are_refused() {
    let registry = Registry::new();
    let invalid = registry.gauge_fn("a b", HELP, || 1).unwrap_err();
    assert!(matches!(invalid, RegisterError::InvalidName { .. }));
    let empty = registry.counter_fn("a", "", || 1_u64).unwrap_err();
    assert_eq!(empty, RegisterError::EmptyHelp { name: "a".into() });
    let twice = registry.info("a", HELP, [("l", "1"), ("l", "2")]).unwrap_err();
    assert!(matches!(twice, RegisterError::InvalidLabel { reason: NameReason::Repeated, .. }));
    assert_eq!(page(&registry), [""; 0]);
}

#[test]
fn panics_and_bad_totals_are_failures() {
    let registry = Registry::new();
    let calls = AtomicUsize::new(0);
    let compute = move || match calls.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("no value"),
        1 => Number::Float(f64::NAN),
        2 => Number::Signed(-1),
        _ => Number::Unsigned(3),
    };
    registry.counter_fn("total", HELP, compute).unwrap();
    registry.gauge_fn("gauge", HELP, || f64::NAN).unwrap();
    let pages = [(); 4].map(|()| page(&registry));
    let failures = "tickmark_collector_failures{collector=total_total";
    let invalid = "reason=counter below zero or NaN} Counter(Unsigned(2))";
    assert_eq!(pages[0][0], "gauge Gauge(Float(NaN))");
    assert!(!pages[2].iter().any(|line| line.starts_with("total ")), "{:?}", pages[2]);
    let last = pages.last().unwrap();
    assert!(last.contains(&format!("{failures},family=,reason=panic}} Counter(Unsigned(1))")));
    assert!(last.contains(&format!("{failures},family=total_total,{invalid}")), "{last:?}");
    assert_eq!(last.last().unwrap(), "total Counter(Unsigned(3))");
}

#[test]
fn computed_families_are_registered_all_or_nothing() {
    let registry = Registry::new();
    let register = |name: &'static str| {
        registry.all_or_nothing(|draft| {
            draft.gauge_fn("one", HELP, || 1)?;
            draft.info(name, HELP, [("l", "v")])
        })
    };
    assert!(register("one").is_err());
    assert_eq!(page(&registry), [""; 0]);
    register("two").unwrap();
    assert_eq!(page(&registry), ["one Gauge(Signed(1))", "two{l=v} Info"]);
    assert!(register("three").is_err());
    assert_eq!(page(&registry).len(), 2);
}

#[test]
fn functions_may_use_their_registry() {
    let registry = Registry::new();
    let inner = registry.clone();
    registry
        .gauge_fn("families", HELP, move || {
            // Without this gauge, because it is being computed.
            let count = inner.families().iter().count();
            _ = inner.unregister("ended");
            count
        })
        .unwrap();
    registry.gauge_fn("ended", HELP, || 1).unwrap();
    _ = registry.gauge("other", HELP).unwrap();
    assert_eq!(page(&registry), ["families Gauge(Unsigned(1))", "other Gauge(Signed(0))"]);
}

#[test]
fn functions_are_dropped_with_their_family() {
    let registry = Registry::new();
    let owned = Arc::new(());
    let held = Arc::clone(&owned);
    let read = move || Arc::strong_count(&held);
    registry.gauge_fn("held", HELP, read).unwrap();
    assert_eq!(page(&registry), ["held Gauge(Unsigned(2))"]);
    let refused = Arc::clone(&owned);
    assert!(registry.gauge_fn("held", HELP, move || Arc::strong_count(&refused)).is_err());
    assert_eq!(Arc::strong_count(&owned), 2);
    assert!(registry.unregister("held"));
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn engine_metrics_count_computed_families() {
    let registry = Registry::new();
    registry.expose_self_metrics().unwrap();
    registry.gauge_fn("depth", HELP, || 1).unwrap();
    registry.info("build", HELP, []).unwrap();
    let page = page(&registry);
    for expected in [
        "tickmark_families Gauge(Unsigned(2))",
        "tickmark_series{family=build_info} Gauge(Unsigned(1))",
        "tickmark_series{family=depth} Gauge(Unsigned(1))",
    ] {
        assert!(page.iter().any(|line| line == expected), "{page:?} lacks {expected}");
    }
}
