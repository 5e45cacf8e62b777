//! Look-ups by the addresses of label values.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::ops::{ControlFlow, Range};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use tickmark::export::{Scratch, Value};
use tickmark::{Counter, Family, Number, Registry};

fn family(registry: &Registry) -> Family<Counter, 1> {
    registry.counter_family("jobs", "Jobs done.", ["queue"]).unwrap()
}

/// Copies a text to an address of its own.
fn copy(text: &str) -> &'static str {
    String::from(text).leak()
}

/// The values of a family's series, by its exposed name.
fn values(registry: &Registry, name: &str) -> Vec<(Vec<String>, Number)> {
    let mut values = Vec::new();
    for view in registry.families().iter().filter(|view| view.name() == name) {
        _ = view.visit(0, &mut Scratch::default(), |series, value| {
            if let Value::Counter(number) | Value::Gauge(number) = value {
                values.push((series.label_values().map(String::from).collect(), number));
            }
            ControlFlow::Continue(())
        });
    }
    values
}

/// Records until this thread owns the blocks of these series. If another test was first,
/// this thread is a guest and earns a block by 1,024 records. Twice as many, because a
/// scrape of another test may begin a period meanwhile.
fn earn_blocks<'a, const N: usize>(
    family: &Family<Counter, N>,
    sets: impl IntoIterator<Item = &'a [&'static str; N]>,
) {
    for set in sets {
        let counter = family.with(*set);
        (0..2_200).for_each(|_| counter.add(0));
    }
}

fn overflowing(registry: &Registry) -> Option<Number> {
    values(registry, "tickmark_series_overflowing").into_iter().map(|(_, value)| value).next()
}

#[test]
fn equal_texts_find_one_series() {
    let registry = Registry::new();
    let family = family(&registry);
    let jobs = family.static_labels();
    for _ in 0..3 {
        jobs.with(["mail"]).inc();
        jobs.with([copy("mail")]).inc();
        family.with(["mail"]).inc();
    }
    assert_eq!(values(&registry, "jobs"), [(vec!["mail".into()], Number::Unsigned(9))]);
}

#[test]
fn parts_of_one_text_are_distinct() {
    let registry = Registry::new();
    let family = family(&registry);
    let jobs = family.static_labels();
    let text = copy("abab");
    for _ in 0..2 {
        for end in 0..=4 {
            (0..end).chain([end]).for_each(|start| jobs.with([&text[start..end]]).inc());
        }
    }
    for (part, count) in
        [("", 10), ("a", 4), ("b", 4), ("ab", 4), ("ba", 2), ("aba", 2), ("bab", 2), ("abab", 2)]
    {
        assert_eq!(family.get([part]).unwrap().get(), count, "{part:?}");
    }
}

#[test]
fn order_of_texts_matters() {
    let registry = Registry::new();
    let family = registry.counter_family("moves", "Moves.", ["from", "to"]).unwrap();
    let moves = family.static_labels();
    let (one, two) = (copy("one"), copy("two"));
    for _ in 0..2 {
        moves.with([one, two]).inc();
        moves.with([two, one]).add(10);
        moves.with([one, one]).add(100);
    }
    assert_eq!(
        [["one", "two"], ["two", "one"], ["one", "one"]].map(|way| family.with(way).get()),
        [2, 20, 200]
    );
}

#[test]
fn family_without_labels_has_one_entry() {
    let registry = Registry::new();
    let family = registry.counter_family("starts", "Starts.", []).unwrap();
    family.set_series_limit(0);
    let starts = family.static_labels();
    let first = measure(|| starts.with([]).inc());
    assert!(first.count_total > 0);
    earn_blocks(&family, [&[]]);
    assert_eq!(measure(|| (0..100).for_each(|_| starts.with([]).inc())).count_total, 0);
    assert_eq!(family.with([]).get(), 101);
    assert_eq!(overflowing(&registry), None);
    family.clear();
    assert!(family.get([]).is_some(), "held");
}

