//! Lifetimes of series: removal, expiry, held handles, and records made meanwhile.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tickmark::export::{Scratch, Value};
use tickmark::{Bounds, Counter, Family, FloatBounds, Number, Registry, Scale};

fn counters() -> (Registry, Family<Counter, 1>) {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["label"]).unwrap();
    (registry, family)
}

/// The counters of all families, by identity and label, including the faults that are
/// counters.
fn scrape(registry: &Registry) -> BTreeMap<(u64, String), u64> {
    let mut seen = BTreeMap::new();
    let mut scratch = Scratch::default();
    for family in registry.families().iter() {
        let mut labels = Vec::new();
        _ = family.visit(0, &mut scratch, |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else {
                assert_eq!(family.name(), "tickmark_series_overflowing", "{value:?}");
                return ControlFlow::Continue(());
            };
            let label = series.label_values().next().unwrap().to_string();
            assert!(!labels.contains(&label), "{label} twice");
            labels.push(label.clone());
            assert!(seen.insert((series.id(), label), count).is_none());
            ControlFlow::Continue(())
        });
    }
    seen
}

fn counts(registry: &Registry) -> Vec<(String, u64)> {
    scrape(registry).into_iter().map(|((_, label), count)| (label, count)).collect()
}

fn pairs(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(label, count)| ((*label).to_string(), *count)).collect()
}

#[test]
fn removed_series_returns_as_a_new_one() {
    let (registry, family) = counters();
    family.with(["a"]).add(5);
    family.with(["b"]).add(6);
    let id = scrape(&registry).keys().next().unwrap().0;
    assert!(family.remove(["a"]));
    assert!(!family.remove(["a"]));
    assert!(family.get(["a"]).is_none());
    assert_eq!(counts(&registry), pairs(&[("b", 6)]));
    family.with(["a"]).inc();
    assert_eq!(counts(&registry), pairs(&[("b", 6), ("a", 1)]));
    assert!(scrape(&registry).keys().all(|(seen, _)| *seen != id));
}

#[test]
fn held_series_stays_until_fully_shown() {
    let (registry, family) = counters();
    let held = family.handle(["a"]);
    held.add(5);
    assert!(family.remove(["a"]));
    assert_eq!(counts(&registry), pairs(&[("a", 5)]));
    held.inc();
    assert_eq!(family.with(["a"]).get(), 6);
    assert_eq!(counts(&registry), pairs(&[("a", 6)]));
    held.inc();
    drop(held);
    // Not shown yet, so not removed yet.
    assert_eq!(counts(&registry), pairs(&[("a", 7)]));
    assert_eq!(counts(&registry), pairs(&[]));
    assert!(family.get(["a"]).is_none());
}

#[test]
fn held_look_up_keeps_its_series() {
    let (registry, family) = counters();
    let found = family.with(["a"]);
    found.inc();
    assert!(family.remove(["a"]));
    found.inc();
    drop(found);
    assert_eq!(counts(&registry), pairs(&[("a", 2)]));
    assert_eq!(counts(&registry), pairs(&[]));
}

type Removal = fn(&Family<Counter, 1>);

const REMOVALS: [Removal; 3] = [
    |family| assert!(family.remove(["a"])),
    |family| family.retain(|_, _| false),
    |family| family.clear(),
];

#[test]
fn series_released_before_a_scrape_is_shown() {
    for remove in REMOVALS {
        for repeat in REMOVALS {
            let (registry, family) = counters();
            let held = family.handle(["a"]);
            held.add(5);
            remove(&family);
            drop(held);
            // No longer held, but it was held when it was removed.
            repeat(&family);
            assert_eq!(family.with(["a"]).get(), 5);
            assert_eq!(counts(&registry), pairs(&[("a", 5)]));
            assert_eq!(counts(&registry), pairs(&[]));
        }
    }
}

#[test]
fn repeated_removals_delay_no_removal() {
    for repeat in REMOVALS {
        let (registry, family) = counters();
        let held = family.handle(["a"]);
        held.add(5);
        repeat(&family);
        assert_eq!(counts(&registry), pairs(&[("a", 5)]));
        repeat(&family);
        drop(held);
        // Already shown with this value, so it is removed at once.
        repeat(&family);
        assert!(family.get(["a"]).is_none());
        assert_eq!(counts(&registry), pairs(&[]));
    }
    let (registry, family) = counters();
    let held = family.handle(["a"]);
    for count in 1..5 {
        held.inc();
        assert!(family.remove(["a"]));
        assert_eq!(counts(&registry), pairs(&[("a", count)]));
        assert!(family.remove(["a"]));
    }
    drop(held);
    assert_eq!(counts(&registry), pairs(&[]));
}

