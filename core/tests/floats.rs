//! Float counters, gauges and histograms: recorded and rejected values, and what
//! concurrent readers see.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::cast_precision_loss, reason = "a test")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use tickmark::export::{Kind, Scratch, Value};
use tickmark::*;

/// Rejected by every counter and histogram.
const NEVER: [f64; 4] = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

/// Rejected records by family, as the page shows them.
fn rejected(registry: &Registry) -> Vec<(String, u64)> {
    let mut counts = Vec::new();
    let families = registry.families();
    for family in families.iter().filter(|family| family.name() == "tickmark_observations_rejected")
    {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            counts.push((series.label_values().collect(), count));
            ControlFlow::Continue(())
        });
    }
    counts
}

#[test]
fn float_counter_accepts_only_increases() {
    let registry = Registry::new();
    let counter = registry.float_counter("spent_seconds_total", "S.").unwrap();
    for amount in [0.25, 0.0, -0.0, 5e-324, 2.0] {
        counter.add(amount);
    }
    counter.inc();
    assert_eq!(counter.get(), 3.25);
    assert_eq!(format!("{counter:?}"), "FloatCounter(3.25)");
    assert_eq!(rejected(&registry), []);
    for (number, amount) in NEVER.into_iter().chain([-5e-324, -1.0, f64::MIN]).enumerate() {
        counter.add(amount);
        assert_eq!(counter.get(), 3.25, "{amount}");
        assert_eq!(
            rejected(&registry),
            [("spent_seconds_total".into(), number as u64 + 1)],
            "{amount}"
        );
    }
}

#[test]
fn sums_stay_finite() {
    let registry = Registry::new();
    let counter = registry.float_counter("counter", "C.").unwrap();
    let bounds = FloatBounds::new(&[-1.0]).unwrap();
    let histogram = registry.float_histogram("histogram", "H.", &bounds).unwrap();
    let record = || {
        for _ in 0..2 {
            counter.add(f64::MAX);
            histogram.observe(f64::MAX);
        }
    };
    record();
    assert_eq!((counter.get(), histogram.snapshot().sum), (f64::MAX, f64::MAX));
    // Two shards, so that their total would overflow too.
    thread::scope(|scope| scope.spawn(record).join().unwrap());
    assert_eq!((counter.get(), histogram.snapshot().sum), (f64::MAX, f64::MAX));
    let negative = registry.float_histogram("negative", "N.", &bounds).unwrap();
    (0..2).for_each(|_| negative.observe(f64::MIN));
    assert_eq!(negative.snapshot().sum, f64::MIN);
    assert_eq!(rejected(&registry), []);
}

#[test]
fn float_gauge_accepts_any_value() {
    let registry = Registry::new();
    let gauge = registry.float_gauge("gauge", "G.").unwrap();
    for value in NEVER.into_iter().chain([0.0, -0.0, 1.5, f64::MIN, 5e-324]) {
        gauge.set(value);
        assert_eq!(gauge.get().to_bits(), value.to_bits());
    }
    gauge.set(1.5);
    gauge.inc();
    gauge.add(0.25);
    gauge.dec();
    gauge.sub(4.0);
    assert_eq!(gauge.get(), -2.25);
    assert_eq!(format!("{gauge:?}"), "FloatGauge(-2.25)");
    gauge.add(f64::INFINITY);
    gauge.sub(f64::INFINITY);
    assert!(gauge.get().is_nan());
    assert_eq!(rejected(&registry), []);
}

#[test]
fn concurrent_float_gauge_adds_are_exact() {
    let registry = Registry::new();
    let gauge = registry.float_gauge("gauge", "G.").unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            _ = scope.spawn(|| (0..10_000).for_each(|_| gauge.add(0.5)));
            _ = scope.spawn(|| (0..10_000).for_each(|_| gauge.dec()));
        }
    });
    assert_eq!(gauge.get(), -20_000.0);
}

