//! Every fault names its family alike: by its base name, with `_total` for a counter and
//! `_info` for an info family.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use support::HELP;
use tickmark::collect::Collection;
use tickmark::export::Scratch;
use tickmark::{Bounds, FloatBounds, Registry};

/// The families that the fault families of this base name refer to.
fn named(registry: &Registry, fault: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for family in
        registry.families().iter().filter(|family| family.name() == format!("tickmark_{fault}"))
    {
        let place = family.label_names().position(|name| name == "family").unwrap();
        _ = family.visit(0, &mut Scratch::default(), |series, _| {
            _ = seen.insert(series.label_values().nth(place).unwrap().to_owned());
            ControlFlow::Continue(())
        });
    }
    seen
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Families of every recorded kind; counters with `_total` in their name and without.
fn record(registry: &Registry) {
    let (bounds, floats) = (Bounds::default(), FloatBounds::default());
    for name in ["one", "two_total"] {
        let counters = registry.counter_family(name, HELP, ["l"]).unwrap();
        counters.set_series_limit(0);
        counters.with(["a"]).add_with_exemplar(1, &[("", "")]);
        let floats = registry.float_counter_family(&format!("float_{name}"), HELP, ["l"]).unwrap();
        floats.set_series_limit(0);
        floats.with(["a"]).add_with_exemplar(1.0, &[("", "")]);
        floats.with(["a"]).add(-1.0);
    }
    let gauges = registry.gauge_family("gauge", HELP, ["l"]).unwrap();
    let float_gauges = registry.float_gauge_family("float_gauge", HELP, ["l"]).unwrap();
    let up_downs = registry.up_down_counter_family("up_down", HELP, ["l"]).unwrap();
    let histograms = registry.histogram_family("histogram", HELP, ["l"], &bounds).unwrap();
    let float_histograms =
        registry.float_histogram_family("float_histogram", HELP, ["l"], &floats).unwrap();
    gauges.set_series_limit(0);
    float_gauges.set_series_limit(0);
    up_downs.set_series_limit(0);
    histograms.set_series_limit(0);
    float_histograms.set_series_limit(0);
    gauges.with(["a"]).set(1);
    float_gauges.with(["a"]).set(1.0);
    up_downs.with(["a"]).inc();
    histograms.with(["a"]).observe_with_exemplar(1, &[("", "")]);
    float_histograms.with(["a"]).observe_with_exemplar(1.0, &[("", "")]);
    float_histograms.with(["a"]).observe(f64::NAN);
}

const COUNTERS: [&str; 4] = ["one_total", "two_total", "float_one_total", "float_two_total"];

#[test]
fn faults_name_recorded_families_alike() {
    let registry = Registry::new();
    record(&registry);
    let histograms = ["histogram", "float_histogram"];
    let all = [&COUNTERS[..], &["gauge", "float_gauge", "up_down"], &histograms].concat();
    assert_eq!(named(&registry, "series_overflow"), set(&all));
    assert_eq!(named(&registry, "series_overflowing"), set(&all));
    assert_eq!(named(&registry, "exemplars_rejected"), set(&[&COUNTERS[..], &histograms].concat()));
    let floats = ["float_one_total", "float_two_total", "float_histogram"];
    assert_eq!(named(&registry, "observations_rejected"), set(&floats));
    let families = registry.families();
    let recorded = families.iter().filter(|family| !family.name().starts_with("tickmark_"));
    recorded.for_each(|family| family.report_omission("test"));
    assert_eq!(named(&registry, "exposition_omissions"), set(&all));
}

#[test]
fn faults_name_collected_families_alike() {
    let collect = |help: &'static str| {
        move |out: &mut Collection| {
            out.counter("one", help, []).series([], 1);
            out.counter("two_total", help, []).series([], 1);
            out.gauge("gauge", help, []).series([], 1);
            out.histogram("histogram", help, [], &[]).series([], &[1], 1);
            out.summary("summary", help, [], &[]).series([], &[], 1, 1);
            out.info("build", help, []).series([]);
            out.info("target_info", help, []).series([]);
            out.state_set("states", help, [], &["on"]).series([], &[true]);
        }
    };
    let all = set(&[
        "one_total",
        "two_total",
        "gauge",
        "histogram",
        "summary",
        "build_info",
        "target_info",
        "states",
    ]);
    let registry = Registry::new();
    registry.register_collector("good", collect(HELP)).unwrap();
    registry.families().iter().for_each(|family| family.report_omission("test"));
    assert_eq!(named(&registry, "exposition_omissions"), all);
    // Taken by the valid families, and without help.
    for help in [HELP, ""] {
        let registry = Registry::new();
        registry.register_collector("good", collect(HELP)).unwrap();
        registry.register_collector("bad", collect(help)).unwrap();
        assert_eq!(named(&registry, "collector_failures"), all);
    }
}

#[test]
fn invalid_names_appear_in_faults() {
    let registry = Registry::new();
    let collect = |out: &mut Collection| {
        for name in ["a-b", "c-d_total", "e_total_total"] {
            out.counter(name, HELP, []).series([], 1);
        }
        out.info("f_info_info", HELP, []).series([]);
        out.gauge("g-h", HELP, []).series([], 1);
    };
    registry.with_prefix("p_").register_collector("test", collect).unwrap();
    let expected = ["p_a-b_total", "p_c-d_total", "p_e_total_total", "p_f_info_info", "p_g-h"];
    assert_eq!(named(&registry, "collector_failures"), set(&expected));
}
