//! Memory of a series. Needs a process of its own, because blocks of cells are never
//! freed.

#![cfg(not(tickmark_loom))]
#![expect(clippy::cast_precision_loss, clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::thread;

use allocation_counter::measure;
use tickmark::export::Scratch;
use tickmark::{Bounds, Family, Metric, Registry, Scale};

/// The design's limit for a counter series, and for a histogram series beyond its own
/// cells.
const COUNTER_BYTES: f64 = 132.0;
const ALLOWANCE: f64 = 1.5;

/// Added per series by a scrape: rows of 536 bytes for 32 slots, and their list.
const SCRAPED_BYTES: f64 = 17.25;

/// Cells come in blocks of 512 with their links. The last one is shared with the next
/// family.
const BLOCK_BYTES: f64 = 4_224.0;

/// Guest counts of all blocks of this process: four bytes each, in a list that doubles.
const VISITS_BYTES: f64 = 65_536.0;

/// The list of rows, and the empty part of the last row.
const ROW_BYTES: f64 = 1_500.0;

/// Each size is right after the index or slot list has grown, or between two such points.
const SIZES: [usize; 38] = [
    97, 100, 113, 150, 193, 200, 241, 300, 385, 497, 500, 513, 700, 769, 1_000, 1_009, 1_500,
    1_537, 2_000, 2_033, 3_000, 3_073, 4_081, 5_000, 6_145, 7_000, 8_177, 10_000, 12_289, 15_000,
    16_369, 20_000, 24_577, 30_000, 50_000, 98_305, 131_057, 196_609,
];

/// Bytes per series with labels of 21 bytes: added by the first recording thread, the
/// second, and the third.
fn bytes<M: Metric>(family: &Family<M, 3>, series: usize, record: impl Fn(&M) + Sync) -> [f64; 3] {
    family.set_series_limit(series);
    let record_in_all = || {
        for number in 0..series {
            record(&family.with(["GET", "/api/users", &format!("{number:08}")]));
        }
    };
    // The first thread keeps its shard and the second stays alive, so each has its own.
    let first = measure(record_in_all);
    let (second, third) = thread::scope(|scope| {
        let second = || {
            let second = measure(record_in_all);
            (second, thread::scope(|scope| scope.spawn(|| measure(record_in_all)).join().unwrap()))
        };
        scope.spawn(second).join().unwrap()
    });
    [first, second, third].map(|allocated| allocated.bytes_current as f64)
}

fn walk(registry: &Registry) {
    let families = registry.families();
    let mut scratch = Scratch::default();
    families
        .iter()
        .for_each(|family| _ = family.visit(0, &mut scratch, |_, _| ControlFlow::Continue(())));
}

/// In one test, because all tests of a process share its cells.
#[test]
fn every_size_costs_what_the_design_allows() {
    let labels = ["method", "path", "status"];
    // The cost of the first series of a process is excluded.
    Registry::new().counter("first", "F.").unwrap().inc();
    // They live to the end, so that each takes its own cells.
    let registries = SIZES.map(|series| {
        let registry = Registry::new();
        let counters = registry.counter_family("counter", "C.", labels).unwrap();
        let count = series as f64;
        let [first, second, third] = bytes(&counters, series, |counter| counter.inc());
        let scraped = measure(|| walk(&registry)).bytes_current as f64;
        let [one, two, more] = [first, second, scraped].map(|bytes| bytes / count);
        println!(
            "{series} counters: {one:.1} bytes each, {two:.1} for guests, {more:.1} once scraped"
        );
        assert!(first <= COUNTER_BYTES * count + BLOCK_BYTES, "{first}");
        assert!(second <= 8.5 * count + 2.0 * BLOCK_BYTES, "{second}");
        assert!(third <= VISITS_BYTES, "{third}");
        assert!(scraped <= SCRAPED_BYTES * count + ROW_BYTES, "{scraped}");
        assert_eq!(measure(|| walk(&registry)).count_total, 0);
        registry
    });

    let bounds =
        Bounds::new(Scale::Nanos, &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
            .unwrap();
    let registry = Registry::new();
    for (number, series) in
        SIZES.into_iter().filter(|size| (1_000..100_000).contains(size)).enumerate()
    {
        let histograms = registry
            .histogram_family(&format!("h_{number}_seconds"), "H.", labels, &bounds)
            .unwrap();
        let [first, second, third] = bytes(&histograms, series, |histogram| histogram.observe(1))
            .map(|all| all / series as f64);
        println!(
            "{series} histograms: {first:.1} bytes each, {second:.1} for guests, \
             {third:.2} for each further thread"
        );
        assert!(first <= ALLOWANCE * (65.0 + 128.0), "{first}");
        assert!(second <= ALLOWANCE * 128.0, "{second}");
        assert!(third * series as f64 <= VISITS_BYTES, "{third}");
    }
    drop(registries);
}
