//! Families against a naive model: arbitrary strings as labels, any number of threads,
//! any limit.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::cast_precision_loss, unused_results, reason = "a test")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Barrier;
use std::thread;

use proptest::prelude::*;
use tickmark::export::{Kind, Scratch, Value};
use tickmark::{Bounds, Number, Registry, Scale};

/// Counters by label values, read through a walk.
fn counts(registry: &Registry, name: &str) -> BTreeMap<Vec<String>, u64> {
    let mut counts = BTreeMap::new();
    for family in registry.families().iter().filter(|family| family.name() == name) {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            let before = counts.insert(series.label_values().map(String::from).collect(), count);
            assert_eq!(before, None, "a label set occurs twice");
            ControlFlow::Continue(())
        });
    }
    counts
}

proptest! {
    #[test]
    fn every_label_set_is_one_series(
        records in prop::collection::vec(
            (".{0,3}|[ab,\"\\\\]{0,3}", ".{0,3}|[ab,\"\\\\]{0,3}", 0..100_u64),
            0..200,
        ),
    ) {
        let registry = Registry::new();
        let family = registry.counter_family("counter", "Records.", ["one", "two"]).unwrap();
        let mut expected = BTreeMap::new();
        for (one, two, amount) in &records {
            *expected.entry(vec![one.clone(), two.clone()]).or_insert(0) += amount;
        }
        thread::scope(|scope| {
            for part in records.chunks(records.len().div_ceil(3).max(1)) {
                let family = &family;
                scope.spawn(move || {
                    part.iter().for_each(|(one, two, amount)| family.with([one, two]).add(*amount));
                });
            }
        });
        prop_assert_eq!(counts(&registry, "counter"), expected);
    }

    #[test]
    fn histogram_equals_the_naive_one(
        values in prop::collection::vec(
            prop_oneof![0..10_u64, 0..5_000_u64, any::<u32>().prop_map(u64::from)],
            0..300,
        ),
        mut bounds in prop::collection::btree_set(0..10_000_u32, 1..40),
    ) {
        let limits: Vec<f64> = std::mem::take(&mut bounds).into_iter().map(f64::from).collect();
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &limits).unwrap();
        let histogram = registry.histogram("sizes", "Sizes.", &bounds).unwrap();
        thread::scope(|scope| {
            for part in values.chunks(values.len().div_ceil(3).max(1)) {
                let histogram = &histogram;
                scope.spawn(move || part.iter().for_each(|value| histogram.observe(*value)));
            }
        });
        let mut buckets = vec![0; limits.len() + 1];
        for value in &values {
            buckets[limits.iter().take_while(|limit| **limit < *value as f64).count()] += 1;
        }
        let snapshot = histogram.snapshot();
        prop_assert_eq!(snapshot.count(), values.len() as u64);
        prop_assert_eq!(snapshot.sum, values.iter().sum::<u64>());
        prop_assert_eq!(snapshot.buckets, buckets);
    }
}

#[test]
fn values_equal_when_joined_are_different_series() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["one", "two"]).unwrap();
    for (amount, values) in [["ab", "c"], ["a", "bc"], ["", "abc"], ["abc", ""], ["a\u{1}", "c"]]
        .into_iter()
        .enumerate()
    {
        family.with(values).add(amount as u64 + 1);
    }
    assert_eq!(counts(&registry, "counter").len(), 5);
    assert_eq!(family.with(["a", "bc"]).get(), 2);
}

#[test]
fn series_over_limit_are_merged_and_counted() {
    let registry = Registry::new();
    let family = registry.counter_family("paths_total", "Requests.", ["path", "status"]).unwrap();
    family.set_series_limit(10);
    for path in 0..1_000 {
        family.with([&path.to_string(), "404"]).inc();
    }
    family.with(["3", "404"]).inc();
    let seen = counts(&registry, "paths");
    assert_eq!(seen.len(), 11);
    assert_eq!(seen[&vec!["_overflow".to_string(); 2]], 990);
    assert_eq!(seen[&vec!["3".to_string(), "404".to_string()]], 2);
    let overflows = counts(&registry, "tickmark_series_overflow");
    assert_eq!(overflows, BTreeMap::from([(vec!["paths_total".to_string()], 990)]));
}

/// The gauge of the family's overflow, if it is on the page.
fn overflowing(registry: &Registry, family: &str) -> Option<i64> {
    let mut seen = None;
    for view in
        registry.families().iter().filter(|view| view.name() == "tickmark_series_overflowing")
    {
        _ = view.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Gauge(Number::Signed(number)) = value else { panic!("{value:?}") };
            if series.label_values().eq([family]) {
                seen = Some(number);
            }
            ControlFlow::Continue(())
        });
    }
    seen
}

