//! Collectors: what they yield is what the walk shows, and what is wrong with it costs that alone.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use proptest::prelude::*;
use tickmark::{Collection, Collector, Families, Kind, Number, RegisterError, Registry, Scratch, Value};

const HELP: &str = "What it is.";
const FAILURES: &str = "tickmark_collector_failures";

/// A line a series of each family: `name{label=value} Value`.
fn lines(families: &Families) -> Vec<String> {
    let mut lines = Vec::new();
    for family in families.iter() {
        let _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let labels: Vec<_> =
                family.label_names().zip(series.label_values()).map(|(n, v)| format!("{n}={v}")).collect();
            lines.push(format!("{}{{{}}} {value:?}", family.name(), labels.join(",")));
            ControlFlow::Continue(())
        });
    }
    lines
}

/// What is on the page, but for failures.
fn names(registry: &Registry) -> Vec<String> {
    let families = registry.families();
    families.iter().map(|family| family.name().to_owned()).filter(|name| name != FAILURES).collect()
}

/// How often something was left out: by collector, family and reason.
fn failures(registry: &Registry) -> BTreeMap<[String; 3], u64> {
    // Without running them again.
    let _ = registry.unregister_collector("test");
    let mut failures = BTreeMap::new();
    for family in registry.families().iter().filter(|family| family.name() == FAILURES) {
        let _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            let labels: Vec<_> = series.label_values().map(String::from).collect();
            let _ = failures.insert(labels.try_into().unwrap(), count);
            ControlFlow::Continue(())
        });
    }
    failures
}

fn failure(collector: &str, family: &str, reason: &str) -> [String; 3] {
    [collector, family, reason].map(String::from)
}

/// A registry whose one collector is this.
fn collecting(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> Registry {
    let registry = Registry::new();
    registry.register_collector("test", collect).unwrap();
    registry
}

#[test]
fn every_kind_arrives_as_it_was_yielded() {
    let registry = collecting(|out: &mut Collection| {
        let mut counters = out.counter("c_total", HELP, ["l"]);
        counters.series(["u"], u64::MAX);
        counters.series(["f"], 0.5);
        counters.series(["i"], 3);
        let mut gauges = out.gauge("g", HELP, []);
        gauges.series([], -7_i64);
        out.histogram("h", HELP, ["l"], &[-1.0, 2.5]).series(["a"], &[1, 0, 4], 9.25);
        out.summary("s", HELP, [], &[0.5, 1.0]).series([], &[0.25, 0.75], 12_u64, 6);
        out.info("i_info", HELP, ["version", "commit"]).series(["1.0", "f00"]);
        out.state_set("t", HELP, ["disk"], &["good", "bad"]).series(["sda"], &[true, false]);
        let _ = out.gauge("z_empty", HELP, ["l"]);
    });
    let families = registry.families();
    assert_eq!(
        lines(&families),
        [
            "c{l=u} Counter(Unsigned(18446744073709551615))",
            "c{l=f} Counter(Float(0.5))",
            "c{l=i} Counter(Signed(3))",
            "g{} Gauge(Signed(-7))",
            "h{l=a} Histogram { buckets: [1, 0, 4], sum: Float(9.25) }",
            "i{version=1.0,commit=f00} Info",
            "s{} Summary { values: [0.25, 0.75], sum: Unsigned(12), count: 6 }",
            "t{disk=sda} StateSet([true, false])",
        ]
    );
    let by_name: BTreeMap<_, _> = families.iter().map(|family| (family.name(), family)).collect();
    assert!(by_name.values().all(|family| family.help() == HELP));
    assert_eq!(by_name["h"].bounds(), [-1.0, 2.5]);
    assert_eq!(by_name["s"].quantiles(), [0.5, 1.0]);
    assert_eq!(by_name["t"].states().collect::<Vec<_>>(), ["good", "bad"]);
    let kinds: Vec<_> = by_name.values().map(|family| family.kind()).collect();
    let [counter, gauge] = [Kind::Counter, Kind::Gauge];
    assert_eq!(kinds, [counter, gauge, Kind::Histogram, Kind::Info, Kind::Summary, Kind::StateSet, gauge]);
    assert!(by_name["c"].bounds().is_empty() && by_name["h"].quantiles().is_empty());
    assert_eq!(by_name["s"].states().len(), 0);
    assert!(failures(&registry).is_empty());
}

#[test]
fn the_scope_of_the_registration_applies_to_what_is_collected() {
    let registry = Registry::new();
    let scope = registry.scope("a_").with_label("zone", "b");
    scope.register_collector("test", |out: &mut Collection| out.gauge("g", HELP, ["l"]).series(["v"], 1)).unwrap();
    assert_eq!(lines(&registry.families()), ["a_g{zone=b,l=v} Gauge(Signed(1))"]);
    assert!(registry.unregister_collector("test"), "no prefix before the name of a collector");
}

#[test]
fn a_name_is_of_one_collector() {
    let registry = Registry::new();
    let invalid = |name: &str, reason| Err(RegisterError::InvalidCollector { name: name.into(), reason });
    let register = |registry: &Registry, name: &str| registry.register_collector(name, |_: &mut Collection| {});
    assert_eq!(register(&registry, ""), invalid("", "it is empty"));
    assert_eq!(register(&registry, "a"), Ok(()));
    assert_eq!(register(&registry.scope("b_"), "a"), invalid("a", "it is taken"));
    assert_eq!(invalid("a", "it is taken").unwrap_err().to_string(), "invalid collector name \"a\": it is taken");
    assert_eq!(registry.together(|draft| register(draft, "a")), invalid("a", "it is taken"));
    assert!(registry.unregister_collector("a"));
    assert!(!registry.unregister_collector("a"));
    assert_eq!(register(&registry, "a"), Ok(()));
}

#[test]
fn collectors_registered_together_are_all_there_or_none() {
    let registry = Registry::new();
    let _ = registry.gauge("taken", HELP).unwrap();
    let register = |family: &'static str| {
        registry.together(|draft| {
            draft.register_collector("c", |out: &mut Collection| out.gauge("g", HELP, []).series([], 1))?;
            draft.gauge(family, HELP)
        })
    };
    assert!(register("taken").is_err());
    assert_eq!(names(&registry), ["taken"]);
    let _ = register("free").unwrap();
    assert_eq!(names(&registry), ["free", "g", "taken"]);
}

