//! Families with many series, which walks read row by row, against a map.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use tickmark::export::{Scratch, Value};
use tickmark::{Bounds, Counter, Family, Number, Registry, Scale};

/// More than two rows, the last of them partial.
const SERIES: usize = 70;

#[derive(Clone, Debug)]
enum Operation {
    Record {
        label: usize,
        amount: u32,
    },
    Hold {
        label: usize,
    },
    LetGo,
    Remove {
        label: usize,
    },
    Retain {
        divisor: u64,
    },
    Clear,
    /// Pauses after this many series each time.
    Walk {
        stride: usize,
    },
}

fn operation() -> impl Strategy<Value = Operation> {
    let label = || 0..SERIES + 30;
    prop_oneof![
        4 => (label(), any::<u32>())
            .prop_map(|(label, amount)| Operation::Record { label, amount }),
        1 => label().prop_map(|label| Operation::Hold { label }),
        1 => Just(Operation::LetGo),
        3 => label().prop_map(|label| Operation::Remove { label }),
        1 => (2..5_u64).prop_map(|divisor| Operation::Retain { divisor }),
        1 => prop_oneof![9 => Just(Operation::LetGo), 1 => Just(Operation::Clear)],
        4 => (1..100_usize).prop_map(|stride| Operation::Walk { stride }),
    ]
}

/// Every series with its value, as shown by walks that pause after `stride` series.
fn shown(registry: &Registry, stride: usize) -> BTreeMap<String, u64> {
    let mut shown = BTreeMap::new();
    let mut scratch = Scratch::default();
    let families = registry.families();
    let family = families.iter().next().unwrap();
    let mut from = Some(0);
    while let Some(start) = from {
        let mut left = stride;
        from = family.visit(start, &mut scratch, |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            assert!(series.slot() >= start);
            let label = series.label_values().collect::<String>();
            assert_eq!(shown.insert(label, count), None, "a series was shown twice");
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }
    shown
}

/// The content of the family, in plain data.
#[derive(Default)]
struct Naive {
    counts: BTreeMap<String, u64>,
    held: BTreeMap<String, Counter>,
    /// The series that may go, with the count last shown of each since: those removed
    /// while held, and all if the family expires at once.
    watched: BTreeMap<String, Option<u64>>,
    /// Those among them that were removed.
    marked: BTreeSet<String>,
    expires: bool,
}

impl Naive {
    fn remove(&mut self, label: &str) -> bool {
        let Some(count) = self.counts.get(label) else { return false };
        if self.held.contains_key(label) {
            _ = self.watched.entry(label.to_owned()).or_default();
            _ = self.marked.insert(label.to_owned());
        } else if !self.marked.contains(label) || self.watched[label] == Some(*count) {
            self.forget(label);
        }
        true
    }

    fn forget(&mut self, label: &str) {
        _ = (self.counts.remove(label), self.watched.remove(label), self.marked.remove(label));
    }

    /// The series that a walk shows. Watched series go if they are not held and unchanged
    /// since they were shown.
    fn walk(&mut self) -> &BTreeMap<String, u64> {
        if self.expires {
            self.counts.keys().for_each(|label| _ = self.watched.entry(label.clone()).or_default());
        }
        for (label, shown) in self.watched.clone() {
            let count = self.counts[&label];
            if shown == Some(count) && !self.held.contains_key(&label) {
                self.forget(&label);
            } else {
                _ = self.watched.insert(label, Some(count));
            }
        }
        &self.counts
    }
}

fn many() -> (Registry, Family<Counter, 1>) {
    let registry = Registry::new();
    let family = registry.counter_family("family", "F.", ["label"]).unwrap();
    (0..SERIES).for_each(|label| family.with([&label.to_string()]).add(label as u64));
    (registry, family)
}

proptest! {
    #[test]
    fn many_series_are_shown_like_a_map(
        operations in prop::collection::vec(operation(), 1..60),
        expires in any::<bool>(),
    ) {
        let (registry, family) = many();
        family.set_idle_expiry(expires.then_some(Duration::ZERO));
        let counts = (0..SERIES).map(|label| (label.to_string(), label as u64)).collect();
        let mut naive = Naive { counts, expires, ..Naive::default() };
        for operation in operations {
            match operation {
                Operation::Record { label, amount } => {
                    family.with([&label.to_string()]).add(amount.into());
                    *naive.counts.entry(label.to_string()).or_default() += u64::from(amount);
                }
                Operation::Hold { label } => {
                    _ = naive.counts.entry(label.to_string()).or_default();
                    let handle = family.handle([&label.to_string()]);
                    _ = naive.held.insert(label.to_string(), handle);
                }
                Operation::LetGo => _ = naive.held.pop_first(),
                Operation::Remove { label } => {
                    let label = label.to_string();
                    assert_eq!(family.remove([&label]), naive.remove(&label));
                }
                Operation::Retain { divisor } => {
                    let stays = |count: u64| count % divisor != 0;
                    family.retain(|_, counter| stays(counter.get()));
                    let counts = naive.counts.clone().into_iter();
                    let leaving = counts.filter(|(_, count)| !stays(*count));
                    let goes: Vec<_> = leaving.map(|(label, _)| label).collect();
                    assert!(goes.iter().all(|label| naive.remove(label)));
                }
                Operation::Clear => {
                    family.clear();
                    let all: Vec<_> = naive.counts.keys().cloned().collect();
                    assert!(all.iter().all(|label| naive.remove(label)));
                }
                Operation::Walk { stride } => assert_eq!(&shown(&registry, stride), naive.walk()),
            }
        }
        assert_eq!(&shown(&registry, usize::MAX), naive.walk());
    }
}

/// While series come and go, rows are rebuilt and cells reused. Every walk shows all
/// series that stay, each with its own value.
#[test]
fn walks_beside_changing_series_stay_correct() {
    let (registry, family) = many();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        _ = scope.spawn(|| {
            for round in 0..20_000 {
                let label = 2 * (round * 7 % SERIES);
                let value = label.to_string();
                _ = family.remove([&value]);
                // A label's value differs from round to round if cells are mixed up.
                family.with([&value]).add(label as u64);
            }
            done.store(true, Ordering::Release);
        });
        let mut walks = 0;
        while !done.load(Ordering::Acquire) || walks == 0 {
            let shown = shown(&registry, 13);
            for label in (1..SERIES).step_by(2) {
                assert_eq!(shown.get(&label.to_string()), Some(&(label as u64)));
            }
            for (label, count) in shown {
                let whole: u64 = label.parse().unwrap();
                assert!(count % whole.max(1) == 0, "{label} is shown as {count}");
            }
            walks += 1;
        }
    });
}