#[test]
fn overflow_is_shown_while_it_lasts() {
    let registry = Registry::new();
    let family = registry.counter_family("paths", "Requests.", ["path"]).unwrap();
    let overflowing = || overflowing(&registry, "paths_total");
    family.set_series_limit(1);
    family.with(["a"]).inc();
    family.with(["_overflow"]).inc();
    assert_eq!(overflowing(), None, "no label set was over the limit");
    let held = family.handle(["b"]);
    for _ in 0..3 {
        // No further look-ups, while merged records continue.
        held.inc();
        assert_eq!(overflowing(), Some(1));
    }
    family.set_series_limit(10);
    assert_eq!(overflowing(), Some(1), "held");
    let other = family.handle(["b"]);
    drop(held);
    assert_eq!(overflowing(), Some(0), "not held, and below the limit");
    drop(other);
    family.set_series_limit(1);
    assert_eq!(overflowing(), Some(1), "full again");
    assert!(family.remove(["b"]));
    assert_eq!(overflowing(), Some(1), "full");
    assert!(family.remove(["_overflow"]));
    assert_eq!(overflowing(), Some(0), "the overflow series is removed");
    family.with(["c"]).inc();
    assert_eq!(overflowing(), Some(1));
    assert!(family.remove(["a"]));
    assert_eq!(overflowing(), Some(0), "room for one");
    let found = family.with(["_overflow"]);
    assert_eq!(overflowing(), Some(1), "held by a look-up");
    drop(found);
    assert_eq!(overflowing(), Some(0));
}

/// A row that a walk keeps is not a holder of its series.
#[test]
fn walk_over_overflow_series_holds_nothing() {
    let registry = Registry::new();
    let family = registry.counter_family("paths", "Requests.", ["path"]).unwrap();
    family.set_series_limit(40);
    (0..50).for_each(|path| family.with([&path.to_string()]).inc());
    for limit in [40, 41] {
        family.set_series_limit(limit);
        for _ in 0..2 {
            assert_eq!(counts(&registry, "paths").len(), 41);
            assert_eq!(overflowing(&registry, "paths_total"), Some(i64::from(limit == 40)));
        }
    }
}

#[test]
fn expired_overflow_is_over() {
    let registry = Registry::new();
    let family = registry.gauge_family("jobs", "Jobs.", ["queue"]).unwrap();
    family.set_series_limit(0);
    let held = family.handle(["a"]);
    family.set_idle_expiry(Some(std::time::Duration::ZERO));
    (0..3).for_each(|_| drop(counts(&registry, "tickmark_series_overflow")));
    let walk = || {
        registry.families().iter().filter(|view| view.name() == "jobs").for_each(|view| {
            _ = view.visit(0, &mut Scratch::default(), |_, _| ControlFlow::Continue(()));
        });
    };
    (0..3).for_each(|_| walk());
    assert_eq!(overflowing(&registry, "jobs"), Some(1), "held series do not expire");
    drop(held);
    (0..3).for_each(|_| walk());
    assert_eq!(overflowing(&registry, "jobs"), Some(0));
}

#[test]
fn concurrent_creation_keeps_the_limit() {
    for _ in 0..20 {
        let registry = Registry::new();
        let family = registry.counter_family("paths", "Requests.", ["path"]).unwrap();
        family.set_series_limit(5);
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for thread in 0..8 {
                let (family, start) = (&family, &start);
                scope.spawn(move || {
                    start.wait();
                    (0..3).for_each(|number| family.with([&format!("{thread}.{number}")]).inc());
                });
            }
        });
        let seen = counts(&registry, "paths");
        assert_eq!((seen.len(), seen.values().sum::<u64>()), (6, 24));
    }
}

#[test]
fn label_set_within_the_limit_is_kept() {
    for _ in 0..5_000 {
        let registry = Registry::new();
        let family = registry.counter_family("paths", "Requests.", ["path"]).unwrap();
        family.set_series_limit(1);
        let start = Barrier::new(2);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    family.with(["the only one"]).inc();
                });
            }
        });
        assert_eq!(counts(&registry, "paths"), BTreeMap::from([(vec!["the only one".into()], 2)]));
    }
}

#[test]
fn overflow_faults_are_exposed() {
    let registry = Registry::new();
    let family = registry.gauge_family("_overflow", "An ordinary name.", ["path"]).unwrap();
    family.set_series_limit(0);
    family.with(["a"]).inc();
    let overflows = counts(&registry, "tickmark_series_overflow");
    assert_eq!(overflows, BTreeMap::from([(vec!["_overflow".to_string()], 1)]));
}

#[test]
fn visitor_creates_series_in_any_family() {
    let registry = Registry::new();
    let family = registry.counter_family("paths", "Requests.", ["path"]).unwrap();
    family.set_series_limit(2);
    family.with(["a"]).inc();
    let families = registry.families();
    let view = families.iter().next().unwrap();
    let end = view.visit(0, &mut Scratch::default(), |_, _| {
        ["b", "c", "d"].into_iter().for_each(|path| family.with([path]).inc());
        ControlFlow::Continue(())
    });
    assert_eq!(end, None);
    assert_eq!(counts(&registry, "paths").values().sum::<u64>(), 4);
}

