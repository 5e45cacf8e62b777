//! A mistake in a collected family affects only that family, and is counted by name.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use support::{FAILURES, HELP, collecting, failure, failures, lines, names};
use tickmark::Registry;
use tickmark::collect::{Collection, Collector};

type Yield = fn(&mut Collection);

#[test]
fn invalid_families_are_omitted_and_counted() {
    let invalid: &[(Yield, &str, &str)] = &[
        (|out| out.gauge("", HELP, []).series([], 1), "p_", "name taken"),
        (|out| out.gauge("a-b", HELP, []).series([], 1), "p_a-b", "invalid name"),
        (
            |out| out.counter("x_total_total", HELP, []).series([], 1),
            "p_x_total_total",
            "invalid name",
        ),
        (|out| out.info("x_info_info", HELP, []).series([]), "p_x_info_info", "invalid name"),
        (|out| out.gauge("x", "", []).series([], 1), "p_x", "empty help"),
        (|out| out.gauge("x", HELP, ["le"]).series([""], 1), "p_x", "invalid label name"),
        (|out| out.gauge("x", HELP, ["quantile"]).series([""], 1), "p_x", "invalid label name"),
        (|out| out.gauge("x", HELP, ["a", "a"]).series(["", ""], 1), "p_x", "invalid label name"),
        (|out| out.gauge("x", HELP, ["constant"]).series([""], 1), "p_x", "invalid label name"),
        (
            |out| out.state_set("x", HELP, ["p_x"], &["on"]).series([""], &[true]),
            "p_x",
            "invalid label name",
        ),
        (
            |out| out.state_set("x:y", HELP, [], &["on"]).series([], &[true]),
            "p_x:y",
            "invalid label name",
        ),
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
        (
            |out| out.histogram("x", HELP, [], &[1.0]).series([], &[1], 1),
            "p_x",
            "wrong number of values",
        ),
        (
            |out| out.histogram("x", HELP, [], &[1.0]).series([], &[1, 2, 3], 1),
            "p_x",
            "wrong number of values",
        ),
        (
            |out| out.histogram("x", HELP, [], &[1.0]).series([], &[1, 2], f64::NAN),
            "p_x",
            "sum NaN",
        ),
        (
            |out| out.histogram("x", HELP, [], &[1.0]).series([], &[u64::MAX, 1], 0),
            "p_x",
            "too many observations",
        ),
        (
            |out| out.histogram("x", HELP, [], &[1.0, 1.0]).series([], &[1, 2, 3], 1),
            "p_x",
            "invalid bounds",
        ),
        (
            |out| out.histogram("x", HELP, [], &[2.0, 1.0]).series([], &[1, 2, 3], 1),
            "p_x",
            "invalid bounds",
        ),
        (
            |out| out.histogram("x", HELP, [], &[f64::INFINITY]).series([], &[1, 2], 1),
            "p_x",
            "invalid bounds",
        ),
        (
            |out| out.histogram("x", HELP, [], &[f64::NAN]).series([], &[1, 2], 1),
            "p_x",
            "invalid bounds",
        ),
        (
            |out| out.summary("x", HELP, [], &[0.5]).series([], &[], 1, 1),
            "p_x",
            "wrong number of values",
        ),
        (
            |out| out.summary("x", HELP, [], &[0.5]).series([], &[1.0], f64::NAN, 1),
            "p_x",
            "sum NaN",
        ),
        (
            |out| out.summary("x", HELP, [], &[1.5]).series([], &[1.0], 1, 1),
            "p_x",
            "invalid quantiles",
        ),
        (
            |out| out.summary("x", HELP, [], &[-0.1]).series([], &[1.0], 1, 1),
            "p_x",
            "invalid quantiles",
        ),
        (
            |out| out.summary("x", HELP, [], &[f64::NAN]).series([], &[1.0], 1, 1),
            "p_x",
            "invalid quantiles",
        ),
        (
            |out| out.summary("x", HELP, [], &[0.5, 0.5]).series([], &[1.0, 1.0], 1, 1),
            "p_x",
            "invalid quantiles",
        ),
        (
            |out| out.state_set("x", HELP, [], &["on", "on"]).series([], &[true, true]),
            "p_x",
            "state twice",
        ),
        (
            |out| out.state_set("x", HELP, [], &["on"]).series([], &[]),
            "p_x",
            "wrong number of values",
        ),
        (|out| out.counter("x", HELP, []).series([], -1), "p_x_total", "counter below zero or NaN"),
        (
            |out| out.counter("x", HELP, []).series([], -0.5),
            "p_x_total",
            "counter below zero or NaN",
        ),
        (
            |out| out.counter("x_total", HELP, []).series([], f64::NAN),
            "p_x_total",
            "counter below zero or NaN",
        ),
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
        let scope = registry.with_prefix("p_").with_label("constant", "c");
        let collect = move |out: &mut Collection| {
            out.gauge("before", HELP, []).series([], 1);
            // Repeated by the second row.
            out.gauge("", HELP, []).series([], 1);
            yield_invalid(out);
            out.gauge("later", HELP, []).series([], 1);
        };
        scope.register_collector("test", collect).unwrap();
        assert_eq!(names(&registry), ["p_", "p_before", "p_later"], "{position}");
        assert_eq!(names(&registry), ["p_", "p_before", "p_later"], "{position}");
        assert_eq!(
            failures(&registry),
            BTreeMap::from([(failure("test", family, reason), 2)]),
            "{position}"
        );
    }
}