/// Rows hold cells of every kind.
#[test]
fn many_series_of_every_kind() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[10.0, 50.0]).unwrap();
    let float_bounds = tickmark::FloatBounds::new(&[10.0, 50.0]).unwrap();
    let gauges = registry.gauge_family("b_gauge", "G.", ["label"]).unwrap();
    let up_downs = registry.up_down_counter_family("c_up_down", "U.", ["label"]).unwrap();
    let histograms = registry.histogram_family("d_histogram", "H.", ["label"], &bounds).unwrap();
    let float_counters = registry.float_counter_family("e_float", "F.", ["label"]).unwrap();
    let float_gauges = registry.float_gauge_family("f_float", "F.", ["label"]).unwrap();
    let float_histograms =
        registry.float_histogram_family("g_float", "F.", ["label"], &float_bounds).unwrap();
    for label in 0..SERIES {
        let (value, float) = (label.to_string(), f64::from(u32::try_from(label).unwrap()) + 0.5);
        gauges.with([&value]).set(-i64::try_from(label).unwrap());
        up_downs.with([&value]).inc();
        histograms.with([&value]).observe(label as u64);
        float_counters.with([&value]).add(float);
        float_gauges.with([&value]).set(float);
        float_histograms.with([&value]).observe(float);
    }
    let mut seen = 0;
    for family in registry.families().iter() {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let label: u32 = series.label_values().next().unwrap().parse().unwrap();
            let (whole, float) = (u64::from(label), f64::from(label) + 0.5);
            let filled = |value: f64| {
                [
                    u64::from(value <= 10.0),
                    u64::from(value > 10.0 && value <= 50.0),
                    u64::from(value > 50.0),
                ]
            };
            let whole_buckets = filled(f64::from(label));
            let float_buckets = filled(float);
            let expected = match family.name().split_once('_').unwrap().0 {
                "b" => Value::Gauge(Number::Signed(-i64::from(label))),
                "c" => Value::Gauge(Number::Signed(1)),
                "d" => Value::Histogram { buckets: &whole_buckets, sum: Number::Unsigned(whole) },
                "e" => Value::Counter(Number::Float(float)),
                "f" => Value::Gauge(Number::Float(float)),
                _ => Value::Histogram { buckets: &float_buckets, sum: Number::Float(float) },
            };
            assert_eq!(value, expected, "{}", family.name());
            seen += 1;
            ControlFlow::Continue(())
        });
    }
    assert_eq!(seen, 6 * SERIES);
}