type Yield = fn(&mut Collection);

#[test]
fn what_is_invalid_is_left_out_alone_and_named() {
    let invalid: &[(Yield, &str, &str)] = &[
        (|out| out.gauge("", HELP, []).series([], 1), "p_", "name taken"),
        (|out| out.gauge("a-b", HELP, []).series([], 1), "p_a-b", "invalid name"),
        (|out| out.counter("x_total_total", HELP, []).series([], 1), "p_x_total_total", "invalid name"),
        (|out| out.info("x_info_info", HELP, []).series([]), "p_x_info_info", "invalid name"),
        (|out| out.gauge("x", "", []).series([], 1), "p_x", "empty help"),
        (|out| out.gauge("x", HELP, ["le"]).series([""], 1), "p_x", "invalid label name"),
        (|out| out.gauge("x", HELP, ["quantile"]).series([""], 1), "p_x", "invalid label name"),
        (|out| out.gauge("x", HELP, ["a", "a"]).series(["", ""], 1), "p_x", "invalid label name"),
        (|out| out.gauge("x", HELP, ["constant"]).series([""], 1), "p_x", "invalid label name"),
        (|out| out.state_set("x", HELP, ["p_x"], &["on"]).series([""], &[true]), "p_x", "invalid label name"),
        (|out| out.state_set("x:y", HELP, [], &["on"]).series([], &[true]), "p_x:y", "invalid label name"),
        (
            |out| {
                let mut gauge = out.gauge("x", HELP, ["a"]);
                ["1", "2", "1"].into_iter().for_each(|value| gauge.series([value], 1));
            },
            "p_x",
            "label set twice",
        ),
        (
            |out| {
                let mut gauge = out.gauge("x", HELP, []);
                gauge.series([], 1);
                gauge.series([], 1);
            },
            "p_x",
            "label set twice",
        ),
        (|out| out.histogram("x", HELP, [], &[1.0]).series([], &[1], 1), "p_x", "wrong number of values"),
        (|out| out.histogram("x", HELP, [], &[1.0]).series([], &[1, 2, 3], 1), "p_x", "wrong number of values"),
        (|out| out.histogram("x", HELP, [], &[1.0]).series([], &[1, 2], f64::NAN), "p_x", "sum NaN"),
        (|out| out.histogram("x", HELP, [], &[1.0, 1.0]).series([], &[1, 2, 3], 1), "p_x", "invalid bounds"),
        (|out| out.histogram("x", HELP, [], &[2.0, 1.0]).series([], &[1, 2, 3], 1), "p_x", "invalid bounds"),
        (|out| out.histogram("x", HELP, [], &[f64::INFINITY]).series([], &[1, 2], 1), "p_x", "invalid bounds"),
        (|out| out.histogram("x", HELP, [], &[f64::NAN]).series([], &[1, 2], 1), "p_x", "invalid bounds"),
        (|out| out.summary("x", HELP, [], &[0.5]).series([], &[], 1, 1), "p_x", "wrong number of values"),
        (|out| out.summary("x", HELP, [], &[0.5]).series([], &[1.0], f64::NAN, 1), "p_x", "sum NaN"),
        (|out| out.summary("x", HELP, [], &[1.5]).series([], &[1.0], 1, 1), "p_x", "invalid quantiles"),
        (|out| out.summary("x", HELP, [], &[-0.1]).series([], &[1.0], 1, 1), "p_x", "invalid quantiles"),
        (|out| out.summary("x", HELP, [], &[f64::NAN]).series([], &[1.0], 1, 1), "p_x", "invalid quantiles"),
        (|out| out.summary("x", HELP, [], &[0.5, 0.5]).series([], &[1.0, 1.0], 1, 1), "p_x", "invalid quantiles"),
        (|out| out.state_set("x", HELP, [], &["on", "on"]).series([], &[true, true]), "p_x", "state twice"),
        (|out| out.state_set("x", HELP, [], &["on"]).series([], &[]), "p_x", "wrong number of values"),
        (|out| out.counter("x", HELP, []).series([], -1), "p_x", "counter below zero or NaN"),
        (|out| out.counter("x", HELP, []).series([], -0.5), "p_x", "counter below zero or NaN"),
        (|out| out.counter("x_total", HELP, []).series([], f64::NAN), "p_x_total", "counter below zero or NaN"),
        (
            |out| {
                out.set_series_limit(2);
                let mut gauge = out.gauge("x", HELP, ["a"]);
                ["1", "2", "3"].into_iter().for_each(|value| gauge.series([value], 1));
            },
            "p_x",
            "too many series",
        ),
    ];
    for (position, (yield_invalid, family, reason)) in invalid.iter().enumerate() {
        let registry = Registry::new();
        let scope = registry.scope("p_").with_label("constant", "c");
        let collect = move |out: &mut Collection| {
            out.gauge("before", HELP, []).series([], 1);
            // What the first row repeats.
            out.gauge("", HELP, []).series([], 1);
            yield_invalid(out);
            out.gauge("later", HELP, []).series([], 1);
        };
        scope.register_collector("test", collect).unwrap();
        assert_eq!(names(&registry), ["p_", "p_before", "p_later"], "{position}");
        assert_eq!(names(&registry), ["p_", "p_before", "p_later"], "{position}");
        assert_eq!(failures(&registry), BTreeMap::from([(failure("test", family, reason), 2)]), "{position}");
    }
}