#[test]
fn invalid_value_costs_its_series_alone() {
    let registry = Registry::new();
    let collect = |out: &mut Collection| {
        let mut counter = out.counter("c", HELP, ["a"]);
        [("1", 1.0), ("2", f64::NAN), ("3", -1.0), ("4", -2.0), ("5", f64::INFINITY)]
            .into_iter()
            .for_each(|(label, value)| counter.series([label], value));
        let mut histogram = out.histogram("h", HELP, ["a"], &[1.0]);
        histogram.series(["1"], &[1], 1);
        histogram.series(["2"], &[u64::MAX, 1], 1);
        histogram.series(["3"], &[1, 1], f64::NAN);
        histogram.series(["4"], &[1, 0], -1.0);
        let mut summary = out.summary("s", HELP, ["a"], &[0.5]);
        summary.series(["1"], &[-1.0], f64::NAN, 1);
        // An omitted series does not use up its label set.
        summary.series(["1"], &[-1.0], -1, 1);
        let mut states = out.state_set("t", HELP, ["a"], &["on"]);
        states.series(["1"], &[true, false]);
        states.series(["2"], &[true]);
    };
    registry.register_collector("test", collect).unwrap();
    let lines: Vec<_> = lines(&registry.families())
        .into_iter()
        .filter(|line| !line.starts_with(FAILURES))
        .collect();
    assert_eq!(
        lines,
        [
            "c{a=1} Counter(Float(1.0))",
            "c{a=5} Counter(Float(inf))",
            "h{a=4} Histogram { buckets: [1, 0], sum: Float(-1.0) }",
            "s{a=1} Summary { values: [-1.0], sum: Signed(-1), count: 1 }",
            "t{a=2} StateSet([true])",
        ]
    );
    let count = |(family, reason)| (failure("test", family, reason), 1);
    let lost = [
        ("c_total", "counter below zero or NaN"),
        ("h", "wrong number of values"),
        ("h", "too many observations"),
        ("h", "sum NaN"),
        ("s", "sum NaN"),
        ("t", "wrong number of values"),
    ];
    assert_eq!(failures(&registry), lost.map(count).into());
}

#[test]
fn extreme_but_valid_values_are_shown() {
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
fn panic_costs_only_its_collectors_families() {
    struct Panics(AtomicU64);
    impl Collector for Panics {
        fn collect(&self, out: &mut Collection) {
            out.gauge("of_panics", HELP, []).series([], 1);
            let mut open = out.gauge("half_done", HELP, ["l"]);
            open.series(["a"], 1);
            assert!(self.0.fetch_add(1, Ordering::Relaxed) != 1, "the second run");
        }
    }
    let registry = Registry::new();
    _ = registry.gauge("recorded", HELP).unwrap();
    registry
        .register_collector("one", |out: &mut Collection| {
            out.gauge("of_one", HELP, []).series([], 1)
        })
        .unwrap();
    registry.register_collector("panics", Panics(AtomicU64::new(0))).unwrap();
    registry
        .register_collector("two", |out: &mut Collection| {
            out.gauge("of_two", HELP, []).series([], 1)
        })
        .unwrap();
    let all = ["half_done", "of_one", "of_panics", "of_two", "recorded"];
    assert_eq!(names(&registry), all);
    assert_eq!(names(&registry), ["of_one", "of_two", "recorded"]);
    assert_eq!(names(&registry), all);
    assert_eq!(failures(&registry), BTreeMap::from([(failure("panics", "", "panic"), 1)]));
}

/// A panic payload whose destructor panics as well.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(Bomb);
        }
    }
}

#[test]
fn panicking_payload_destructor_is_contained() {
    let registry = Registry::new();
    registry.register_collector("bomb", |_: &mut Collection| std::panic::panic_any(Bomb)).unwrap();
    _ = registry.gauge("a", HELP).unwrap();
    for _ in 0..2 {
        assert!(names(&registry).contains(&"a".to_string()));
    }
}

#[test]
fn thread_collects_again_after_a_panic() {
    let registry = collecting(|_: &mut Collection| panic!("every time"));
    registry
        .register_collector("good", |out: &mut Collection| out.gauge("g", HELP, []).series([], 1))
        .unwrap();
    for _ in 0..3 {
        assert_eq!(names(&registry), ["g"]);
    }
    assert_eq!(failures(&registry), BTreeMap::from([(failure("test", "", "panic"), 3)]));
}

