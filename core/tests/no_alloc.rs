//! Allocations of recording and reading: none after the first touch.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use tickmark::export::Scratch;
use tickmark::{Bounds, Counter, FloatBounds, Histogram, Registry, Scale};

fn bounds() -> Bounds {
    Bounds::new(Scale::Nanos, &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
        .unwrap()
}

fn scrape(registry: &Registry, scratch: &mut Scratch) {
    for family in registry.families().iter() {
        _ = family.visit(0, scratch, |series, _| {
            assert!(series.label_values().count() <= 2);
            ControlFlow::Continue(())
        });
    }
}

#[test]
fn recording_and_reading_allocate_only_at_first() {
    let registry = Registry::new();
    let counter = registry.counter("counter", "C.").unwrap();
    let gauge = registry.gauge("gauge", "G.").unwrap();
    let open = registry.up_down_counter("open", "O.").unwrap();
    let histogram = registry.histogram("histogram_seconds", "H.", &bounds()).unwrap();
    let float_counter = registry.float_counter("float_counter", "F.").unwrap();
    let float_gauge = registry.float_gauge("float_gauge", "F.").unwrap();
    let float_bounds = FloatBounds::linear(-1.0, 0.01, 200).unwrap();
    let float_histogram = registry.float_histogram("float_histogram", "F.", &float_bounds).unwrap();
    let family = registry.counter_family("family", "F.", ["one", "two"]).unwrap();
    family.set_series_limit(1);
    let by_address = family.static_labels();
    let by_names = registry.open_family::<Counter>("by_names", "B.", &()).unwrap();
    by_names.set_series_limit(1);
    let record = || {
        counter.inc();
        gauge.set(3);
        let _open = open.guard();
        histogram.observe_duration(Duration::from_millis(3));
        float_gauge.add(0.5);
        for value in [0.5, -0.5, f64::NAN, f64::INFINITY] {
            float_counter.add(value);
            float_histogram.observe(value);
        }
        histogram.start_timer().discard();
        let _timers = (histogram.start_timer(), float_histogram.clone().into_timer());
        let _task = open.clone().into_guard();
        family.with(["known", "series"]).inc();
        family.with(["turned", "away"]).inc();
        for labels in [
            &[("two", "series"), ("one", "known"), ("none", "")][..],
            &[("two", "away"), ("one", "turned")],
        ] {
            by_names.with(labels).unwrap().inc();
        }
        by_address.with(["known", "series"]).inc();
        by_address.with(["turned", "away"]).inc();
        let kept = family.with(["known", "series"]);
        kept.clone().add(2);
    };
    let mut scratch = Scratch::default();
    // If another test was first, this thread earns its blocks by 1,024 records in one
    // period between scrapes.
    (0..2_200).for_each(|_| record());
    scrape(&registry, &mut scratch);
    let allocated = measure(|| {
        for _ in 0..100 {
            record();
            scrape(&registry, &mut scratch);
        }
    });
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

#[test]
fn cells_beyond_the_first_blocks_count() {
    const SERIES: usize = 4_000;
    let registry = Registry::new();
    let family =
        registry.histogram_family("histogram_seconds", "H.", ["number"], &bounds()).unwrap();
    family.set_series_limit(SERIES);
    let handles: Vec<Histogram> =
        (0..SERIES).map(|number| family.handle([&number.to_string()])).collect();
    let observe_all =
        || handles.iter().zip(1..).for_each(|(histogram, value)| histogram.observe(value));
    // First a growing directory, then one inherited with the shard of an ended thread.
    // The first block may belong to another test. Then this thread begins as its guest
    // and may allocate one block here.
    let rounds = 2_200;
    (0..rounds).for_each(|_| observe_all());
    assert_eq!(measure(observe_all).count_total, 0, "blocks are reused");
    thread::scope(|scope| {
        scope.spawn(observe_all).join().unwrap();
        scope.spawn(observe_all).join().unwrap();
    });
    for (histogram, value) in handles.iter().zip(1..) {
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.count(), snapshot.sum), (rounds + 3, (rounds + 3) * value));
    }
}

#[test]
fn open_look_ups_allocate_nothing() {
    let registry = Registry::new().with_utf8_names();
    let family = registry.open_family::<Counter>("open", "O.", &()).unwrap();
    let names: Vec<String> = (0..16).map(|number| format!("label.{number}")).collect();
    let labels: Vec<_> = names.iter().map(|name| (&**name, "x")).collect();
    let [first @ .., (last, _)] = &labels[..] else { return };
    let with_absent = [first, &[(*last, "")]].concat();
    let lists: Vec<String> = (0..70).map(|number| format!("list_{number}")).collect();
    let look_up = || {
        family.with(&with_absent).unwrap().inc();
        family.with(&[("list_69", "1")]).unwrap().inc();
    };
    family.with(&with_absent).unwrap().inc();
    lists.iter().for_each(|name| family.with(&[(name, "1")]).unwrap().inc());
    (0..2_200).for_each(|_| look_up());
    let allocated = measure(look_up);
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}
