//! Open families against a naive model: a map from sorted label sets to counts.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::thread;

use proptest::prelude::*;
use tickmark::export::{Scratch, SeriesView, Value};
use tickmark::{Counter, Number, OpenFamily, Registry};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const VALUES: [&str; 3] = ["", "x", "y\"\\\n"];
/// Lists of label names that a family takes.
const MOST_LISTS: usize = 64;

type Labels = Vec<(&'static str, &'static str)>;
type Set = BTreeMap<String, String>;

fn overflow() -> Set {
    Set::from([("overflow".to_owned(), "_overflow".to_owned())])
}

fn set(labels: &Labels) -> Set {
    let present = labels.iter().filter(|(_, value)| !value.is_empty());
    present.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn set_of(series: SeriesView<'_>) -> Set {
    series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The simplest family: what the engine must equal.
struct Naive {
    counts: BTreeMap<Set, u64>,
    lists: BTreeSet<Vec<String>>,
    limit: usize,
    overflows: u64,
}

impl Naive {
    fn is_full(&self) -> bool {
        let series = self.counts.len() - usize::from(self.counts.contains_key(&overflow()));
        series >= self.limit
    }

    /// Returns whether the label set is valid.
    fn add(&mut self, labels: &Labels, amount: u64) -> bool {
        let names: BTreeSet<_> = labels.iter().map(|(name, _)| name).collect();
        if names.len() < labels.len() {
            return false;
        }
        let set = set(labels);
        let list: Vec<_> = set.keys().cloned().collect();
        let is_known = list.is_empty() || self.lists.contains(&list);
        let has_room = !self.is_full() && (is_known || self.lists.len() < MOST_LISTS);
        if self.counts.contains_key(&set) || has_room {
            if !list.is_empty() {
                _ = self.lists.insert(list);
            }
            *self.counts.entry(set).or_default() += amount;
        } else {
            self.overflows += 1;
            *self.counts.entry(overflow()).or_default() += amount;
        }
        true
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(Labels, u64),
    Remove(Labels),
    Retain(u64),
    Clear,
    Limit(usize),
    Scrape,
    /// Scrapes in chunks of this many series, with these steps between two chunks.
    ScrapeInChunks(usize, Vec<Step>),
}

fn labels(names: usize) -> impl Strategy<Value = Labels> {
    let label = (0..names, 0..VALUES.len()).prop_map(|(name, value)| (NAMES[name], VALUES[value]));
    prop::collection::vec(label, 0..5)
}

fn change() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (labels(NAMES.len()), 0..100_u64)
            .prop_map(|(labels, amount)| Step::Add(labels, amount)),
        3 => labels(NAMES.len()).prop_map(Step::Remove),
        1 => (0..60_u64).prop_map(Step::Retain),
        1 => (0..40_usize).prop_map(Step::Limit),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => change(),
        1 => Just(Step::Clear),
        3 => Just(Step::Scrape),
        2 => (1..8_usize, prop::collection::vec(change(), 1..20))
            .prop_map(|(size, between)| Step::ScrapeInChunks(size, between)),
    ]
}

struct Program {
    registry: Registry,
    family: OpenFamily<Counter>,
    naive: Naive,
    scratch: Scratch,
}

impl Program {
    fn new() -> Self {
        let registry = Registry::new();
        registry.expose_self_metrics().unwrap();
        let family = registry.open_family::<Counter>("counter", "C.", &()).unwrap();
        let naive =
            Naive { counts: BTreeMap::new(), lists: BTreeSet::new(), limit: 2_000, overflows: 0 };
        Self { registry, family, naive, scratch: Scratch::default() }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Add(labels, amount) => {
                let found = self.family.with(labels).map(|counter| counter.add(*amount));
                assert_eq!(found.is_ok(), self.naive.add(labels, *amount), "{labels:?}");
            }
            Step::Remove(labels) => {
                let names: BTreeSet<_> = labels.iter().map(|(name, _)| name).collect();
                let is_valid = names.len() == labels.len();
                let was_there = is_valid && self.naive.counts.remove(&set(labels)).is_some();
                assert_eq!(self.family.remove(labels), was_there);
                assert!(self.family.get(labels).is_none());
            }
            Step::Retain(least) => {
                self.family.retain(|_, counter| counter.get() >= *least);
                self.naive.counts.retain(|_, count| *count >= *least);
            }
            Step::Clear => {
                self.family.clear();
                self.naive.counts.clear();
            }
            Step::Limit(limit) => {
                self.family.set_series_limit(*limit);
                self.naive.limit = *limit;
            }
            Step::Scrape => assert_eq!(self.scrape(), self.naive.counts),
            Step::ScrapeInChunks(size, between) => self.scrape_in_chunks(*size, between),
        }
    }

    fn scrape(&mut self) -> BTreeMap<Set, u64> {
        counts(&self.registry, &mut self.scratch)
    }

    fn scrape_in_chunks(&mut self, size: usize, between: &[Step]) {
        let families = self.registry.families();
        let family = families.iter().find(|family| family.name() == "counter").unwrap();
        let begun = self.naive.counts.clone();
        let mut stayed: BTreeSet<Set> = begun.keys().cloned().collect();
        let (mut seen, mut from, mut steps) = (BTreeSet::new(), 0, between.iter());
        loop {
            let mut left = size;
            let next = family.visit(from, &mut self.scratch, |series, _| {
                assert!(seen.insert(set_of(series)), "a label set occurs twice");
                left -= 1;
                if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let Some(next) = next else { break };
            from = next;
            for step in steps.by_ref().take(3) {
                self.take(step);
                stayed.retain(|set| self.naive.counts.contains_key(set));
            }
        }
        assert!(seen.iter().all(|set| begun.contains_key(set)), "a later series is on the page");
        assert!(stayed.iter().all(|set| seen.contains(set)), "a series is missing");
    }
}

/// Counters by label set, read through the walk.
fn counts(registry: &Registry, scratch: &mut Scratch) -> BTreeMap<Set, u64> {
    let mut counts = BTreeMap::new();
    for family in registry.families().iter().filter(|family| family.name() == "counter") {
        _ = family.visit(0, scratch, |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            assert_eq!(counts.insert(set_of(series), count), None, "a label set occurs twice");
            ControlFlow::Continue(())
        });
    }
    counts
}

/// A number that the engine reports of the family, in one of its own families.
fn reported(registry: &Registry, name: &str) -> Option<Number> {
    let mut number = None;
    for family in registry.families().iter().filter(|family| family.name() == name) {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let (Value::Counter(value) | Value::Gauge(value)) = value else { panic!("{value:?}") };
            if series.labels().eq([("family", "counter_total")]) {
                number = Some(value);
            }
            ControlFlow::Continue(())
        });
    }
    number
}