#[test]
fn float_histogram_rejects_invalid_values() {
    let registry = Registry::new();
    for (name, bounds, refused) in
        [("a", [0.0, 1.0], &[-5e-324, -1.0][..]), ("b", [-1.0, 1.0], &[])]
    {
        let histogram =
            registry.float_histogram(name, "H.", &FloatBounds::new(&bounds).unwrap()).unwrap();
        histogram.observe(0.5);
        histogram.observe(-0.0);
        let before = histogram.snapshot();
        let count = NEVER.len() + refused.len();
        for value in NEVER.iter().chain(refused) {
            histogram.observe(*value);
            assert_eq!(histogram.snapshot(), before, "{value}");
        }
        assert!(rejected(&registry).contains(&(name.into(), count as u64)));
        assert_eq!((before.count(), before.sum), (2, 0.5));
    }
}

#[test]
fn float_histogram_sum_decreases_with_negative_values() {
    let registry = Registry::new();
    let bounds = FloatBounds::linear(-1.0, 0.5, 4).unwrap();
    let histogram = registry.float_histogram("histogram", "H.", &bounds).unwrap();
    for value in [-2.0, -1.0, -0.75, 0.0, 0.5, 0.75] {
        histogram.observe(value);
    }
    let snapshot = histogram.snapshot();
    assert_eq!((&snapshot.buckets[..], snapshot.sum), (&[2, 1, 1, 1, 1][..], -2.5));
    assert_eq!(format!("{histogram:?}"), "FloatHistogram { buckets: [2, 1, 1, 1, 1], sum: -2.5 }");
    histogram.observe_duration(std::time::Duration::from_millis(250));
    assert_eq!(histogram.snapshot().sum, -2.25);
}

#[test]
fn rejected_records_are_reported_once() {
    let [registry, other] = [Registry::new(), Registry::new()];
    let counters = registry.float_counter_family("counters", "C.", ["thread"]).unwrap();
    let sizes = registry.float_histogram("sizes", "S.", &FloatBounds::default()).unwrap();
    let unaffected = other.float_counter("counters", "C.").unwrap();
    unaffected.inc();
    counters.set_series_limit(2);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        // Two concurrent scrapers: one may report while the other does.
        let scrapers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut seen = 0;
                while !stop.load(Ordering::Relaxed) {
                    let now = rejected(&registry).iter().map(|(_, count)| count).sum();
                    assert!(seen <= now, "{seen} before {now}");
                    seen = now;
                }
            })
        });
        // The third label set is over the limit, so its series is the overflow series.
        let recorders = ["one", "two", "three"].map(|thread| {
            let (counters, sizes) = (&counters, &sizes);
            scope.spawn(move || {
                for _ in 0..10_000 {
                    counters.with([thread]).add(-1.0);
                    sizes.observe(f64::NAN);
                }
            })
        });
        recorders.into_iter().for_each(|recorder| recorder.join().unwrap());
        stop.store(true, Ordering::Relaxed);
        scrapers.into_iter().for_each(|scraper| scraper.join().unwrap());
    });
    for _ in 0..2 {
        let mut counts = rejected(&registry);
        counts.sort();
        assert_eq!(counts, [("counters_total".into(), 30_000), ("sizes".into(), 30_000)]);
    }
    assert_eq!(rejected(&other), []);
}

#[test]
fn rejections_of_removed_series_count_once() {
    let registry = Registry::new();
    let counters = registry.float_counter_family("counters", "C.", ["label"]).unwrap();
    let held = counters.handle(["held"]);
    for round in 0..3 {
        counters.with(["removed"]).add(-1.0);
        assert!(counters.remove(["removed"]));
        held.add(f64::NAN);
        assert_eq!(rejected(&registry), [("counters_total".into(), 2 * round + 2)]);
    }
    counters.clear();
    drop(counters);
    assert!(registry.unregister("counters"));
    held.add(f64::NAN);
    _ = registry.float_counter("counters", "C.").unwrap();
    assert_eq!(rejected(&registry), []);
}