#[test]
fn what_is_just_valid_is_shown() {
    let valid: &[Yield] = &[
        |out| {
            out.set_series_limit(2);
            let mut gauge = out.gauge("x", HELP, ["a"]);
            ["1", "2"].into_iter().for_each(|value| gauge.series([value], f64::NAN));
        },
        |out| out.counter("x", HELP, []).series([], -0.0),
        |out| out.summary("x", HELP, [], &[0.0, 1.0]).series([], &[f64::NAN, f64::NAN], -1, 0),
        |out| out.histogram("x", HELP, [], &[]).series([], &[4], 1),
        |out| {
            let mut gauge = out.gauge("x", HELP, ["a", "b"]);
            gauge.series(["ab", "c"], 1);
            gauge.series(["a", "bc"], 1);
        },
        |out| {
            let mut gauge = out.gauge("x", HELP, ["a"]);
            (0..2_000).for_each(|value| gauge.series([&value.to_string()], 1));
        },
    ];
    for (position, yield_valid) in valid.iter().enumerate() {
        let registry = collecting(yield_valid);
        assert_eq!(names(&registry), ["x"], "{position}");
        assert!(failures(&registry).is_empty(), "{position}");
    }
}

#[test]
fn a_panic_costs_the_families_of_its_collector_alone() {
    struct Panics(AtomicU64);
    impl Collector for Panics {
        fn collect(&self, out: &mut Collection) {
            out.gauge("of_panics", HELP, []).series([], 1);
            let mut open = out.gauge("half_done", HELP, ["l"]);
            open.series(["a"], 1);
            assert!(self.0.fetch_add(1, Ordering::Relaxed) != 1, "the second time");
        }
    }
    let registry = Registry::new();
    let _ = registry.gauge("recorded", HELP).unwrap();
    registry.register_collector("one", |out: &mut Collection| out.gauge("of_one", HELP, []).series([], 1)).unwrap();
    registry.register_collector("panics", Panics(AtomicU64::new(0))).unwrap();
    registry.register_collector("two", |out: &mut Collection| out.gauge("of_two", HELP, []).series([], 1)).unwrap();
    let all = ["half_done", "of_one", "of_panics", "of_two", "recorded"];
    assert_eq!(names(&registry), all);
    assert_eq!(names(&registry), ["of_one", "of_two", "recorded"]);
    assert_eq!(names(&registry), all);
    assert_eq!(failures(&registry), BTreeMap::from([(failure("panics", "", "panic"), 1)]));
}