#[test]
fn overflow_label_values_find_overflow_series() {
    let registry = Registry::new();
    let family = registry.counter_family("paths", "Requests.", ["path"]).unwrap();
    family.set_series_limit(1);
    family.with(["_overflow"]).inc();
    for path in ["a", "b", "c"] {
        family.with([path]).inc();
    }
    let seen = counts(&registry, "paths");
    assert_eq!(seen, BTreeMap::from([(vec!["_overflow".into()], 3), (vec!["a".into()], 1)]));
}

#[test]
fn registry_without_faults_shows_none() {
    let registry = Registry::new();
    registry.counter_family("paths", "Requests.", ["path"]).unwrap().with(["a"]).inc();
    assert_eq!(
        registry.families().iter().map(|family| family.name()).collect::<Vec<_>>(),
        ["paths"]
    );
}

#[test]
fn concurrent_look_ups_agree_on_series() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["number"]).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_500).for_each(|number| family.with([&number.to_string()]).inc()));
        }
    });
    let seen = counts(&registry, "counter");
    assert_eq!(seen.len(), 1_500);
    assert!(seen.values().all(|count| *count == 4));
}

#[test]
fn view_describes_the_family_as_registered() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Millis, &[0.5, 2.0]).unwrap();
    _ = registry.histogram_family("h", "Of times.", ["path"], &bounds).unwrap();
    _ = registry.gauge("g", "Of levels.").unwrap();
    let families = registry.families();
    let views: Vec<_> = families.iter().collect();
    let [gauge, histogram] = &views[..] else { panic!("{views:?}") };
    assert_eq!((gauge.kind(), gauge.help(), gauge.bounds()), (Kind::Gauge, "Of levels.", &[][..]));
    assert_eq!(
        (histogram.kind(), histogram.help(), histogram.bounds()),
        (Kind::Histogram, "Of times.", bounds.values())
    );
    assert_eq!([gauge, histogram].map(|view| view.scale()), [Scale::One, Scale::Millis]);
    assert_eq!(histogram.label_names().collect::<Vec<_>>(), ["path"]);
}

#[test]
fn debug_output_shows_values() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let counters = registry.counter_family("counters", "C.", ["one", "two"]).unwrap();
    let gauge = registry.gauge("gauge", "G.").unwrap();
    let open = registry.up_down_counter("open", "O.").unwrap();
    let sizes = registry.histogram("sizes", "S.", &bounds).unwrap();
    gauge.set(-3);
    sizes.observe(2);
    let guard = open.guard();
    assert_eq!(format!("{registry:?}"), r#"{"counters", "gauge", "open", "sizes"}"#);
    assert_eq!(
        format!("{counters:?}"),
        r#"Family { name: "counters_total", labels: ["one", "two"], .. }"#
    );
    assert_eq!(
        format!("{gauge:?} {guard:?}"),
        "Gauge(-3) UpDownGuard { counter: UpDownCounter(1), amount: 1 }"
    );
    assert_eq!(format!("{sizes:?}"), "Histogram { buckets: [0, 1], sum: 2 }");
}

#[test]
fn walk_stops_and_resumes() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["number"]).unwrap();
    (0..25).for_each(|number| family.with([&number.to_string()]).add(number));
    let families = registry.families();
    let view = families.iter().next().unwrap();
    let (mut from, mut seen) = (Some(0), Vec::new());
    while let Some(start) = from {
        let mut left = 10;
        from = view.visit(start, &mut Scratch::default(), |series, value| {
            assert_eq!(series.slot(), seen.len());
            seen.push((
                series.label_values().next().unwrap().to_string(),
                value == Value::Counter(Number::Unsigned(seen.len() as u64)),
            ));
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }
    assert_eq!(seen, (0..25).map(|number| (number.to_string(), true)).collect::<Vec<_>>());
}

#[test]
fn handle_outlives_registry_and_cells_are_clean() {
    let kept = {
        let registry = Registry::new();
        registry.counter("kept", "Kept.").unwrap()
    };
    kept.add(5);
    for round in 0..1_000 {
        let registry = Registry::new();
        let counter = registry.counter("counter", "Records.").unwrap();
        let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
        let histogram = registry.histogram("sizes", "Sizes.", &bounds).unwrap();
        assert_eq!((counter.get(), histogram.snapshot().sum), (0, 0), "round {round}");
        counter.add(7);
        histogram.observe(3);
        thread::scope(|scope| scope.spawn(|| counter.inc()).join().unwrap());
        assert_eq!((counter.get(), histogram.snapshot().sum), (8, 3));
    }
    assert_eq!(kept.get(), 5);
}