proptest! {
    #[test]
    fn open_family_equals_naive_map(steps in prop::collection::vec(step(), 0..150)) {
        let mut program = Program::new();
        steps.iter().for_each(|step| program.take(step));
        prop_assert_eq!(program.scrape(), program.naive.counts);
        let overflows = program.naive.overflows;
        let expected = (overflows > 0).then_some(Number::Unsigned(overflows));
        prop_assert_eq!(reported(&program.registry, "tickmark_series_overflow"), expected);
        let series = Number::from(counts(&program.registry, &mut program.scratch).len());
        prop_assert_eq!(reported(&program.registry, "tickmark_series"), Some(series));
    }

    /// Five names have 32 lists, so that all label sets have room.
    #[test]
    fn concurrent_adds_equal_naive_sums(
        adds in prop::collection::vec((labels(5), 0..100_u64), 0..300),
    ) {
        let mut program = Program::new();
        thread::scope(|scope| {
            for part in adds.chunks(adds.len().div_ceil(4).max(1)) {
                let (family, registry) = (&program.family, &program.registry);
                _ = scope.spawn(move || for (labels, amount) in part {
                    _ = family.with(labels).map(|counter| counter.add(*amount));
                });
                _ = scope.spawn(move || counts(registry, &mut Scratch::default()));
            }
        });
        for (labels, amount) in &adds {
            _ = program.naive.add(labels, *amount);
        }
        prop_assert_eq!(program.scrape(), program.naive.counts);
    }

    /// Which label sets have room depends on the threads; the sum does not.
    #[test]
    fn concurrent_adds_past_limits_lose_nothing(
        adds in prop::collection::vec((labels(NAMES.len()), 0..100_u64), 0..300),
        limit in 0..100_usize,
    ) {
        let mut program = Program::new();
        program.family.set_series_limit(limit);
        thread::scope(|scope| {
            for part in adds.chunks(adds.len().div_ceil(4).max(1)) {
                let family = &program.family;
                _ = scope.spawn(move || for (labels, amount) in part {
                    _ = family.with(labels).map(|counter| counter.add(*amount));
                });
            }
        });
        let valid = adds.iter().filter(|(labels, amount)| program.naive.add(labels, *amount));
        let expected: u64 = valid.map(|(_, amount)| amount).sum();
        let counts = program.scrape();
        prop_assert_eq!(counts.values().sum::<u64>(), expected);
        let lists: BTreeSet<Vec<&String>> = counts.keys().map(|set| set.keys().collect()).collect();
        prop_assert!(counts.len() <= limit + 1, "{} series", counts.len());
        // One list without names, and that of the overflow series.
        prop_assert!(lists.len() <= MOST_LISTS + 2, "{} lists", lists.len());
    }
}