/// Everything that an exporter's samples may be named after such a family.
#[test]
fn names_of_registered_families_win_also_over_collectors_that_came_before() {
    let registry = collecting(|out: &mut Collection| {
        out.counter("c", HELP, []).series([], 1);
        out.gauge("g", HELP, []).series([], 1);
        out.histogram("h", HELP, [], &[]).series([], &[1], 1);
        out.summary("s", HELP, [], &[]).series([], &[], 1, 1);
        out.info("i", HELP, []).series([]);
        out.state_set("t", HELP, [], &[]).series([], &[]);
    });
    let all = ["c", "g", "h", "i", "s", "t"];
    assert_eq!(names(&registry), all);
    for (taken, loser) in [
        ("c", "c"),
        ("c_total", "c"),
        ("c_created", "c"),
        ("g", "g"),
        ("h_bucket", "h"),
        ("h_sum", "h"),
        ("h_count", "h"),
        ("h_created", "h"),
        ("s_sum", "s"),
        ("s_count", "s"),
        ("s_created", "s"),
        ("i", "i"),
        ("i_info", "i"),
        ("t", "t"),
    ] {
        let _ = registry.gauge(taken, HELP).unwrap();
        let mut expected: Vec<_> = all.iter().copied().filter(|name| *name != loser).chain([taken]).collect();
        expected.sort_unstable();
        assert_eq!(names(&registry), expected);
        assert!(registry.unregister(taken));
        assert_eq!(names(&registry), all);
    }
    for free in ["g_total", "s_bucket", "t_info", "i_total"] {
        let _ = registry.gauge(free, HELP).unwrap();
    }
    assert_eq!(names(&registry).len(), all.len() + 4);
}

#[test]
fn of_two_collected_families_the_first_has_the_name() {
    let registry = Registry::new();
    let yields =
        |name: &'static str, value: i32| move |out: &mut Collection| out.gauge(name, HELP, []).series([], value);
    registry.register_collector("z", yields("g", 1)).unwrap();
    registry.register_collector("a", yields("g", 2)).unwrap();
    registry.register_collector("b", |out: &mut Collection| out.counter("g", HELP, []).series([], 3)).unwrap();
    assert_eq!(lines(&registry.families())[0], "g{} Gauge(Signed(1))");
    assert!(registry.unregister_collector("z"));
    assert_eq!(lines(&registry.families())[0], "g{} Gauge(Signed(2))");
    let expected = [(failure("a", "g", "name taken"), 1), (failure("b", "g", "name taken"), 3)];
    assert!(registry.unregister_collector("a") && registry.unregister_collector("b"));
    let mut seen = failures(&registry);
    // The second scrape counted the one that still came second.
    assert_eq!(seen.remove(&expected[1].0), Some(2));
    assert_eq!(seen, BTreeMap::from([expected[0].clone()]));
}

