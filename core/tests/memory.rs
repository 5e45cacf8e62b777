//! What registries and series leave behind: nothing. Alone in its process, because all tests of one share their cells.

#![cfg(not(tickmark_loom))]

use allocation_counter::measure;
use tickmark::{Bounds, Family, Histogram, Registry, Scale};

#[test]
fn registries_and_series_that_come_and_go_leave_nothing() {
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.05, 0.5]).unwrap();
    let generation = |number: u64| {
        let registry = Registry::new();
        let family: Family<Histogram, 1> =
            registry.histogram_family("histogram_seconds", "H.", ["number"], &bounds).unwrap();
        family.with(["first"]).observe(number);
        registry.counter("counter", "C.").unwrap().inc();
        family.with(["first"]).clone().into_timer().discard();
        drop(family.with(["second"]).clone().into_timer());

        assert_eq!(family.with(["first"]).snapshot().sum, number);
    };
    (0..100).for_each(generation);
    let allocated = measure(|| (0..10_000).for_each(generation));
    // Ten thousand runs that never came back would be 0.8 MB of cells alone.
    assert!(allocated.bytes_current < 10_000, "{allocated:?}");

    let registry = Registry::new();
    let family = registry.counter_family("counter", "C.", ["number"]).unwrap();
    let short_lived = |number: u64| {
        let number = number.to_string();
        family.with([&number]).inc();
        assert!(family.remove([&number]));
    };
    (0..1_000).for_each(short_lived);
    let allocated = measure(|| (0..1_000_000).for_each(short_lived));
    assert!(allocated.bytes_current < 10_000, "{allocated:?}");
}