#[test]
fn float_sums_are_consistent_and_monotonic() {
    let registry = Registry::new();
    let counter = registry.float_counter("counter", "C.").unwrap();
    let bounds = FloatBounds::new(&[0.001, 0.1]).unwrap();
    let histogram = registry.float_histogram("histogram", "H.", &bounds).unwrap();
    // Sums of these values are exact in any order.
    let values = [2_f64.powi(-20), 2_f64.powi(-8), 1.0];
    let rounds = 300_000_usize;
    thread::scope(|scope| {
        let writers = [1, 2, 3].map(|writer| {
            let (counter, histogram) = (&counter, &histogram);
            scope.spawn(move || {
                for round in 0..rounds {
                    // Inexact: each thread's cell is rounded, and so is their sum.
                    counter.add(0.1 * writer as f64);
                    histogram.observe(values[round % 3]);
                    // Without optimization a read takes longer than an observation, so
                    // few reads would be undisturbed.
                    if round % 64 == 0 {
                        thread::yield_now();
                    }
                }
            })
        });
        let mut seen = 0.0;
        while !writers.iter().all(|writer| writer.is_finished()) {
            let now = counter.get();
            assert!(seen <= now, "{seen} before {now}");
            seen = now;
            let snapshot = histogram.snapshot();
            let expected: f64 = snapshot
                .buckets
                .iter()
                .zip(values)
                .map(|(count, value)| *count as f64 * value)
                .sum();
            assert!(!snapshot.is_settled || snapshot.sum == expected, "torn: {snapshot:?}");
        }
    });
    let snapshot = histogram.snapshot();
    assert!(snapshot.is_settled);
    assert_eq!(snapshot.buckets, [rounds as u64; 3]);
    assert_eq!(snapshot.sum, rounds as f64 * values.iter().sum::<f64>());
    let expected = 0.6 * rounds as f64;
    assert!((counter.get() - expected).abs() < 1e-6 * expected, "{}", counter.get());
}

#[test]
fn float_families_share_names_and_kinds() {
    let registry = Registry::new();
    let bounds = FloatBounds::new(&[-1.0]).unwrap();
    _ = registry.float_counter_family("a_total", "A.", ["l"]).unwrap();
    _ = registry.float_gauge_family("b", "B.", ["l"]).unwrap();
    _ = registry.float_histogram_family("c", "C.", ["l"], &bounds).unwrap();
    let families = registry.families();
    let seen: Vec<_> =
        families.iter().map(|family| (family.name(), family.kind(), family.bounds())).collect();
    assert_eq!(
        seen,
        [
            ("a", Kind::Counter, &[][..]),
            ("b", Kind::Gauge, &[][..]),
            ("c", Kind::Histogram, &[-1.0][..])
        ]
    );
    assert!(families.iter().all(|family| family.scale() == Scale::One));
    for (error, message) in [
        (
            registry.gauge("a_total", "A.").unwrap_err(),
            "gauge \"a_total\" clashes with the registered float counter \"a_total\"",
        ),
        (
            registry.float_gauge("c_sum", "C.").unwrap_err(),
            "float gauge \"c_sum\" clashes with the registered float histogram \"c\"",
        ),
        (
            registry.float_counter("b", "B.").unwrap_err(),
            "float counter \"b\" clashes with the registered float gauge \"b\"",
        ),
    ] {
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

proptest! {
    #[test]
    fn float_histogram_equals_a_naive_one(
        mut bounds in prop::collection::vec(prop_oneof![-10.0..10.0, any::<f64>()], 1..30),
        values in prop::collection::vec(prop_oneof![-10.0..10.0, 0.0..1.0, any::<f64>()], 0..60),
        special in prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..10),
    ) {
        bounds.retain(|bound: &f64| bound.is_finite());
        bounds.push(0.5);
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let registry = Registry::new();
        let all = FloatBounds::new(&bounds).unwrap();
        let histogram = registry.float_histogram("histogram", "H.", &all).unwrap();
        let mut buckets = vec![0; bounds.len() + 1];
        let (mut sum, mut refused) = (0_f64, 0);
        for value in values.into_iter().chain(special) {
            histogram.observe(value);
            if !value.is_finite() || (value < 0.0 && bounds[0] >= 0.0) {
                refused += 1;
                continue;
            }
            buckets[bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())] += 1;
            sum = (sum + value).clamp(f64::MIN, f64::MAX);
        }
        let snapshot = histogram.snapshot();
        prop_assert_eq!(snapshot.count(), buckets.iter().sum::<u64>());
        prop_assert_eq!(snapshot.buckets, buckets);
        prop_assert_eq!(snapshot.sum, sum);
        prop_assert_eq!(rejected(&registry).first().map_or(0, |(_, count)| *count), refused);
    }
}