#[test]
fn overflow_series_is_not_held() {
    let registry = Registry::new();
    let family = family(&registry);
    family.set_series_limit(1);
    let jobs = family.static_labels();
    family.with(["first"]).inc();
    for _ in 0..3 {
        jobs.with(["late"]).inc();
        jobs.with(["_overflow"]).inc();
    }
    assert_eq!(family.with(["_overflow"]).get(), 6);
    assert_eq!(overflowing(&registry), Some(Number::Signed(1)));
    assert!(family.remove(["first"]));
    assert_eq!(overflowing(&registry), Some(Number::Signed(0)), "not held, and below the limit");
    jobs.with(["late"]).inc();
    assert_eq!(family.get(["late"]).unwrap().get(), 1, "its own series");
    assert!(family.remove(["_overflow"]));
    assert!(family.get(["_overflow"]).is_none());
}

#[test]
fn found_series_stay_until_last_clone_drops() {
    let registry = Registry::new();
    let family = family(&registry);
    family.set_idle_expiry(Some(Duration::ZERO));
    let jobs = family.static_labels();
    let clone = jobs.clone();
    jobs.with(["mail"]).inc();
    for _ in 0..2 {
        assert_eq!(values(&registry, "jobs"), [(vec!["mail".into()], Number::Unsigned(1))]);
    }
    family.set_idle_expiry(None);
    assert!(family.remove(["mail"]));
    family.retain(|_, _| false);
    family.clear();
    assert_eq!(values(&registry, "jobs").len(), 1, "marked, held, and shown");
    drop(jobs);
    clone.with(["mail"]).inc();
    for _ in 0..2 {
        assert_eq!(values(&registry, "jobs"), [(vec!["mail".into()], Number::Unsigned(2))]);
    }
    drop(clone);
    assert_eq!(values(&registry, "jobs"), []);
}

#[test]
fn new_value_holds_a_new_series() {
    let registry = Registry::new();
    let family = family(&registry);
    let [one, other] = [(); 2].map(|()| family.static_labels());
    [&one, &other, &one.clone()].into_iter().for_each(|jobs| jobs.with(["mail"]).inc());
    assert_eq!(family.with(["mail"]).get(), 3);
    drop((one, other));
    assert!(family.remove(["mail"]));
    assert!(family.get(["mail"]).is_none());
    family.static_labels().with(["mail"]).inc();
    assert_eq!(family.with(["mail"]).get(), 1);
}

#[test]
fn unregistered_family_keeps_its_series() {
    let registry = Registry::new();
    let old = family(&registry).static_labels();
    old.with(["mail"]).inc();
    assert!(registry.unregister("jobs"));
    let new = family(&registry);
    old.with(["mail"]).inc();
    new.static_labels().with(["mail"]).add(10);
    assert_eq!((old.with(["mail"]).get(), new.with(["mail"]).get()), (2, 10));
    assert_eq!(values(&registry, "jobs"), [(vec!["mail".into()], Number::Unsigned(10))]);
}

#[test]
fn sets_keep_entries_as_tables_grow() {
    const SETS: usize = 3_000;
    let registry = Registry::new();
    let family = registry.counter_family("jobs", "Jobs done.", ["queue", "number"]).unwrap();
    family.set_series_limit(SETS);
    let jobs = family.static_labels();
    let sets: Vec<_> =
        (0..SETS).map(|set| [["mail", "print"][set % 2], copy(&set.to_string())]).collect();
    earn_blocks(&family, &sets);
    for (count, set) in sets.iter().enumerate() {
        jobs.with(*set).inc();
        let known = &sets[..=count];
        assert_eq!(
            measure(|| known.iter().rev().take(50).for_each(|set| jobs.with(*set).add(0)))
                .count_total,
            0
        );
    }
    let again = measure(|| sets.iter().for_each(|set| jobs.with(*set).inc()));
    assert_eq!(again.count_total, 0);
    assert!(sets.iter().all(|set| family.with(*set).get() == 2));
    // Each is held, so each has its entry.
    family.clear();
    assert!(sets.iter().all(|set| family.get(*set).is_some()));
}