#[test]
fn look_ups_of_marked_series_are_shown() {
    let (registry, family) = counters();
    let held = family.handle(["a"]);
    assert!(family.remove(["a"]));
    family.with(["a"]).inc();
    drop(held);
    family.with(["a"]).inc();
    assert_eq!(counts(&registry), pairs(&[("a", 2)]));
    family.with(["a"]).inc();
    assert_eq!(counts(&registry), pairs(&[("a", 3)]));
    assert_eq!(counts(&registry), pairs(&[]));
}

/// A walk checks the series first and reads its value later, and the visitor may record
/// again.
#[test]
fn records_during_a_visit_are_shown_later() {
    let (registry, family) = counters();
    let held = family.handle(["a"]);
    assert!(family.remove(["a"]));
    drop(held);
    let families = registry.families();
    _ = families.iter().next().unwrap().visit(0, &mut Scratch::default(), |_, _| {
        family.with(["a"]).inc();
        ControlFlow::Continue(())
    });
    assert_eq!(counts(&registry), pairs(&[("a", 1)]));
    assert_eq!(counts(&registry), pairs(&[]));
}

#[test]
fn interrupted_walks_count_as_not_shown() {
    let (registry, family) = counters();
    let old = registry.families();
    let held = ["a", "b"].map(|label| family.handle([label]));
    held.iter().for_each(|held| held.add(5));
    family.clear();
    drop(held);
    let mut scratch = Scratch::default();
    // Begun before the series was created.
    assert_eq!(
        old.iter().map(|family| family.visit(0, &mut scratch, |_, _| panic!())).collect::<Vec<_>>(),
        [None]
    );
    let families = registry.families();
    let view = families.iter().next().unwrap();
    // A visitor that panics has not shown its series; a visitor that breaks has.
    let panicking = std::panic::AssertUnwindSafe(|| {
        view.visit(0, &mut Scratch::default(), |_, _| panic!("a visitor"))
    });
    assert!(std::panic::catch_unwind(panicking).is_err());
    assert_eq!(view.visit(0, &mut scratch, |_, _| ControlFlow::Break(())), Some(1));
    assert_eq!(counts(&registry), pairs(&[("b", 5)]));
    assert_eq!(counts(&registry), pairs(&[]));
}

#[test]
fn every_kind_of_marked_series_shows_once() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let float_bounds = FloatBounds::new(&[1.0]).unwrap();
    let gauges = registry.gauge_family("a_gauge", "G.", ["label"]).unwrap();
    let open = registry.up_down_counter_family("b_open", "O.", ["label"]).unwrap();
    let sizes = registry.histogram_family("c_sizes", "S.", ["label"], &bounds).unwrap();
    let float_counters = registry.float_counter_family("d_counter", "C.", ["label"]).unwrap();
    let float_gauges = registry.float_gauge_family("e_gauge", "G.", ["label"]).unwrap();
    let float_sizes =
        registry.float_histogram_family("f_sizes", "S.", ["label"], &float_bounds).unwrap();
    let many = ["_overflow", "1", "2", "3"]
        .map(String::from)
        .into_iter()
        .chain((4..100).map(|label| label.to_string()));
    for label in many {
        let label = [&*label];
        let guard = open.handle(label).into_guard();
        let held = (gauges.handle(label), sizes.handle(label), float_counters.handle(label));
        let floats = (float_gauges.handle(label), float_sizes.handle(label));
        held.0.set(3);
        held.1.observe(1);
        held.2.add(0.5);
        floats.0.set(-0.5);
        floats.1.observe(0.5);
        assert!(
            gauges.remove(label)
                && open.remove(label)
                && sizes.remove(label)
                && float_counters.remove(label)
        );
        assert!(float_gauges.remove(label) && float_sizes.remove(label));
        drop((guard, held, floats));
    }
    let shown = || {
        let mut shown = BTreeMap::new();
        for family in registry.families().iter() {
            _ = family.visit(0, &mut Scratch::default(), |_, value| {
                *shown.entry(format!("{} {value:?}", family.name())).or_insert(0) += 1;
                ControlFlow::Continue(())
            });
        }
        shown.into_iter().collect::<Vec<_>>()
    };
    let expected = [
        "a_gauge Gauge(Signed(3))",
        "b_open Gauge(Signed(0))",
        "c_sizes Histogram { buckets: [1, 0], sum: Unsigned(1) }",
        "d_counter Counter(Float(0.5))",
        "e_gauge Gauge(Float(-0.5))",
        "f_sizes Histogram { buckets: [1, 0], sum: Float(0.5) }",
    ];
    assert_eq!(shown(), expected.map(|line| (line.to_owned(), 100)));
    assert_eq!(shown(), []);
}

