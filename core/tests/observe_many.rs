//! Batches of equal observations: equal to single ones, and read as one state.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use tickmark::export::Scratch;
use tickmark::{Bounds, FloatBounds, FloatHistogram, Histogram, Registry};

/// The value of every series, as an exporter sees it.
fn page(registry: &Registry) -> Vec<String> {
    let mut lines = Vec::new();
    for family in registry.families().iter() {
        _ = family.visit(0, &mut Scratch::default(), |_, value| {
            lines.push(format!("{value:?}"));
            ControlFlow::Continue(())
        });
    }
    lines
}

fn whole(registry: &Registry) -> Histogram {
    registry.histogram("whole", "W.", &Bounds::whole([0.0, 1_000.0]).unwrap()).unwrap()
}

fn float(registry: &Registry) -> FloatHistogram {
    registry.float_histogram("float", "F.", &FloatBounds::new(&[0.0, 1_000.0]).unwrap()).unwrap()
}

fn wholes() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 0_u64..2_000, (0_u64..3).prop_map(|less| u64::MAX - less)]
}

/// Whole floats, whose sums are not rounded, and values that are rejected.
fn floats() -> impl Strategy<Value = f64> {
    let rejected = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    prop_oneof![
        3 => (0_u32..2_000).prop_map(f64::from),
        1 => prop::sample::select(rejected.to_vec()),
    ]
}

proptest! {
    #[test]
    fn batches_equal_single_observations(
        records in prop::collection::vec((wholes(), floats(), 0_u64..40, any::<bool>()), 0..20),
    ) {
        let [batches, singles] = [(); 2].map(|()| Registry::new());
        let (many, each) = ((whole(&batches), float(&batches)), (whole(&singles), float(&singles)));
        for (value, fraction, count, elsewhere) in records {
            let record = || {
                many.0.observe_many(value, count);
                many.1.observe_many(fraction, count);
                for _ in 0..count {
                    each.0.observe(value);
                    each.1.observe(fraction);
                }
            };
            // Some records on a thread that may be a guest.
            if elsewhere { thread::scope(|scope| _ = scope.spawn(record)) } else { record() }
            prop_assert_eq!(page(&batches), page(&singles));
        }
    }
}

#[test]
fn empty_batches_record_nothing() {
    let registry = Registry::new();
    let (whole, float) = (whole(&registry), float(&registry));
    let before = page(&registry);
    whole.observe_many(u64::MAX, 0);
    [7.0, f64::NAN].iter().for_each(|value| float.observe_many(*value, 0));
    assert_eq!(page(&registry), before);
}

#[test]
fn huge_batches_are_exact() {
    let registry = Registry::new();
    let histogram = whole(&registry);
    // Sums overflow past 2^102.
    histogram.observe_many(u64::MAX, 1 << 37);
    histogram.observe(5);
    assert_eq!(histogram.snapshot().buckets, [0, 1, 1 << 37]);
    let sum = (u128::from(u64::MAX) << 37) + 5;
    #[expect(clippy::cast_precision_loss, reason = "as pages show it")]
    let shown = format!("Float({:?})", sum as f64);
    assert!(page(&registry)[0].contains(&shown), "{:?} lacks {shown}", page(&registry));
}

#[test]
fn float_batches_stay_finite() {
    let registry = Registry::new();
    let histogram = float(&registry);
    histogram.observe_many(f64::MAX, u64::MAX / 2);
    assert_eq!(histogram.snapshot().sum, f64::MAX);
}

#[test]
fn batches_are_read_as_one_state() {
    let registry = Registry::new();
    let (whole, float) = (whole(&registry), float(&registry));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for count in [1, 2, 3, 1_000] {
            let (whole, float, is_over) = (&whole, &float, &is_over);
            _ = scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    whole.observe_many(7, count);
                    float.observe_many(7.0, count);
                }
            });
        }
        let mut last = [0, 0];
        while last.iter().any(|count| *count < 1_000_000) {
            let (whole, float) = (whole.snapshot(), float.snapshot());
            let counts = [whole.count(), float.count()];
            assert!(!whole.is_settled || whole.sum == counts[0] * 7, "{whole:?}");
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            let sum = counts[1] as f64 * 7.0;
            assert!(!float.is_settled || float.sum == sum, "{float:?}");
            assert!(counts[0] >= last[0] && counts[1] >= last[1]);
            last = counts;
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