/// The identities of the series that a walk shows, by slot.
fn ids(families: &tickmark::export::Families) -> Vec<(usize, u64)> {
    let mut ids = Vec::new();
    _ = families.iter().next().unwrap().visit(0, &mut Scratch::default(), |series, _| {
        ids.push((series.slot(), series.id()));
        ControlFlow::Continue(())
    });
    ids
}

#[test]
fn walk_keeps_identities_and_hides_later_series() {
    let (registry, family) = many();
    let first = registry.families();
    let before = ids(&first);
    assert!(before.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0 && pair[0].1 < pair[1].1));
    assert_eq!(before.len(), SERIES);
    assert!(family.remove(["3"]));
    family.with(["3"]).inc();
    family.with(["new"]).inc();
    let stayed: Vec<_> = before.iter().copied().filter(|(slot, _)| *slot != 3).collect();
    assert_eq!(ids(&first), stayed);
    let after = ids(&registry.families());
    assert_eq!(after.len(), SERIES + 1);
    assert!(after[3].1 > before[SERIES - 1].1 && after[SERIES].1 > after[3].1);
}

#[test]
fn many_series_expire() {
    let (registry, family) = many();
    let stays = family.handle(["5"]);
    assert_eq!(shown(&registry, usize::MAX).len(), SERIES);
    family.set_idle_expiry(Some(Duration::ZERO));
    assert_eq!(shown(&registry, usize::MAX).len(), SERIES);
    assert_eq!(shown(&registry, usize::MAX), BTreeMap::from([("5".into(), stays.get())]));
}

/// Walks leave nothing behind for removed series: formerly used slots cost nothing.
#[test]
fn few_series_of_many_slots_are_cheap() {
    let registry = Registry::new();
    let family = registry.counter_family("family", "F.", ["label"]).unwrap();
    family.set_series_limit(20_000);
    (0..20_000).for_each(|label| family.with([&label.to_string()]).add(label));
    let stays = |label: u64| label % 1_000 == 7;
    (0..20_000)
        .filter(|label| !stays(*label))
        .for_each(|label| assert!(family.remove([&label.to_string()])));
    let expected =
        (0..20_000).filter(|label| stays(*label)).map(|label| (label.to_string(), label)).collect();
    for stride in [1, 3, usize::MAX] {
        assert_eq!(shown(&registry, stride), expected);
    }
    let walk = || {
        _ = registry
            .families()
            .iter()
            .next()
            .unwrap()
            .visit(0, &mut Scratch::default(), |_, _| ControlFlow::Continue(()))
    };
    assert_eq!(allocation_counter::measure(walk).bytes_current, 0);
}

/// Removes "5" while the first series is visited. Returns whether it is present then, and
/// after the next walk.
fn is_present_when_removed_by_a_visitor<M: tickmark::Metric>(
    registry: &Registry,
    family: &Family<M, 1>,
) -> [bool; 2] {
    let is_there = || family.get(["5"]).is_some();
    let mut is_there_then = false;
    let walk = |visit: &mut dyn FnMut()| {
        _ = registry.families().iter().next().unwrap().visit(
            0,
            &mut Scratch::default(),
            |series, _| {
                if series.slot() == 0 {
                    visit();
                }
                ControlFlow::Continue(())
            },
        );
    };
    walk(&mut || ());
    walk(&mut || {
        assert!(family.remove(["5"]));
        is_there_then = is_there();
    });
    walk(&mut || ());
    [is_there_then, is_there()]
}

#[test]
fn visitor_removals_apply_by_the_next_walk() {
    let (registry, family) = many();
    assert_eq!(is_present_when_removed_by_a_visitor(&registry, &family), [true, false]);
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[10.0]).unwrap();
    let family = registry.histogram_family("family", "F.", ["label"], &bounds).unwrap();
    (0..SERIES).for_each(|label| family.with([&label.to_string()]).observe(1));
    assert_eq!(is_present_when_removed_by_a_visitor(&registry, &family), [false, false]);
}
