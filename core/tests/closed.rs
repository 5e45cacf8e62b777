//! Closed label sets.

#![cfg(not(tickmark_loom))]
#![expect(clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::thread;

use tickmark::export::Scratch;
use tickmark::{Label, LabelSet, Registry};

#[derive(Clone, Copy)]
struct Letter(usize);

impl Label for Letter {
    const ALL: &'static [Self] = &[Self(0), Self(1), Self(2)];

    fn as_str(self) -> &'static str {
        ["a", "b", "c"][self.0]
    }

    fn index(self) -> usize {
        self.0
    }
}

#[derive(Clone, Copy)]
struct Digit(usize);

impl Label for Digit {
    const ALL: &'static [Self] = &[Self(0), Self(1)];

    fn as_str(self) -> &'static str {
        ["0", "1"][self.0]
    }

    fn index(self) -> usize {
        self.0
    }
}

/// Every combination has an index of its own, and the index leads back to its values.
fn check<const N: usize, L: LabelSet<N>>(all: impl Iterator<Item = (L, [&'static str; N])>) {
    let mut seen = BTreeSet::new();
    for (labels, values) in all {
        assert_eq!(L::values(labels.index()), values);
        assert!(seen.insert(labels.index()));
    }
    assert_eq!(seen, (0..L::COUNT).collect());
}

#[test]
fn combinations_are_numbered_without_gaps() {
    let letters = || Letter::ALL.iter().map(|label| (*label, label.as_str()));
    let digits = || Digit::ALL.iter().map(|label| (*label, label.as_str()));
    check(letters().map(|(a, value)| (a, [value])));
    check(letters().flat_map(|(a, x)| digits().map(move |(b, y)| ((a, b), [x, y]))));
    let triples = || {
        digits().flat_map(move |(a, x)| {
            letters().flat_map(move |(b, y)| digits().map(move |(c, z)| ((a, b, c), [x, y, z])))
        })
    };
    check(triples());
    check(triples().flat_map(|((a, b, c), [x, y, z])| {
        letters().map(move |(d, last)| ((a, b, c, d), [x, y, z, last]))
    }));
}

/// A label that leaves its position to the default.
#[derive(Clone, Copy)]
enum Size {
    Small,
    Large,
    /// Missing in `ALL`.
    Forgotten,
}

impl Label for Size {
    const ALL: &'static [Self] = &[Self::Small, Self::Large];

    fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
            Self::Forgotten => "forgotten",
        }
    }
}

#[test]
fn positions_are_found_by_text() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["size"]).unwrap();
    let closed = family.closed();
    closed.with(Size::Small).inc();
    closed.with(Size::Large).inc();
    closed.with(Size::Forgotten).inc();
    assert_eq!(["small", "large"].map(|size| family.with([size]).get()), [1, 2]);
}

/// A label whose positions are swapped.
#[derive(Clone, Copy)]
struct Swapped(usize);

impl Label for Swapped {
    const ALL: &'static [Self] = &[Self(1), Self(0)];

    fn as_str(self) -> &'static str {
        ["0", "1"][self.0]
    }

    fn index(self) -> usize {
        self.0
    }
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "`index` of \"1\" is 1, and its position in `ALL` is 0")]
fn wrong_positions_panic_in_debug_builds() {
    _ = <Swapped as LabelSet<1>>::values(0);
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
    assert_eq!(["a", "b", "c"].map(|letter| family.with([letter]).get()), [3, 3, 3]);
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

/// A set with indices out of range.
#[derive(Clone, Copy)]
struct Unchecked(usize);

impl LabelSet<1> for Unchecked {
    const COUNT: usize = 2;

    fn index(self) -> usize {
        self.0
    }

    fn values(index: usize) -> [&'static str; 1] {
        [if index == 0 { "first" } else { "last" }]
    }
}

#[test]
fn clones_record_in_the_same_series() {
    let family = Registry::new().counter_family("c", "C.", ["letter"]).unwrap();
    let closed = family.closed();
    closed.with(Letter(1)).inc();
    let clone = closed.clone();
    assert_eq!(format!("{clone:?}"), "[Counter(1)]");
    for letter in [Letter(1), Letter(2)] {
        closed.with(letter).inc();
        clone.with(letter).inc();
    }
    drop(closed);
    assert!(family.remove(["b"]));
    clone.with(Letter(1)).inc();
    assert_eq!(family.with(["b"]).get(), 4, "held, so only marked");
    assert_eq!(family.with(["c"]).get(), 2);
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
