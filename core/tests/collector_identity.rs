//! The scrape, the family and the series that a collected value belongs to.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use proptest::prelude::*;
use support::{HELP, collecting, failures};
use tickmark::Number;
use tickmark::collect::Collection;
use tickmark::export::{Families, Scratch, Value};

/// Identities by family and label values.
fn identities(families: &Families) -> BTreeMap<String, (u64, u64)> {
    let mut identities = BTreeMap::new();
    for family in families.iter() {
        let mut slots = Vec::new();
        _ = family.visit(0, &mut Scratch::default(), |series, _| {
            slots.push(series.slot());
            let key = format!("{}{:?}", family.name(), series.label_values().collect::<Vec<_>>());
            assert_eq!(identities.insert(key, (family.id(), series.id())), None);
            ControlFlow::Continue(())
        });
        assert_eq!(slots, (0..slots.len()).collect::<Vec<_>>(), "slots are dense");
    }
    identities
}

proptest! {
    /// Series yielded in consecutive scrapes keep their identities. A series that was
    /// absent for a scrape returns with a new one.
    #[test]
    fn identities_last_while_series_are_yielded(
        scrapes in
            prop::collection::vec(prop::collection::btree_set((0..3_u8, 0..4_u8), 0..10), 1..12),
    ) {
        let now = Arc::new(Mutex::new(BTreeSet::new()));
        let shown = Arc::clone(&now);
        let registry = collecting(move |out: &mut Collection| {
            let shown: BTreeSet<(u8, u8)> = shown.lock().unwrap().clone();
            for family in 0..3 {
                let mut gauge = out.gauge(&format!("g{family}"), HELP, ["l"]);
                for (_, label) in shown.iter().filter(|one| one.0 == family).rev() {
                    gauge.series([&label.to_string()], 1);
                }
            }
        });
        let mut last: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for scrape in scrapes {
            *now.lock().unwrap() = scrape.clone();
            let seen = identities(&registry.families());
            prop_assert_eq!(seen.len(), scrape.len());
            for (key, ids) in &seen {
                match last.get(key) {
                    Some(before) => prop_assert_eq!(before, ids),
                    None => prop_assert!(used.insert(ids.1), "an identity is reused"),
                }
            }
            last = seen;
        }
    }
}

#[test]
fn changed_family_has_another_identity() {
    let number = Arc::new(AtomicUsize::new(0));
    let current = Arc::clone(&number);
    let registry = collecting(move |out: &mut Collection| match current.load(Ordering::Relaxed) {
        0 | 1 => out.histogram("x", "One help.", [], &[1.0]).series([], &[0, 0], 1),
        2 => out.histogram("x", "Another help.", [], &[1.0]).series([], &[0, 0], 1),
        3 => out.histogram("x", "Another help.", [], &[2.0]).series([], &[0, 0], 1),
        4 => out.gauge("x", "Another help.", []).series([], 1),
        5 => out.gauge("x", "Another help.", ["l"]).series([""], 1),
        _ => out.gauge("x", "Another help.", ["m"]).series([""], 1),
    });
    let seen: Vec<_> = (0..7)
        .map(|step| {
            number.store(step, Ordering::Relaxed);
            identities(&registry.families()).into_values().next().unwrap()
        })
        .collect();
    assert_eq!(seen[0], seen[1]);
    let families: BTreeSet<_> = seen.iter().map(|ids| ids.0).collect();
    let series: BTreeSet<_> = seen.iter().map(|ids| ids.1).collect();
    assert_eq!((families.len(), series.len()), (6, 6));
}

/// Concurrent scrapes each show their own collected values, although the collector yields
/// different ones to each.
#[test]
fn concurrent_scrapes_do_not_mix() {
    const SCRAPERS: usize = 4;
    let tickets = AtomicU64::new(0);
    let registry = collecting(move |out: &mut Collection| {
        let ticket = tickets.fetch_add(1, Ordering::Relaxed);
        out.gauge("a", HELP, []).series([], ticket);
        let mut series = out.gauge("b", HELP, ["l"]);
        (0..ticket % 7).for_each(|number| series.series([&number.to_string()], ticket));
        out.histogram("c", HELP, [], &[]).series([], &[ticket], ticket);
        if ticket % 2 == 0 {
            out.counter("d", HELP, []).series([], ticket);
        }
    });
    let start = Barrier::new(SCRAPERS);
    let seen: Vec<u64> = thread::scope(|scope| {
        let scrapers: Vec<_> = (0..SCRAPERS)
            .map(|_| {
                scope.spawn(|| {
                    _ = start.wait();
                    (0..500).map(|_| check_ticket(&registry.families())).collect::<Vec<_>>()
                })
            })
            .collect();
        scrapers.into_iter().flat_map(|scraper| scraper.join().unwrap()).collect()
    });
    assert_eq!(
        seen.iter().collect::<BTreeSet<_>>().len(),
        SCRAPERS * 500,
        "each scrape runs the collector once"
    );
    assert!(failures(&registry).is_empty());
}

/// A name that alternates between a registered and a collected family is on every page
/// exactly once.
#[test]
fn name_stays_unique_while_families_alternate() {
    let registry = collecting(|out: &mut Collection| out.gauge("x", HELP, []).series([], 1));
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        _ = scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                _ = registry.gauge("x", HELP).unwrap();
                assert!(registry.unregister("x"));
            }
        });
        for _ in 0..50_000 {
            let families = registry.families();
            let count = families.iter().filter(|family| family.name() == "x").count();
            if count != 1 {
                end.store(true, Ordering::Relaxed);
            }
            assert_eq!(count, 1);
        }
        end.store(true, Ordering::Relaxed);
    });
}

/// The ticket of a scrape, which all its families share.
fn check_ticket(families: &Families) -> u64 {
    let mut tickets = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for family in families.iter() {
        _ = family.visit(0, &mut Scratch::default(), |_, value| {
            let ticket = match value {
                Value::Counter(Number::Unsigned(ticket))
                | Value::Gauge(Number::Unsigned(ticket)) => ticket,
                Value::Histogram { buckets, sum } => {
                    assert_eq!(sum, Number::Unsigned(buckets[0]));
                    buckets[0]
                }
                _ => panic!("{value:?}"),
            };
            _ = tickets.insert(ticket);
            *counts.entry(family.name().to_owned()).or_insert(0) += 1;
            ControlFlow::Continue(())
        });
    }
    let ticket = *tickets.first().unwrap();
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert_eq!(counts.get("b").copied().unwrap_or(0), ticket % 7);
    assert_eq!(counts.contains_key("d"), ticket % 2 == 0);
    ticket
}
