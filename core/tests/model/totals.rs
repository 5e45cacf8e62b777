//! Operations in no particular order on many threads. Totals equal the naive sums.
//! Concurrent scrapes see consistent values, in which no total decreases and no series
//! occurs twice.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use tickmark::export::{Scratch, Value};
use tickmark::*;

use crate::threads::alone;

const BOUNDS: [f64; 2] = [1.0, 100.0];
/// One value per bucket. Their sums are exact, even as floats and halved.
const VALUES: [u64; 3] = [1, 100, 10_000];
const LABELS: [&str; 4] = ["a", "b", "c", "d"];
const LIMIT: usize = 3;

struct Subjects {
    registry: Registry,
    counters: Family<Counter, 1>,
    gauges: Family<Gauge, 1>,
    open: Family<UpDownCounter, 1>,
    sizes: Family<Histogram, 1>,
    float_counters: Family<FloatCounter, 1>,
    float_gauges: Family<FloatGauge, 1>,
    float_sizes: Family<FloatHistogram, 1>,
}

impl Subjects {
    fn new() -> Self {
        const HELP: &str = "Help.";
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &BOUNDS).unwrap();
        let float_bounds = FloatBounds::new(&BOUNDS).unwrap();
        let subjects = Self {
            counters: registry.counter_family("counters", HELP, ["label"]).unwrap(),
            gauges: registry.gauge_family("gauges", HELP, ["label"]).unwrap(),
            open: registry.up_down_counter_family("open", HELP, ["label"]).unwrap(),
            sizes: registry.histogram_family("sizes", HELP, ["label"], &bounds).unwrap(),
            float_counters: registry
                .float_counter_family("float_counters", HELP, ["label"])
                .unwrap(),
            float_gauges: registry.float_gauge_family("float_gauges", HELP, ["label"]).unwrap(),
            float_sizes: registry
                .float_histogram_family("float_sizes", HELP, ["label"], &float_bounds)
                .unwrap(),
            registry,
        };
        // Only label sets within the limit: those over it are looked up, not kept.
        subjects.counters.set_series_limit(LIMIT);
        subjects
    }

    /// Records a value in all families, and returns the guards that end later.
    fn record(&self, Record { label, value, held }: Record) -> UpDownGuard<UpDownCounter> {
        let (label, whole) = ([LABELS[label]], VALUES[value]);
        let half = whole as f64 / 2.0;
        if held {
            self.counters.handle(label).add(whole);
        } else {
            self.counters.with(label).add(whole);
        }
        self.gauges.with(label).sub(whole as i64);
        self.sizes.with(label).observe(whole);
        self.float_counters.with(label).add(half);
        self.float_counters.with(label).add(-half);
        self.float_gauges.with(label).sub(half);
        self.float_sizes.with(label).observe(whole as f64);
        self.float_sizes.with(label).observe(f64::NAN);
        self.open.handle(label).into_guard()
    }

    /// Does the work of one thread. Half of what it begins ends here, the rest on another
    /// thread.
    fn record_all(&self, records: &[Record]) -> Vec<UpDownGuard<UpDownCounter>> {
        let mut open: Vec<_> = records.iter().map(|record| self.record(*record)).collect();
        open.split_off(records.len() / 2)
    }
}

#[derive(Clone, Copy, Debug)]
struct Record {
    label: usize,
    value: usize,
    held: bool,
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let record = (0..LABELS.len(), 0..VALUES.len(), any::<bool>())
        .prop_map(|(label, value, held)| Record { label, value, held });
    prop::collection::vec(record, 100..400)
}

/// The last scrape's values, by series and bucket.
#[derive(Default)]
struct Seen {
    counts: HashMap<(u64, usize), f64>,
    torn: u64,
}

impl Seen {
    fn scrape(&mut self, registry: &Registry) {
        let mut scratch = Scratch::default();
        for family in registry.families().iter() {
            let mut labels = Vec::new();
            _ = family.visit(0, &mut scratch, |series, value| {
                let label: Vec<_> = series.label_values().map(String::from).collect();
                assert!(!labels.contains(&label), "{label:?} twice");
                labels.push(label);
                match value {
                    Value::Counter(count) => self.check(series.id(), 0, float(count)),
                    Value::Gauge(value) => {
                        assert!(family.name() != "open" || float(value) >= 0.0, "{value:?}")
                    }
                    Value::Histogram { buckets, sum } => {
                        self.torn += u64::from(float(sum) != sum_of(buckets));
                        for (bucket, count) in buckets.iter().enumerate() {
                            self.check(series.id(), bucket, *count as f64);
                        }
                    }
                    other => panic!("{other:?}"),
                }
                ControlFlow::Continue(())
            });
        }
    }

    fn check(&mut self, id: u64, bucket: usize, count: f64) {
        let before = self.counts.insert((id, bucket), count).unwrap_or_default();
        assert!(before <= count, "decreased from {before} to {count}");
    }
}