/// A mark ends with its series, so a family without marked series is read as before.
#[test]
fn series_in_marked_slot_is_not_watched() {
    let (registry, family) = counters();
    family.set_idle_expiry(Some(Duration::ZERO));
    let held = family.handle(["a"]);
    assert!(family.remove(["a"]));
    assert_eq!(counts(&registry), pairs(&[("a", 0)]));
    drop(held);
    assert!(family.remove(["a"]));
    family.set_idle_expiry(None);
    family.with(["a"]).add(2);
    (0..3).for_each(|_| assert_eq!(counts(&registry), pairs(&[("a", 2)])));
    assert!(family.remove(["a"]));
    assert!(family.get(["a"]).is_none());
}

#[test]
fn retain_chooses_by_labels_and_value() {
    let (registry, family) = counters();
    for (label, count) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        family.with([label]).add(count);
    }
    family.retain(|[label], counter| label == "a" || counter.get() % 2 == 0);
    assert_eq!(counts(&registry), pairs(&[("a", 1), ("b", 2), ("d", 4)]));
    family.clear();
    assert_eq!(counts(&registry), pairs(&[]));
}

#[test]
fn record_after_retain_is_checked_again() {
    let (registry, family) = counters();
    family.with(["a"]).inc();
    let mut asked = Vec::new();
    family.retain(|_, counter| {
        asked.push(counter.get());
        if asked.len() == 1 {
            family.with(["a"]).inc();
        }
        asked.len() > 1
    });
    assert_eq!(asked, [1, 2]);
    assert_eq!(counts(&registry), pairs(&[("a", 2)]));
}

#[test]
fn idle_series_expires_with_the_next_scrape() {
    let (registry, family) = counters();
    family.set_idle_expiry(Some(Duration::ZERO));
    let held = family.handle(["held"]);
    family.with(["idle"]).inc();
    family.with(["busy"]).inc();
    assert_eq!(counts(&registry), pairs(&[("held", 0), ("idle", 1), ("busy", 1)]));
    family.with(["busy"]).inc();
    assert_eq!(counts(&registry), pairs(&[("held", 0), ("busy", 2)]));
    held.inc();
    assert_eq!(counts(&registry), pairs(&[("held", 1)]));
    drop(held);
    assert_eq!(counts(&registry), pairs(&[]));
    family.with(["late"]).inc();
    family.set_idle_expiry(None);
    (0..3).for_each(|_| assert_eq!(counts(&registry), pairs(&[("late", 1)])));
}

#[test]
fn idle_time_follows_the_clock() {
    let (registry, family) = counters();
    family.set_idle_expiry(Some(Duration::from_secs(3_600)));
    family.with(["a"]).inc();
    (0..3).for_each(|_| assert_eq!(counts(&registry), pairs(&[("a", 1)])));
    family.set_idle_expiry(Some(Duration::from_millis(1)));
    while !counts(&registry).is_empty() {
        thread::yield_now();
    }
}

#[test]
fn removed_series_goes_when_expiry_is_off() {
    let (registry, family) = counters();
    family.set_idle_expiry(Some(Duration::ZERO));
    let held = family.handle(["held"]);
    family.with(["a"]).inc();
    _ = counts(&registry);
    assert!(family.remove(["held"]));
    family.set_idle_expiry(None);
    drop(held);
    assert_eq!(counts(&registry), pairs(&[("a", 1)]));
    assert_eq!(counts(&registry), pairs(&[("a", 1)]));
}

#[test]
fn every_kind_expires_by_its_value() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let gauges = registry.gauge_family("gauge", "G.", ["label"]).unwrap();
    let open = registry.up_down_counter_family("open", "O.", ["label"]).unwrap();
    let sizes = registry.histogram_family("sizes", "S.", ["label"], &bounds).unwrap();
    gauges.set_idle_expiry(Some(Duration::ZERO));
    open.set_idle_expiry(Some(Duration::ZERO));
    sizes.set_idle_expiry(Some(Duration::ZERO));
    let series = || {
        let mut seen = Vec::new();
        for family in registry.families().iter() {
            _ = family.visit(0, &mut Scratch::default(), |_, _| {
                seen.push(family.name().to_string());
                ControlFlow::Continue(())
            });
        }
        seen
    };
    gauges.with(["a"]).set(-3);
    open.with(["a"]).inc();
    sizes.with(["a"]).observe(0);
    assert_eq!(series(), ["gauge", "open", "sizes"]);
    gauges.with(["a"]).set(-4);
    sizes.with(["a"]).observe(0);
    assert_eq!(series(), ["gauge", "open", "sizes"]);
    assert_eq!(series(), ["open"], "open work is not idle");
    // Up and down again: the same value, but not idle.
    open.with(["a"]).inc();
    open.with(["a"]).dec();
    open.with(["a"]).dec();
    assert_eq!(series(), ["open"]);
    open.with(["a"]).inc();
    open.with(["a"]).dec();
    assert_eq!(series(), ["open"]);
    assert!(series().is_empty());
}