#[test]
fn failures_are_bounded_whatever_a_collector_names_its_families() {
    let registry = collecting(|out: &mut Collection| {
        for number in 0..3_000 {
            let _ = out.gauge(&format!("not valid {number}"), HELP, []);
        }
    });
    assert!(names(&registry).is_empty());
    let failures = failures(&registry);
    assert_eq!(failures.len(), 2_001);
    assert_eq!(failures[&failure("_overflow", "_overflow", "_overflow")], 1_000);
}

/// By family and label values, the identities.
fn identities(families: &Families) -> BTreeMap<String, (u64, u64)> {
    let mut identities = BTreeMap::new();
    for family in families.iter() {
        let mut slots = Vec::new();
        let _ = family.visit(0, &mut Scratch::default(), |series, _| {
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
    /// What is yielded twice in a row keeps its identities; what is not never comes back with old ones.
    #[test]
    fn identities_last_as_long_as_what_they_are_of(
        scrapes in prop::collection::vec(prop::collection::btree_set((0..3_u8, 0..4_u8), 0..10), 1..12),
    ) {
        let now = Arc::new(Mutex::new(BTreeSet::new()));
        let shown = Arc::clone(&now);
        let registry = collecting(move |out: &mut Collection| {
            let shown: BTreeSet<(u8, u8)> = shown.lock().unwrap().clone();
            for family in 0..3 {
                let mut gauge = out.gauge(&format!("g{family}"), HELP, ["l"]);
                shown.iter().filter(|one| one.0 == family).rev().for_each(|one| gauge.series([&one.1.to_string()], 1));
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
                    None => prop_assert!(used.insert(ids.1), "an identity is used again"),
                }
            }
            last = seen;
        }
    }
}

#[test]
fn a_family_that_becomes_another_one_has_another_identity() {
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

#[test]
fn a_collected_family_is_visited_from_any_slot_on() {
    let registry = collecting(|out: &mut Collection| {
        let mut gauge = out.gauge("x", HELP, []);
        gauge.series([], 0);
        let mut gauge = out.gauge("y", HELP, ["l"]);
        (0..5).for_each(|number: i32| gauge.series([&number.to_string()], number));
    });
    let families = registry.families();
    let family = families.iter().nth(1).unwrap();
    for from in 0..7 {
        for count in 1..7 {
            let mut seen = Vec::new();
            let stopped = family.visit(from, &mut Scratch::default(), |series, _| {
                seen.push(series.slot());
                if seen.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(seen, (from..5).take(count).collect::<Vec<_>>());
            assert_eq!(stopped, (seen.len() == count).then(|| from + count));
        }
    }
}

/// Scrapes that run at the same time each show what they collected, although the collector yields something else to each.
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
                    let _ = start.wait();
                    (0..500).map(|_| check_ticket(&registry.families())).collect::<Vec<_>>()
                })
            })
            .collect();
        scrapers.into_iter().flat_map(|scraper| scraper.join().unwrap()).collect()
    });
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), SCRAPERS * 500, "each scrape ran the collector once");
    assert!(failures(&registry).is_empty());
}

