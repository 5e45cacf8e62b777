//! What a series costs in memory. Alone in its process, because blocks of cells are never given back.

#![cfg(not(tickmark_loom))]
#![expect(clippy::cast_precision_loss, clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::thread;

use allocation_counter::measure;
use tickmark::{Bounds, Family, Metric, Registry, Scale, Scratch};

const SERIES: usize = 10_000;

/// What the design allows beyond its own figures.
const ALLOWANCE: f64 = 1.5;

/// Bytes a series, with labels of 21 bytes, by what the first thread that records in it adds, and what the second does.
fn bytes_per_series<M: Metric>(family: &Family<M, 3>, record: impl Fn(&M) + Sync) -> [f64; 2] {
    let record_in_all = || {
        for number in 0..SERIES {
            record(&family.with(["GET", "/api/users", &format!("{number:08}")]));
        }
    };
    // The first keeps its shard, so the second has one of its own.
    let first = measure(record_in_all);
    let second = thread::scope(|scope| scope.spawn(|| measure(record_in_all)).join().unwrap());
    [first, second].map(|allocated| allocated.bytes_current as f64 / SERIES as f64)
}

fn walk(registry: &Registry) {
    let families = registry.families();
    let mut scratch = Scratch::default();
    families.iter().for_each(|family| _ = family.visit(0, &mut scratch, |_, _| ControlFlow::Continue(())));
}

#[test]
fn a_series_costs_what_the_design_allows() {
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]).unwrap();
    let registry = Registry::new();
    let labels = ["method", "path", "status"];
    let counters = registry.counter_family("counter", "C.", labels).unwrap();
    counters.set_series_limit(SERIES);
    let [first, second] = bytes_per_series(&counters, |counter| counter.inc());
    println!("a counter series: {first} bytes with one thread, {second} for each more");
    assert!(first <= ALLOWANCE * (80.0 + 8.0), "{first}");
    assert!(second <= ALLOWANCE * 8.0, "{second}");
    let scraped = measure(|| walk(&registry)).bytes_current as f64 / SERIES as f64;
    println!("the same once it was scraped: {scraped} bytes more");
    // Together that is more than the design allows: what makes scrapes several times faster.
    assert!(scraped <= 18.0, "{scraped}");
    assert_eq!(measure(|| walk(&registry)).count_total, 0);

    let histograms = registry.histogram_family("seconds", "H.", labels, &bounds).unwrap();
    histograms.set_series_limit(SERIES);
    let [first, second] = bytes_per_series(&histograms, |histogram| histogram.observe(1));
    println!("a histogram series: {first} bytes with one thread, {second} for each more");
    assert!(first <= ALLOWANCE * (65.0 + 128.0), "{first}");
    assert!(second <= ALLOWANCE * 128.0, "{second}");
}