fn float(number: Number) -> f64 {
    match number {
        Number::Unsigned(number) => number as f64,
        Number::Signed(number) => number as f64,
        Number::Float(number) => number,
    }
}

fn sum_of(buckets: &[u64]) -> f64 {
    buckets.iter().zip(VALUES).map(|(count, value)| (count * value) as f64).sum()
}

/// The final counters of a family, by label.
fn counts(registry: &Registry, name: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for family in registry.families().iter().filter(|family| family.name() == name) {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Counter(count) = value else { panic!("{value:?}") };
            _ = counts.insert(series.label_values().collect(), float(count) as u64);
            ControlFlow::Continue(())
        });
    }
    counts
}

fn check_totals(subjects: &Subjects, threads: &[Vec<Record>]) {
    let mut values = [[0_u64; VALUES.len()]; LABELS.len()];
    threads.iter().flatten().for_each(|record| values[record.label][record.value] += 1);
    for (label, buckets) in LABELS.iter().zip(&values) {
        let Some(_) = buckets.iter().find(|count| **count > 0) else { continue };
        let sum: u64 = buckets.iter().zip(VALUES).map(|(count, value)| count * value).sum();
        assert_eq!(subjects.gauges.with([label]).get(), -(sum as i64));
        assert_eq!(subjects.open.with([label]).get(), 0);
        assert_eq!(subjects.float_counters.with([label]).get(), sum as f64 / 2.0);
        assert_eq!(subjects.float_gauges.with([label]).get(), sum as f64 / -2.0);
        let (whole, floats) = (
            subjects.sizes.with([label]).snapshot(),
            subjects.float_sizes.with([label]).snapshot(),
        );
        assert!(whole.is_settled && floats.is_settled);
        assert_eq!((&whole.buckets[..], whole.sum), (&buckets[..], sum));
        assert_eq!((&floats.buckets[..], floats.sum), (&buckets[..], sum as f64));
    }
    check_limited(subjects, &values);
    let recorded: u64 = values.iter().flatten().sum();
    let rejected = counts(&subjects.registry, "tickmark_observations_rejected");
    assert_eq!(
        rejected,
        BTreeMap::from(["float_counters_total", "float_sizes"].map(|name| (name.into(), recorded)))
    );
}

/// The first label sets have series of their own and the rest share one; thread timing
/// decides which.
fn check_limited(subjects: &Subjects, values: &[[u64; VALUES.len()]; LABELS.len()]) {
    let mut counts_by_label = counts(&subjects.registry, "counters");
    let turned_away = counts_by_label.remove("_overflow").unwrap_or_default();
    let sums =
        LABELS.iter().zip(values).map(|(label, buckets)| (*label, sum_of(buckets) as u64, buckets));
    let (mut lost, mut look_ups) = (0, 0);
    for (label, sum, buckets) in sums.filter(|(_, sum, _)| *sum > 0) {
        match counts_by_label.remove(label) {
            Some(count) => assert_eq!(count, sum),
            None => {
                lost += sum;
                look_ups += buckets.iter().sum::<u64>();
            }
        }
    }
    assert!(counts_by_label.is_empty());
    assert_eq!(turned_away, lost);
    let overflows = counts(&subjects.registry, "tickmark_series_overflow");
    assert_eq!(overflows.values().sum::<u64>(), look_ups);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn unordered_operations_equal_the_naive_sums(
        threads in prop::collection::vec(records(), 2..8),
    ) {
        let _alone = alone();
        // On joined threads, so that every shard is free when the next test counts
        // shards.
        let joined = thread::scope(|scope| scope.spawn(|| record_at_once(&threads)).join());
        joined.unwrap_or_else(|panic| {
            std::panic::resume_unwind(panic)
        });
    }
}

fn record_at_once(threads: &[Vec<Record>]) {
    let subjects = Subjects::new();
    let recording = AtomicBool::new(true);
    let torn = thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut seen = Seen::default();
            while recording.load(Ordering::Relaxed) {
                seen.scrape(&subjects.registry);
            }
            seen.scrape(&subjects.registry);
            seen.torn
        });
        // Each worker uses two threads in turn, and ends on itself what began on them.
        let work = |records: &[Record]| {
            for half in records.chunks(records.len().div_ceil(2)) {
                let open = thread::scope(|scope| scope.spawn(|| subjects.record_all(half)).join());
                drop(open.unwrap());
            }
        };
        let writers: Vec<_> =
            threads.iter().map(|records| scope.spawn(move || work(records))).collect();
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        recording.store(false, Ordering::Relaxed);
        ended.into_iter().for_each(|ended| ended.unwrap());
        scraper.join().unwrap()
    });
    check_totals(&subjects, threads);
    let unsettled = counts(&subjects.registry, "tickmark_histogram_reads_unsettled");
    assert!(torn <= unsettled.values().sum(), "{torn} inconsistent reads, {unsettled:?} reported");
}