#[test]
fn removed_series_make_room_under_the_limit() {
    let (registry, family) = counters();
    family.set_series_limit(2);
    ["a", "b", "c"].iter().for_each(|label| family.with([label]).inc());
    assert!(family.remove(["a"]));
    family.with(["c"]).inc();
    family.with(["d"]).inc();
    let seen: BTreeMap<_, _> = counts(&registry).into_iter().collect();
    let expected = [("b", 1), ("_overflow", 2), ("c", 1), ("counter_total", 2)];
    assert_eq!(
        seen,
        expected.into_iter().map(|(label, count)| (label.to_string(), count)).collect()
    );

    // The overflow series is removed and recreated like any other, and does not count.
    assert!(family.remove(["_overflow"]));
    assert!(family.remove(["b"]));
    ["e", "f"].iter().for_each(|label| family.with([label]).inc());
    let seen: BTreeMap<_, _> = counts(&registry).into_iter().collect();
    assert_eq!((seen["e"], seen["_overflow"], seen["counter_total"]), (1, 1, 3));
}

#[test]
fn family_without_labels_is_never_full() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", []).unwrap();
    family.set_series_limit(0);
    family.with([]).inc();
    assert!(family.remove([]));
    family.with([]).add(2);
    assert_eq!(family.with([]).get(), 2);
}

#[test]
fn reused_slots_and_cells_are_clean() {
    let (registry, family) = counters();
    for round in 0..20_000_u64 {
        let label = round.to_string();
        family.with([&label]).add(round);
        assert_eq!(counts(&registry), [(label.clone(), round)]);
        assert!(family.remove([&label]));
    }
}

/// The up-down counter's value for these labels, if a scrape shows it.
fn level(registry: &Registry, label: &str) -> Option<i64> {
    let mut level = None;
    for family in registry.families().iter() {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            if let (Value::Gauge(Number::Signed(seen)), true) =
                (value, series.label_values().eq([label]))
            {
                level = Some(seen);
            }
            ControlFlow::Continue(())
        });
    }
    level
}

#[test]
fn removed_up_down_counter_goes_at_zero() {
    let registry = Registry::new();
    let open = registry.up_down_counter_family("open", "O.", ["label"]).unwrap();
    let removals: [&dyn Fn(); 3] =
        [&|| assert!(open.remove(["a"])), &|| open.clear(), &|| open.retain(|_, _| false)];
    for remove in removals {
        open.with(["a"]).inc();
        remove();
        assert_eq!(level(&registry, "a"), Some(1));
        open.with(["a"]).dec();
        assert_eq!(level(&registry, "a"), Some(0));
        assert_eq!(level(&registry, "a"), None);
    }
    // One that ended without a beginning does not count as open.
    open.with(["a"]).dec();
    open.set_idle_expiry(Some(Duration::ZERO));
    assert_eq!(level(&registry, "a"), Some(-1));
    assert_eq!(level(&registry, "a"), None);
}

#[test]
fn shrunken_family_releases_its_slots() {
    let (registry, family) = counters();
    family.set_series_limit(5_000);
    (0..5_000).for_each(|number| family.with([&number.to_string()]).inc());
    family.retain(|[label], _| label == "7");
    assert_eq!(counts(&registry), pairs(&[("7", 1)]));
    let slots = |label: &str| {
        family.with([label]).inc();
        let mut slot = 0;
        let families = registry.families();
        _ = families.iter().next().unwrap().visit(0, &mut Scratch::default(), |series, _| {
            if series.label_values().eq([label]) {
                slot = series.slot();
            }
            ControlFlow::Continue(())
        });
        slot
    };
    // Freed slots are reused lowest first, and never twice.
    assert_eq!(["a", "b", "c"].map(slots), [0, 1, 2]);
    assert_eq!(["d", "e", "f", "g", "h", "i"].map(slots), [3, 4, 5, 6, 8, 9]);
    assert_eq!(counts(&registry).len(), 10);
}

