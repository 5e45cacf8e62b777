//! Closed label sets.

#![cfg(not(tickmark_loom))]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::thread;

use tickmark::{Label, LabelSet, Registry, Scratch};

#[derive(Clone, Copy)]
struct Letter(usize);

impl Label for Letter {
    const VALUES: &'static [&'static str] = &["a", "b", "c"];

    fn index(self) -> usize {
        self.0
    }
}

#[derive(Clone, Copy)]
struct Digit(usize);

impl Label for Digit {
    const VALUES: &'static [&'static str] = &["0", "1"];

    fn index(self) -> usize {
        self.0
    }
}

/// Every combination has an index of its own, and the index leads back to its values.
fn check<L: LabelSet>(all: impl Iterator<Item = (L, Vec<&'static str>)>) {
    let mut seen = BTreeSet::new();
    for (labels, values) in all {
        assert_eq!(L::values(labels.index()), values);
        assert_eq!(values.len(), L::LABEL_COUNT);
        assert!(seen.insert(labels.index()));
    }
    assert_eq!(seen, (0..L::COUNT).collect());
}

#[test]
fn combinations_are_numbered_without_gaps() {
    let letters =
        || Letter::VALUES.iter().enumerate().map(|(index, value)| (Letter(index), *value));
    let digits = || Digit::VALUES.iter().enumerate().map(|(index, value)| (Digit(index), *value));
    check(letters().map(|(a, value)| (a, vec![value])));
    check(letters().flat_map(|(a, x)| digits().map(move |(b, y)| ((a, b), vec![x, y]))));
    let triples = || {
        digits().flat_map(move |(a, x)| {
            letters().flat_map(move |(b, y)| digits().map(move |(c, z)| ((a, b, c), vec![x, y, z])))
        })
    };
    check(triples());
    check(triples().flat_map(|((a, b, c), values)| {
        letters().map(move |(d, last)| ((a, b, c, d), [&values[..], &[last]].concat()))
    }));
}

#[test]
fn label_index_past_the_end_is_last() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["digit", "letter"]).unwrap();
    let closed = family.closed();
    closed.with((Digit(7), Letter(usize::MAX))).inc();
    closed.with((Digit(1), Letter(2))).inc();
    assert_eq!(family.with(["1", "c"]).get(), 2);
}

#[test]
fn closed_set_has_no_limit_or_removal() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["letter"]).unwrap();
    family.set_series_limit(1);
    let closed = family.closed();
    thread::scope(|scope| {
        for _ in 0..3 {
            _ = scope.spawn(|| (0..3).for_each(|letter| closed.with(Letter(letter)).inc()));
        }
    });
    let is_fault = |name: &str| name.starts_with("tickmark_");
    assert!(
        !registry.families().iter().any(|family| is_fault(family.name())),
        "series past the limit have been merged"
    );
    family.clear();
    family.with(["other"]).inc();
    assert_eq!(
        Letter::VALUES.iter().map(|letter| family.with([letter]).get()).collect::<Vec<_>>(),
        [3, 3, 3]
    );
    assert_eq!(family.with(["_overflow"]).get(), 1);
    drop(closed);
    family.clear();
    assert!(family.get(["a"]).is_some(), "held when removed, and not yet shown");
    let walk = || {
        let families = registry.families();
        families.iter().for_each(|view| {
            _ = view.visit(0, &mut Scratch::default(), |_, _| ControlFlow::Continue(()))
        });
    };
    walk();
    family.clear();
    assert!(family.get(["a"]).is_none());
}

/// A hand-written implementation with mistakes.
#[derive(Clone, Copy)]
struct Uneven(usize);

impl LabelSet for Uneven {
    const LABEL_COUNT: usize = 1;
    const COUNT: usize = 3;

    fn index(self) -> usize {
        self.0
    }

    fn values(index: usize) -> Vec<&'static str> {
        vec![vec!["a", "x"], vec!["a", "y"], vec![]].swap_remove(index)
    }
}

#[test]
fn values_are_cut_or_padded_to_labels() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["letter"]).unwrap();
    let closed = family.closed();
    (0..3).for_each(|index| closed.with(Uneven(index)).inc());
    assert_eq!((family.with(["a"]).get(), family.with([""]).get()), (2, 1));
}

/// A set with indices out of range.
#[derive(Clone, Copy)]
struct Unchecked(usize);

impl LabelSet for Unchecked {
    const LABEL_COUNT: usize = 1;
    const COUNT: usize = 2;

    fn index(self) -> usize {
        self.0
    }

    fn values(index: usize) -> Vec<&'static str> {
        vec![if index == 0 { "first" } else { "last" }]
    }
}

#[test]
fn set_index_past_the_end_is_last() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["label"]).unwrap();
    let closed = family.closed();
    [0, 1, 2, 3, usize::MAX].into_iter().for_each(|index| closed.with(Unchecked(index)).inc());
    assert_eq!(["first", "last"].map(|label| family.with([label]).get()), [1, 4]);
    assert_eq!(format!("{closed:?}"), "[Counter(1), Counter(4)]");
}