/// The one ticket of which all families of a scrape are.
fn check_ticket(families: &Families) -> u64 {
    let mut tickets = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for family in families.iter() {
        let _ = family.visit(0, &mut Scratch::default(), |_, value| {
            let ticket = match value {
                Value::Counter(Number::Unsigned(ticket)) | Value::Gauge(Number::Unsigned(ticket)) => ticket,
                Value::Histogram { buckets, sum } => {
                    assert_eq!(sum, Number::Unsigned(buckets[0]));
                    buckets[0]
                }
                _ => panic!("{value:?}"),
            };
            let _ = tickets.insert(ticket);
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

#[test]
fn a_collector_may_register_and_unregister_while_it_collects() {
    let registry = Registry::new();
    let of_collector = registry.clone();
    let collect = move |out: &mut Collection| {
        let _ = of_collector.gauge("registered", HELP);
        let _ =
            of_collector.register_collector("late", |out: &mut Collection| out.gauge("late", HELP, []).series([], 1));
        assert!(!of_collector.unregister_collector("nobody"));
        // Its own name goes to the family that it registers itself.
        out.gauge("registered", HELP, []).series([], 1);
        out.gauge("collected", HELP, []).series([], 1);
        if of_collector.unregister("once") {
            out.gauge("once", HELP, []).series([], 2);
        }
    };
    let _ = registry.gauge("once", HELP).unwrap();
    registry.register_collector("test", collect).unwrap();
    assert_eq!(names(&registry), ["collected", "once", "registered"]);
    assert_eq!(names(&registry), ["collected", "late", "registered"]);
    assert_eq!(failures(&registry), BTreeMap::from([(failure("test", "registered", "name taken"), 2)]));
}

#[test]
fn a_collector_may_unregister_itself() {
    let registry = Registry::new();
    let of_collector = registry.clone();
    let collect = move |out: &mut Collection| {
        let _ = of_collector.unregister_collector("test");
        out.gauge("last", HELP, []).series([], 1);
    };
    registry.register_collector("test", collect).unwrap();
    assert_eq!(names(&registry), ["last"]);
    assert_eq!(names(&registry), [""; 0]);
}

/// A collector that scrapes its registry sees the registered families, and no collector runs inside of itself; of
/// another registry it sees all.
#[test]
fn a_collector_may_scrape() {
    let [registry, other] = [(); 2].map(|()| Registry::new());
    let _ = registry.gauge("recorded", HELP).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let scrapes = |name: &'static str, scraped: &Registry| {
        let (scraped, seen) = (scraped.clone(), Arc::clone(&seen));
        move |out: &mut Collection| {
            // First, because it may run a collector that comes here too.
            let inside = names(&scraped);
            seen.lock().unwrap().push((name, inside));
            out.gauge(name, HELP, []).series([], 1);
        }
    };
    registry.register_collector("own", scrapes("own", &registry)).unwrap();
    registry.register_collector("other", scrapes("other", &other)).unwrap();
    other.register_collector("back", scrapes("back", &registry)).unwrap();
    for _ in 0..2 {
        assert_eq!(names(&registry), ["other", "own", "recorded"]);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let inside = [("own", names(&["recorded"])), ("back", names(&["recorded"])), ("other", names(&["back"]))];
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), inside);
    }
}

/// A panic in the middle of a scrape does not leave the thread as one that is collecting.
#[test]
fn after_a_panic_the_thread_collects_again() {
    let registry = collecting(|_: &mut Collection| panic!("every time"));
    registry.register_collector("good", |out: &mut Collection| out.gauge("g", HELP, []).series([], 1)).unwrap();
    for _ in 0..3 {
        assert_eq!(names(&registry), ["g"]);
    }
    assert_eq!(failures(&registry), BTreeMap::from([(failure("test", "", "panic"), 3)]));
}

/// It is code of the user, and may use the registry when it is dropped.
#[test]
fn a_collector_is_dropped_outside_of_the_lock() {
    struct RegistersAtTheEnd(Registry);
    impl Collector for RegistersAtTheEnd {
        fn collect(&self, _: &mut Collection) {}
    }
    impl Drop for RegistersAtTheEnd {
        fn drop(&mut self) {
            let _ = self.0.gauge("dropped", HELP);
        }
    }
    let registry = Registry::new();
    registry.register_collector("test", RegistersAtTheEnd(registry.clone())).unwrap();
    assert!(registry.register_collector("test", RegistersAtTheEnd(registry.clone())).is_err());
    assert_eq!(names(&registry), ["dropped"]);
    assert!(registry.unregister("dropped"));
    assert!(registry.unregister_collector("test"));
    assert_eq!(names(&registry), ["dropped"]);
}