/// Entries for copies of a text would leak memory, in addition to the leaked texts.
#[test]
fn unlimited_copies_take_no_more_memory() {
    let registry = Registry::new();
    let family = family(&registry);
    let jobs = family.static_labels();
    let copies = copy(&"a".repeat(10_000));
    let count =
        |places: Range<usize>| places.for_each(|start| jobs.with([&copies[start..=start]]).inc());
    earn_blocks(&family, [&["a"]]);
    count(0..100);
    let allocated = measure(|| count(100..10_000));
    assert_eq!((allocated.count_total, family.with(["a"]).get()), (0, 10_000));
}

#[test]
fn documented_memory_of_three_texts_holds() {
    for set_count in [8, 9, 32, 33, 200, 2_000, 2_048, 2_049] {
        let registry = Registry::new();
        let family = registry.counter_family("jobs", "Jobs done.", ["a", "b", "c"]).unwrap();
        family.set_series_limit(set_count);
        let sets: Vec<_> = (0..set_count).map(|set| ["a", "b", copy(&set.to_string())]).collect();
        earn_blocks(&family, &sets);
        let jobs = family.static_labels();
        let bytes = measure(|| sets.iter().for_each(|set| jobs.with(*set).inc())).bytes_current;
        let per_set = bytes / i64::try_from(set_count).unwrap();
        assert!((120..=260).contains(&per_set), "{per_set} for each of {set_count}");
    }
}

#[test]
fn threads_finding_new_sets_lose_nothing() {
    const THREADS: u64 = 4;
    for _ in 0..20 {
        let registry = Registry::new();
        let family = family(&registry);
        let jobs = family.static_labels();
        let texts: Vec<_> = (0..300).map(|text| copy(&text.to_string())).collect();
        let start = Barrier::new(usize::try_from(THREADS).unwrap());
        thread::scope(|scope| {
            for thread in 0..4 {
                let (jobs, texts, start) = (&jobs, &texts, &start);
                _ = scope.spawn(move || {
                    _ = start.wait();
                    // Pairs in opposite directions, so that threads collide everywhere.
                    let at = |number: usize| {
                        if thread % 2 == 0 { number } else { texts.len() - 1 - number }
                    };
                    (0..texts.len()).for_each(|number| jobs.with([texts[at(number)]]).inc());
                });
            }
        });
        assert!(texts.iter().all(|text| family.with([text]).get() == THREADS));
        let find_all = || texts.iter().for_each(|text| drop(jobs.with([text])));
        assert_eq!(measure(find_all).count_total, 0, "all sets have entries");
    }
}

/// A series found by a look-up is held before it can go.
#[test]
fn removals_beside_look_ups_lose_no_record() {
    let registry = Registry::new();
    let family = family(&registry);
    let queues = ["mail", "print", "audio", "video"];
    let mut counted = [0_u64; 4];
    for round in 0..200 {
        let jobs = family.static_labels();
        let start = Barrier::new(2);
        thread::scope(|scope| {
            _ = scope.spawn(|| {
                _ = start.wait();
                (0..20).for_each(|_| family.clear());
            });
            _ = start.wait();
            for (queue, count) in queues.iter().zip(&mut counted) {
                let found = jobs.with([queue]);
                *count = found.get();
                found.inc();
                assert_eq!(jobs.with([queue]).get(), *count + 1, "round {round}");
            }
        });
        for (queue, count) in queues.iter().zip(counted) {
            assert_eq!(
                family.get([queue]).map(|found| found.get()),
                Some(count + 1),
                "held in round {round}"
            );
        }
    }
}

#[test]
fn debug_output_names_the_family() {
    let jobs = family(&Registry::new()).static_labels();
    assert_eq!(
        format!("{jobs:?}"),
        r#"StaticFamily(Family { name: "jobs_total", labels: ["queue"], .. })"#
    );
    assert_eq!(format!("{:?}", &*jobs.with(["mail"])), "Counter(0)");
}
