//! Sums of whole-number histograms past 2^64: they continue, and are never seen to
//! decrease.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::cast_precision_loss, reason = "a test")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use tickmark::export::{Scratch, Value};
use tickmark::{Bounds, Histogram, Number, Registry, Scale};

fn histogram(registry: &Registry, scale: Scale) -> Histogram {
    registry.histogram("h", "H.", &Bounds::new(scale, &[1.0]).unwrap()).unwrap()
}

/// The sum as exporters see it.
fn shown(registry: &Registry) -> Number {
    let mut seen = None;
    for family in registry.families().iter().filter(|family| family.name() == "h") {
        _ = family.visit(0, &mut Scratch::default(), |_, value| {
            let Value::Histogram { sum, .. } = value else { panic!("{value:?}") };
            seen = Some(sum);
            ControlFlow::Continue(())
        });
    }
    seen.unwrap()
}

/// In units of the exposition.
fn in_units(number: Number, per_unit: u64) -> f64 {
    match number {
        Number::Unsigned(sum) => sum as f64 / per_unit as f64,
        Number::Float(sum) => sum,
        Number::Signed(_) => panic!("{number:?}"),
    }
}

#[test]
fn sum_past_64_bits_is_nearest_float() {
    for (scale, per_unit) in [
        (Scale::One, 1),
        (Scale::Millis, 1_000),
        (Scale::Micros, 1_000_000),
        (Scale::Nanos, 1_000_000_000),
    ] {
        let registry = Registry::new();
        let histogram = histogram(&registry, scale);
        histogram.observe(u64::MAX);
        assert_eq!(shown(&registry), Number::Unsigned(u64::MAX));
        assert_eq!(histogram.snapshot().sum, u64::MAX);
        for observed in 2..5_u32 {
            histogram.observe(u64::MAX);
            let expected = (f64::from(observed) * u64::MAX as f64) / per_unit as f64;
            assert_eq!(shown(&registry), Number::Float(expected));
            assert_eq!(
                (histogram.snapshot().sum, histogram.snapshot().count()),
                (u64::MAX, observed.into())
            );
        }
    }
}

/// The sizes of requests that each declare a pebibyte.
#[test]
fn declared_lengths_never_decrease_the_sum() {
    let registry = Registry::new();
    let histogram = histogram(&registry, Scale::One);
    let mut before = 0.0;
    for round in 1..=64_u32 {
        // A sixteenth of 2^64.
        (0..1 << 10).for_each(|_| histogram.observe(1 << 50));
        let sum = in_units(shown(&registry), 1);
        assert_eq!(sum, f64::from(round) * 2_f64.powi(60));
        assert!(sum > before);
        before = sum;
    }
}

#[test]
fn durations_past_64_bits_add_up() {
    let registry = Registry::new();
    let histogram = histogram(&registry, Scale::Nanos);
    (0..70_000).for_each(|_| histogram.observe_duration(Duration::MAX));
    let expected = 70_000.0 * u64::MAX as f64 / 1e9;
    assert_eq!(shown(&registry), Number::Float(expected));
}

/// Two or more threads overflow their own cells, and readers see a consistent sum.
#[test]
fn overflowing_sums_on_many_threads_are_exact() {
    const ROUNDS: u64 = 20_000;
    let registry = Registry::new();
    let histogram = histogram(&registry, Scale::One);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut before = 0.0;
            while !stop.load(Ordering::Relaxed) {
                let snapshot = histogram.snapshot();
                assert_eq!(
                    snapshot.sum,
                    if snapshot.count() > 1 { u64::MAX } else { snapshot.count() << 63 }
                );
                let sum = in_units(shown(&registry), 1);
                assert!(before <= sum, "{before} then {sum}");
                before = sum;
                // A power of two each, so floats are exact: the shown sum is a whole
                // number of observations.
                assert_eq!(sum % 2_f64.powi(63), 0.0);
            }
        });
        let writers =
            [(); 3].map(|()| scope.spawn(|| (0..ROUNDS).for_each(|_| histogram.observe(1 << 63))));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    assert_eq!(in_units(shown(&registry), 1), 3.0 * ROUNDS as f64 * 2_f64.powi(63));
}

/// A series that reuses the cells of an overflowed one begins at zero.
#[test]
fn overflowed_cells_are_reused_clean() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let family = registry.histogram_family("h", "H.", ["l"], &bounds).unwrap();
    for round in 0..5 {
        let label = round.to_string();
        (0..3).for_each(|_| family.with([&label]).observe(u64::MAX));
        assert!(family.remove([&label]));
        family.with(["next"]).observe(7);
        assert_eq!(shown(&registry), Number::Unsigned(7));
        family.clear();
    }
}

proptest! {
    #[test]
    fn sums_of_any_values_are_exact(
        values in
            prop::collection::vec(prop_oneof![any::<u64>(), 0_u64..100, Just(u64::MAX)], 0..30),
        per_thread in 1_usize..10,
        scale in prop_oneof![Just((Scale::One, 1)), Just((Scale::Nanos, 1_000_000_000_u64))],
    ) {
        let registry = Registry::new();
        let histogram = histogram(&registry, scale.0);
        thread::scope(|scope| {
            for values in values.chunks(per_thread) {
                let histogram = &histogram;
                _ = scope.spawn(move || values.iter().for_each(|value| histogram.observe(*value)));
            }
        });
        let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
        let expected = match u64::try_from(sum) {
            Ok(sum) => Number::Unsigned(sum),
            Err(_) => Number::Float(sum as f64 / scale.1 as f64),
        };
        prop_assert_eq!(shown(&registry), expected);
        prop_assert_eq!(u128::from(histogram.snapshot().sum), sum.min(u64::MAX.into()));
    }
}
