//! Threads load one registry while a scraper reads it. Values are consistent, totals
//! never decrease, and are exact at the end.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "below 2^53"
)]

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tickmark::export::{Scratch, Value};
use tickmark::{
    Bounds, Counter, Family, FloatBounds, FloatCounter, FloatHistogram, Histogram, Number,
    Registry, Scale, UpDownCounter,
};

const WRITERS: u64 = 8;

/// The observed values, one per bucket. The sum of any subset identifies the subset.
const VALUES: [u64; 3] = [1, 1_000, 1_000_000];
const BOUNDS: [f64; 2] = [1.0, 1_000.0];

struct Metrics {
    registry: Registry,
    shared: Counter,
    labelled: Family<Counter, 2>,
    sizes: Histogram,
    halves: FloatCounter,
    ratios: FloatHistogram,
    under_way: UpDownCounter,
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &BOUNDS).unwrap();
        Self {
            shared: registry.counter("shared", "Every round of every writer.").unwrap(),
            labelled: registry
                .counter_family("labelled", "Rounds by writer and kind.", ["writer", "kind"])
                .unwrap(),
            sizes: registry.histogram("sizes", "One value a bucket.", &bounds).unwrap(),
            halves: registry.float_counter("halves", "Half of every round.").unwrap(),
            ratios: registry
                .float_histogram(
                    "ratios",
                    "One value a bucket.",
                    &FloatBounds::new(&BOUNDS).unwrap(),
                )
                .unwrap(),
            under_way: registry
                .up_down_counter("under_way", "Begun here, ended elsewhere.")
                .unwrap(),
            registry,
        }
    }

    /// One round of a writer, by its number.
    fn record(&self, writer: u64, round: u64) {
        self.under_way.inc();
        self.shared.inc();
        let kind = if round % 2 == 0 { "even" } else { "odd" };
        self.labelled.with([&writer.to_string(), kind]).inc();
        self.sizes.observe(VALUES[(round % 3) as usize]);
        self.halves.add(0.5);
        self.ratios.observe(VALUES[(round % 3) as usize] as f64);
    }
}

/// The last scrape's values, by family, labels and bucket.
#[derive(Default)]
struct Seen {
    counts: HashMap<(String, Vec<String>, usize), u64>,
    scrapes: u64,
}

impl Seen {
    fn scrape(&mut self, registry: &Registry) {
        let mut scratch = Scratch::default();
        for family in registry.families().iter() {
            assert!(
                !family.name().starts_with("tickmark_"),
                "a fault was reported: {}",
                family.name()
            );
            let end = family.visit(0, &mut scratch, |series, value| {
                let labels: Vec<String> = series.label_values().map(String::from).collect();
                match value {
                    Value::Counter(Number::Unsigned(count)) => {
                        self.check(family.name(), &labels, 0, count)
                    }
                    Value::Counter(Number::Float(count)) => {
                        self.check(family.name(), &labels, 0, (count * 2.0) as u64)
                    }
                    Value::Gauge(Number::Signed(value)) => {
                        assert!(value >= 0, "{value} are open")
                    }
                    Value::Histogram { buckets, sum } => {
                        let expected: u64 =
                            buckets.iter().zip(VALUES).map(|(count, value)| count * value).sum();
                        let is_one_state =
                            sum == Number::from(expected) || sum == Number::from(expected as f64);
                        assert!(is_one_state, "inconsistent: {sum:?} of {buckets:?}");
                        for (bucket, count) in buckets.iter().enumerate() {
                            self.check(family.name(), &labels, bucket, *count);
                        }
                    }
                    other => panic!("unexpected {other:?}"),
                }
                ControlFlow::Continue(())
            });
            assert_eq!(end, None);
        }
        self.scrapes += 1;
    }

    fn check(&mut self, family: &str, labels: &[String], bucket: usize, count: u64) {
        let before =
            self.counts.insert((family.into(), labels.to_vec(), bucket), count).unwrap_or(0);
        assert!(before <= count, "{family} {labels:?} {bucket} decreased from {before} to {count}");
    }
}

/// Runs writers, some of them as short threads in sequence, and a scraper for `time`.
fn soak(time: Duration) {
    let metrics = Metrics::new();
    let end = AtomicBool::new(false);
    let mut seen = Seen::default();
    let rounds: Vec<u64> = thread::scope(|scope| {
        let (ended, ends) = mpsc::sync_channel::<()>(1_000);
        let ender = scope.spawn(|| ends.into_iter().for_each(|()| metrics.under_way.dec()));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (metrics, end, ended) = (&metrics, &end, ended.clone());
                scope.spawn(move || {
                    let mut round = 0;
                    while !end.load(Ordering::Relaxed) {
                        let burst = round + 500;
                        let record =
                            || (round..burst).for_each(|round| metrics.record(writer, round));
                        // Half of the writers run each burst on a short-lived thread.
                        if writer % 2 == 0 {
                            thread::scope(|short| short.spawn(record).join().unwrap())
                        } else {
                            record()
                        }
                        (round..burst).for_each(|_| ended.send(()).unwrap());
                        round = burst;
                    }
                    round
                })
            })
            .collect();
        drop(ended);
        let start = Instant::now();
        while start.elapsed() < time || seen.scrapes < 10 {
            seen.scrape(&metrics.registry);
        }
        end.store(true, Ordering::Relaxed);
        let rounds = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        ender.join().unwrap();
        rounds
    });
    seen.scrape(&metrics.registry);
    check_totals(&metrics, &rounds);
}

fn check_totals(metrics: &Metrics, rounds: &[u64]) {
    assert_eq!(metrics.shared.get(), rounds.iter().sum::<u64>());
    assert_eq!(metrics.halves.get() * 2.0, metrics.shared.get() as f64);
    assert_eq!(metrics.under_way.get(), 0);
    let mut buckets = [0; 3];
    for (writer, rounds) in rounds.iter().enumerate() {
        for (kind, count) in [("even", rounds.div_ceil(2)), ("odd", rounds / 2)] {
            assert_eq!(metrics.labelled.with([&writer.to_string(), kind]).get(), count);
        }
        for (bucket, count) in buckets.iter_mut().enumerate() {
            *count += (0..*rounds).filter(|round| (round % 3) as usize == bucket).count() as u64;
        }
    }
    let snapshot = metrics.sizes.snapshot();
    assert_eq!(snapshot.buckets, buckets);
    let floats = metrics.ratios.snapshot();
    assert_eq!((floats.buckets, floats.sum), (buckets.to_vec(), snapshot.sum as f64));
    assert_eq!(
        snapshot.sum,
        buckets.iter().zip(VALUES).map(|(count, value)| count * value).sum::<u64>()
    );
}

#[test]
fn totals_are_exact_after_short_load() {
    soak(Duration::from_millis(300));
}

#[test]
#[ignore = "a minute; run it in release"]
fn totals_are_exact_after_a_minute() {
    soak(Duration::from_secs(60));
}