#[test]
fn label_set_recreated_during_walk_appears_once() {
    let (registry, family) = counters();
    ["a", "b", "c"].iter().for_each(|label| family.with([label]).inc());
    let families = registry.families();
    let mut seen = Vec::new();
    _ = families.iter().next().unwrap().visit(0, &mut Scratch::default(), |series, _| {
        seen.push(series.label_values().next().unwrap().to_string());
        if seen.len() == 2 {
            // In this order, so that the new series gets a slot that the walk has not
            // reached.
            assert!(family.remove(["a"]) && family.remove(["c"]));
            family.with(["a"]).inc();
        }
        ControlFlow::Continue(())
    });
    assert_eq!(seen, ["a", "b"]);
    assert_eq!(counts(&registry), pairs(&[("b", 1), ("a", 1)]));
}

/// Recorders look up, hold and release series while others remove them and a scrape
/// expires them. The values shown of each series add up to what was recorded.
#[test]
fn expiry_loses_no_record() {
    const BATCHES: u64 = 4;
    const THREADS: u64 = 3;
    const ROUNDS: u64 = 8_000;
    let (registry, family) = counters();
    family.set_idle_expiry(Some(Duration::ZERO));
    let record = |thread: u64| {
        let mut held = None;
        for round in 0..ROUNDS {
            let label = ((round * 7 + thread) % 5).to_string();
            family.with([&label]).inc();
            if round % 16 == 0 {
                held = Some(family.handle([&label]));
            }
            if let Some(held) = &held {
                held.inc();
            }
        }
    };
    let mut last_seen = HashMap::new();
    for batch in 1..=BATCHES {
        let recording = AtomicBool::new(true);
        thread::scope(|scope| {
            let recorders: Vec<_> =
                (0..THREADS).map(|thread| scope.spawn(move || record(thread))).collect();
            let _remover = scope.spawn(|| {
                while recording.load(Ordering::Relaxed) {
                    // New series without a record yet.
                    family.retain(|_, counter| counter.get() != 0);
                }
            });
            while recorders.iter().any(|recorder| !recorder.is_finished()) {
                last_seen.extend(scrape(&registry));
            }
            recording.store(false, Ordering::Relaxed);
        });
        last_seen.extend(scrape(&registry));
        assert_eq!(last_seen.values().sum::<u64>(), batch * THREADS * ROUNDS * 2);
        assert!(scrape(&registry).is_empty(), "all idle");
    }
}

/// Drops handles while other threads look up, remove, remove again and scrape. Every
/// removing thread holds its series, so none goes before it is shown.
fn record_remove_and_scrape_at_once(label_count: u64) {
    const RECORDERS: u64 = 3;
    const SCRAPERS: u64 = 2;
    const ROUNDS: u64 = 20_000;
    let (registry, family) = counters();
    let record = |thread: u64| {
        for round in 0..ROUNDS {
            let label = [&*((round * 7 + thread) % label_count).to_string()];
            let held = family.handle(label);
            let remove = || match round % 4 {
                0 | 1 => assert!(family.remove(label)),
                _ => family.retain(|labels, _| labels != label),
            };
            held.inc();
            if round % 2 == 0 {
                remove();
            }
            family.with(label).inc();
            if round % 2 == 1 {
                remove();
            }
            // Marked by now, so others may remove it while it is not held.
            drop(held);
        }
    };
    let recording = AtomicBool::new(true);
    let mut last_seen: HashMap<(u64, String), u64> = HashMap::new();
    let scrape_all = || {
        let mut seen = HashMap::new();
        while recording.load(Ordering::Relaxed) {
            seen.extend(scrape(&registry));
        }
        seen
    };
    thread::scope(|scope| {
        let recorders: Vec<_> =
            (0..RECORDERS).map(|thread| scope.spawn(move || record(thread))).collect();
        let scrapers: Vec<_> = (0..SCRAPERS).map(|_| scope.spawn(scrape_all)).collect();
        recorders.into_iter().for_each(|recorder| recorder.join().unwrap());
        recording.store(false, Ordering::Relaxed);
        for (series, count) in scrapers.into_iter().flat_map(|scraper| scraper.join().unwrap()) {
            let last = last_seen.entry(series).or_default();
            *last = count.max(*last);
        }
    });
    last_seen.extend(scrape(&registry));
    assert_eq!(last_seen.values().sum::<u64>(), RECORDERS * ROUNDS * 2);
    family.clear();
    assert!(scrape(&registry).is_empty());
    assert_eq!(scrape(&registry), scrape(&registry));
}

#[test]
fn records_of_held_series_are_shown() {
    record_remove_and_scrape_at_once(3);
}

#[test]
fn records_of_series_in_rows_are_shown() {
    record_remove_and_scrape_at_once(70);
}