/// Every name that an exporter's samples can have for such a family.
#[test]
fn registered_names_win_over_earlier_collectors() {
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
        _ = registry.gauge(taken, HELP).unwrap();
        let mut expected: Vec<_> =
            all.iter().copied().filter(|name| *name != loser).chain([taken]).collect();
        expected.sort_unstable();
        assert_eq!(names(&registry), expected);
        assert!(registry.unregister(taken));
        assert_eq!(names(&registry), all);
    }
    for free in ["g_total", "s_bucket", "t_info", "i_total"] {
        _ = registry.gauge(free, HELP).unwrap();
    }
    assert_eq!(names(&registry).len(), all.len() + 4);
}

#[test]
fn first_of_two_collected_families_wins() {
    let registry = Registry::new();
    let yields = |name: &'static str, value: i32| {
        move |out: &mut Collection| out.gauge(name, HELP, []).series([], value)
    };
    registry.register_collector("z", yields("g", 1)).unwrap();
    registry.register_collector("a", yields("g", 2)).unwrap();
    registry
        .register_collector("b", |out: &mut Collection| out.counter("g", HELP, []).series([], 3))
        .unwrap();
    assert_eq!(lines(&registry.families())[0], "g{} Gauge(Signed(1))");
    assert!(registry.unregister_collector("z"));
    assert_eq!(lines(&registry.families())[0], "g{} Gauge(Signed(2))");
    let expected =
        [(failure("a", "g", "name taken"), 1), (failure("b", "g_total", "name taken"), 3)];
    assert!(registry.unregister_collector("a") && registry.unregister_collector("b"));
    let mut seen = failures(&registry);
    // The second scrape counted the family that was second then.
    assert_eq!(seen.remove(&expected[1].0), Some(2));
    assert_eq!(seen, BTreeMap::from([expected[0].clone()]));
}

#[test]
fn failure_series_are_bounded() {
    let registry = collecting(|out: &mut Collection| {
        for number in 0..3_000 {
            _ = out.gauge(&format!("not valid {number}"), HELP, []);
        }
    });
    assert!(names(&registry).is_empty());
    let failures = failures(&registry);
    assert_eq!(failures.len(), 2_001);
    assert_eq!(failures[&failure("_overflow", "_overflow", "_overflow")], 1_000);
    // The page shows that failures were merged: two scrapes, the second with nothing to
    // collect.
    let lines = lines(&registry.families());
    for expected in [
        "tickmark_series_overflow{family=tickmark_collector_failures_total} \
         Counter(Unsigned(1000))",
        "tickmark_series_overflowing{family=tickmark_collector_failures_total} Gauge(Signed(1))",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}");
    }
}

#[test]
fn omission_series_are_bounded() {
    let registry = collecting(|out: &mut Collection| {
        (0..3_000).for_each(|number| out.gauge(&format!("g{number}"), HELP, []).series([], 1));
    });
    registry.families().iter().for_each(|family| family.report_omission("test"));
    let lines = lines(&registry.families());
    let expected =
        "tickmark_series_overflowing{family=tickmark_exposition_omissions_total} Gauge(Signed(1))";
    assert!(lines.iter().any(|line| line == expected));
}

#[test]
fn family_past_its_limit_counts_every_scrape() {
    let registry = collecting(|out: &mut Collection| {
        out.set_series_limit(1);
        let mut gauges = out.gauge("g", HELP, ["l"]);
        ["1", "2"].into_iter().for_each(|label| gauges.series([label], 1));
    });
    for scrapes in 1..4 {
        let expected = format!(
            "{FAILURES}{{collector=test,family=g,reason=too many series}} \
             Counter(Unsigned({scrapes}))"
        );
        assert_eq!(lines(&registry.families()), [expected]);
    }
}

/// Registers a collector in a registry that allows UTF-8 names.
fn collecting_utf8(collect: Yield) -> Registry {
    let registry = Registry::new().with_utf8_names();
    registry.register_collector("test", collect).unwrap();
    registry
}

#[test]
fn series_left_out_reserves_no_names() {
    let registry = collecting_utf8(|out| {
        let mut numbers = out.counter("numbers", HELP, []);
        numbers.open_series(&[("c_d", "1")], 1);
        // Left out, because `c.d` equals `c_d` in escaped form.
        numbers.open_series(&[("a.b", "1"), ("c.d", "1")], 2);
        // Left out, because the value is invalid.
        numbers.open_series(&[("e.f", "1")], -1);
        numbers.open_series(&[("a_b", "1")], 3);
        numbers.open_series(&[("e_f", "1")], 4);
    });
    let lines = lines(&registry.families());
    assert_eq!(lines.iter().filter(|line| line.starts_with("numbers")).count(), 3, "{lines:?}");
}

#[test]
fn label_name_reserved_once_escaped_is_refused() {
    let registry = collecting_utf8(|out| {
        out.gauge("fixed", HELP, ["..name.."]).series(["x"], 1);
        out.gauge("open", HELP, []).open_series(&[("..name..", "x")], 1);
    });
    assert_eq!(names(&registry), [""; 0]);
}
