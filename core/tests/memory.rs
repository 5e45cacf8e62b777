//! Registries and series leave nothing behind. The tests run one at a time, because they
//! share the cells of the process.

#![cfg(not(tickmark_loom))]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use allocation_counter::{AllocationInfo, measure};
use tickmark::collect::Collection;
use tickmark::{Bounds, Counter, Family, FloatBounds, Histogram, Registry, Scale};

/// Allocations, and bytes kept, of this many rounds after a warm-up. A guest thread earns
/// its block by 1,024 records between two scrapes.
fn measure_rounds(rounds: u64, round: impl Fn(u64)) -> AllocationInfo {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (0..2_200).for_each(&round);
    measure(|| (0..rounds).for_each(&round))
}

#[test]
fn dropped_registries_leave_nothing() {
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.05, 0.5]).unwrap();
    let generation = |number: u64| {
        let registry = Registry::new();
        let family: Family<Histogram, 1> =
            registry.histogram_family("histogram_seconds", "H.", ["number"], &bounds).unwrap();
        family.with(["first"]).observe(number);
        registry.counter("counter", "C.").unwrap().inc();
        family.handle(["first"]).into_timer().discard();
        drop(family.handle(["second"]).into_timer());

        assert_eq!(family.with(["first"]).snapshot().sum, number);
    };
    let allocated = measure_rounds(10_000, generation);
    // Ten thousand unreturned runs would be 0.8 MB of cells alone.
    assert!(allocated.bytes_current < 10_000, "{allocated:?}");
}

#[test]
fn removed_series_leave_nothing() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "C.", ["number"]).unwrap();
    let short_lived = |number: u64| {
        let number = number.to_string();
        family.with([&number]).inc();
        assert!(family.remove([&number]));
    };
    let allocated = measure_rounds(1_000_000, short_lived);
    assert!(allocated.bytes_current < 10_000, "{allocated:?}");
}

#[test]
fn unregistered_families_leave_nothing() {
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.05, 0.5]).unwrap();
    let registry = Registry::new();
    let round = |number: u64| {
        let scope = registry.with_prefix("scope_").with_label("number", "constant");
        let name = format!("family_{number}");
        let family: Family<Counter, 1> = scope.counter_family(&name, "C.", ["label"]).unwrap();
        let histogram = scope.histogram("histogram_seconds", "H.", &bounds).unwrap();
        let label = format!("{number}");
        let collect =
            move |out: &mut Collection| out.gauge(&name, "G.", ["label"]).series([&label], number);
        registry.register_collector("collector", collect).unwrap();
        family.with(["first"]).inc();
        histogram.observe(number);
        assert_eq!(registry.families().iter().count(), 3);

        assert!(scope.unregister(&format!("family_{number}")));
        assert!(scope.unregister("histogram_seconds"));
        assert!(registry.unregister_collector("collector"));
        assert_eq!(registry.families().iter().count(), 0);
    };
    let allocated = measure_rounds(10_000, round);
    assert!(allocated.bytes_current < 10_000, "{allocated:?}");
}

#[test]
fn refused_exemplars_allocate_nothing() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.05, 0.5]).unwrap();
    let histogram = registry.histogram("histogram_seconds", "H.", &bounds).unwrap();
    let counter = registry.counter("counter", "C.").unwrap();
    let value = "x".repeat(300_000);
    let record = |number: u64| {
        histogram.observe_with_exemplar(number << 20, &[("trace_id", &value)]);
        counter.add_with_exemplar(1, &[("trace_id", &value)]);
    };
    let allocated = measure_rounds(200, record);
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
    assert_eq!((histogram.snapshot().count(), counter.get()), (2_400, 2_400));
}

#[test]
fn families_no_longer_yielded_are_forgotten() {
    let registry = Registry::new();
    let scrapes = AtomicU64::new(0);
    let collect = move |out: &mut Collection| {
        let number = scrapes.fetch_add(1, Ordering::Relaxed);
        out.gauge("steady", "G.", ["label"]).series([&number.to_string()], 1);
        out.gauge(&format!("family_{number}"), "G.", []).series([], 1);
    };
    registry.register_collector("collector", collect).unwrap();
    let scrape = |_| assert_eq!(registry.families().iter().count(), 2);
    let allocated = measure_rounds(10_000, scrape);
    assert!(allocated.bytes_current < 10_000, "{allocated:?}");
}

/// However close, numerous and far apart the bounds are, on both sides of zero.
#[test]
fn distinct_bounds_take_bounded_memory() {
    let near = |place: u64| f64::from_bits(1.0_f64.to_bits() + place);
    let hostile = |number: u32| -> Vec<f64> {
        let up = (0..64).map(|place| f64::from(number + 1) * near(place));
        let far = (0..64).map(|place| 1e300 * near(place));
        let above: Vec<f64> = up.chain(far).collect();
        above.iter().rev().map(|bound| -bound).chain(above.iter().copied()).collect()
    };
    let linear = |number: u32| f64::from(number + 1) / 8.0;
    let floats = measure(|| {
        for number in 0..50 {
            _ = FloatBounds::new(&hostile(number)).unwrap();
            _ = FloatBounds::linear(-16.0 * linear(number), linear(number) / 8.0, 256).unwrap();
        }
    });
    assert!(floats.bytes_current < 100 * 13 * 1_024, "{floats:?}");
    let whole = measure(|| {
        for number in 0..50 {
            _ = Bounds::linear(Scale::Nanos, linear(number), linear(number), 256).unwrap();
        }
    });
    assert!(whole.bytes_current < 50 * 9 * 1_024, "{whole:?}");
    let known = measure(|| _ = FloatBounds::new(&hostile(7)).unwrap());
    assert_eq!(known.bytes_current, 0);
}
