//! Registration errors and their texts.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::ops::ControlFlow;

use support::lines;
use tickmark::export::Scratch;
use tickmark::{Bounds, RegisterError, Registry, Scale};

const HELP: &str = "Counted things.";

fn bounds() -> Bounds {
    Bounds::new(Scale::One, &[1.0]).unwrap()
}

/// The names of the exposed families.
fn exposed(registry: &Registry) -> Vec<String> {
    registry.families().iter().map(|family| family.name().to_string()).collect()
}

#[test]
fn bad_names_are_refused_with_a_reason() {
    for (name, reason) in [
        ("", "must not be empty"),
        ("_total", "expected a name before _total"),
        ("2xx", "must not start with a digit"),
        ("a-b", "'-' is not an ASCII letter, digit or _; use _, or Registry::with_utf8_names"),
        ("a b", "' ' is not an ASCII letter, digit or _; use _, or Registry::with_utf8_names"),
        ("zähler", "'ä' is not an ASCII letter, digit or _; use _, or Registry::with_utf8_names"),
        ("x_total_total", "must not end in _total twice"),
        ("U__a", "must not start with U__, which marks escaped names"),
        ("a\0b", "must not contain NUL, for which Prometheus refuses the page"),
    ] {
        let registry = Registry::new();
        let error = registry.counter(name, HELP).unwrap_err().to_string();
        assert_eq!(error, format!("invalid metric name {name:?}: {reason}"));
        assert!(exposed(&registry).is_empty());
    }
    for name in ["a", "_a", ":a", "a:b_9", "A"] {
        _ = Registry::new().counter(name, HELP).unwrap();
    }
}

#[test]
fn bad_labels_are_refused_with_a_reason() {
    for (labels, reason) in [
        (["", "b"], "must not be empty"),
        (["le", "b"], "reserved for exposition formats; choose another name"),
        (["quantile", "b"], "reserved for exposition formats; choose another name"),
        (["__b", "b"], "reserved for exposition formats; choose another name"),
        (["U__b", "b"], "must not start with U__, which marks escaped names"),
        (["1b", "b"], "must not start with a digit"),
        (
            ["b:c", "b"],
            "':' is not an ASCII letter, digit or _; use _, or Registry::with_utf8_names",
        ),
        (["b\0", "b"], "must not contain NUL, for which Prometheus refuses the page"),
        (["b", "b"], "repeats another label of the metric, constant labels included; rename one"),
    ] {
        let registry = Registry::new();
        let error = registry.gauge_family("a", HELP, labels).unwrap_err().to_string();
        assert_eq!(error, format!("invalid label name {:?} of metric \"a\": {reason}", labels[0]));
        assert!(exposed(&registry).is_empty());
    }
}

#[test]
fn empty_help_is_refused() {
    let error = Registry::new().gauge("a", "").unwrap_err();
    assert_eq!(error, RegisterError::EmptyHelp { name: "a".into() });
    assert_eq!(error.to_string(), "empty help text of metric \"a\": say what it measures");
}

#[test]
fn name_belongs_to_one_family() {
    let registry = Registry::new();
    let first = registry.counter("a_total", HELP).unwrap();
    first.inc();
    for (error, difference) in [
        (registry.counter("a", HELP).unwrap_err(), "the definitions are equal"),
        (registry.counter_family("a_total", HELP, ["b"]).unwrap_err(), "label names [\"b\"]"),
        (registry.gauge("a", HELP).unwrap_err(), "both need the name \"a\""),
    ] {
        let clash = format!("clashes with the registered counter \"a_total\": {difference}");
        assert!(error.to_string().contains(&clash), "{error}");
    }
    assert_eq!(exposed(&registry), ["a"]);
    assert_eq!(first.get(), 1);
}

#[test]
fn names_of_samples_are_reserved_both_ways() {
    type Register = fn(&Registry, &str) -> Result<(), RegisterError>;
    let counter: Register = |registry, name| registry.counter(name, HELP).map(drop);
    let gauge: Register = |registry, name| registry.gauge(name, HELP).map(drop);
    let histogram: Register = |registry, name| registry.histogram(name, HELP, &bounds()).map(drop);
    for ((one, one_name), (two, two_name), claimed) in [
        ((counter, "a"), (gauge, "a"), "a"),
        ((counter, "a"), (gauge, "a_total"), "a_total"),
        ((counter, "a"), (gauge, "a_created"), "a_created"),
        ((histogram, "a"), (counter, "a_count"), "a_count"),
        ((histogram, "a"), (gauge, "a_sum"), "a_sum"),
        ((histogram, "a"), (gauge, "a_bucket"), "a_bucket"),
        ((histogram, "a"), (counter, "a"), "a"),
        ((histogram, "a"), (histogram, "a_count"), "a_count"),
        ((gauge, "a"), (gauge, "a"), "a"),
    ] {
        for ((first, first_name), (second, second_name)) in
            [((one, one_name), (two, two_name)), ((two, two_name), (one, one_name))]
        {
            let registry = Registry::new();
            first(&registry, first_name).unwrap();
            let error = second(&registry, second_name).unwrap_err();
            let RegisterError::Clash { claimed: named, .. } = &error else { panic!("{error}") };
            assert!(claimed.starts_with(&**named) || &**named == claimed, "{error}");
            assert_eq!(exposed(&registry).len(), 1);
        }
    }
}

#[test]
fn clash_names_both_families() {
    let registry = Registry::new();
    _ = registry.histogram("a", HELP, &bounds()).unwrap();
    assert_eq!(
        registry.counter("a_count", HELP).unwrap_err().to_string(),
        "counter \"a_count\" clashes with the registered histogram \"a\": \
         both need the name \"a_count\"; rename one, or use a prefix"
    );
}

#[test]
fn families_registered_together_are_all_or_none() {
    let registry = Registry::new();
    _ = registry.gauge("b", HELP).unwrap();
    let both = |one, two| {
        registry.all_or_nothing(|registry| {
            Ok::<_, RegisterError>((registry.counter(one, HELP)?, registry.counter(two, HELP)?))
        })
    };
    assert!(matches!(both("a", "b"), Err(RegisterError::Clash { .. })), "with an existing family");
    assert!(matches!(both("a", "a_total"), Err(RegisterError::Clash { .. })), "among themselves");
    assert!(matches!(both("a", "2"), Err(RegisterError::InvalidName { .. })));
    assert_eq!(exposed(&registry), ["b"]);
    let (one, _) = both("a", "c").unwrap();
    assert_eq!(exposed(&registry), ["a", "b", "c"]);
    one.inc();
    assert!(matches!(both("d", "a"), Err(RegisterError::Clash { .. })));
    let limited = registry
        .all_or_nothing(|registry| registry.counter_family("limited", HELP, ["label"]))
        .unwrap();
    limited.set_series_limit(0);
    limited.with(["turned away"]).inc();
    assert!(
        exposed(&registry).contains(&"tickmark_series_overflow".into()),
        "faults reach the registry"
    );
}

#[test]
fn registries_are_independent() {
    let [one, two] =
        [Registry::new(), Registry::new()].map(|registry| registry.counter("a", HELP).unwrap());
    one.inc();
    assert_eq!((one.get(), two.get()), (1, 0));
}

#[test]
fn families_are_walked_in_name_order() {
    let registry = Registry::new();
    for name in ["b", "a_b", "c", "a"] {
        _ = registry.gauge(name, HELP).unwrap();
        let mut sorted = exposed(&registry);
        sorted.sort();
        assert_eq!(exposed(&registry), sorted);
    }
    assert_eq!(exposed(&registry), ["a", "a_b", "b", "c"]);
}

#[test]
fn unregistered_family_frees_its_names() {
    type Register = fn(&Registry, &str) -> Result<(), RegisterError>;
    let counter: Register = |registry, name| registry.counter(name, HELP).map(drop);
    let gauge: Register = |registry, name| registry.gauge(name, HELP).map(drop);
    let histogram: Register = |registry, name| registry.histogram(name, HELP, &bounds()).map(drop);
    for (register, given, unregistered, claimed) in [
        (counter, "a", "a", &["a", "a_total", "a_created"][..]),
        (counter, "a_total", "a", &["a", "a_total"]),
        (counter, "a", "a_total", &["a", "a_total"]),
        (gauge, "a", "a", &["a"]),
        (gauge, "a_total", "a_total", &["a_total", "a"]),
        (histogram, "a", "a", &["a", "a_bucket", "a_sum", "a_count", "a_created"]),
    ] {
        let registry = Registry::new();
        _ = registry.gauge("kept", HELP).unwrap();
        register(&registry, given).unwrap();
        assert!(!registry.unregister("b"));
        assert!(registry.unregister(unregistered));
        assert_eq!(exposed(&registry), ["kept"]);
        assert!(!registry.unregister(unregistered));
        for name in claimed {
            gauge(&registry, name).unwrap();
        }
    }
}

#[test]
fn only_counters_answer_to_implied_total() {
    let registry = Registry::new();
    _ = registry.gauge("a", HELP).unwrap();
    assert!(!registry.unregister("a_total"));
    _ = registry.gauge("a_total", HELP).unwrap();
    assert!(registry.unregister("a_total"));
    assert_eq!(exposed(&registry), ["a"]);
}

#[test]
fn unregistering_applies_the_prefix_of_the_scope() {
    let registry = Registry::new();
    let scope = registry.with_prefix("a_").with_label("l", "v");
    for registered in [&registry, &scope] {
        _ = registered.counter("x_total", HELP).unwrap();
    }
    assert!(scope.unregister("x_total"));
    assert!(!scope.unregister("x_total"));
    assert_eq!(exposed(&registry), ["x"]);
    assert!(!registry.unregister("a_x_total"));
}

#[test]
fn handles_of_unregistered_family_work_unexposed() {
    let registry = Registry::new();
    let family = registry.counter_family("a", HELP, ["l"]).unwrap();
    let kept = family.handle(["kept"]);
    let begun = registry.families();
    assert!(registry.unregister("a"));
    let again = registry.counter_family("a", HELP, ["l"]).unwrap();
    kept.inc();
    family.with(["kept"]).inc();
    family.with(["new"]).inc();
    assert_eq!((kept.get(), family.with(["new"]).get(), again.with(["kept"]).get()), (2, 1, 0));
    let ids = |families: &tickmark::export::Families| {
        families.iter().map(|family| family.id()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&begun).len(), 1, "a walk in progress keeps its families");
    assert_ne!(ids(&begun), ids(&registry.families()));
}

#[test]
fn fault_families_stay() {
    let registry = Registry::new();
    let family = registry.gauge_family("a", HELP, ["l"]).unwrap();
    family.set_series_limit(0);
    family.with(["turned away"]).inc();
    for name in ["series_overflow", "histogram_reads_unsettled", "collector_failures"] {
        assert!(!registry.unregister(&format!("tickmark_{name}")));
        assert!(!registry.with_prefix("tickmark_").unregister(&format!("{name}_total")));
    }
    assert!(exposed(&registry).contains(&"tickmark_series_overflow".into()));
    assert!(registry.gauge("tickmark_collector_failures", HELP).is_err());
}

#[test]
fn reports_of_a_family_go_with_it() {
    let registry = Registry::new();
    for _ in 0..2 {
        let family = registry.counter_family("x", "X.", ["a"]).unwrap();
        family.set_series_limit(0);
        family.with(["1"]).inc();
        let names = || {
            registry.families().iter().map(|family| family.name().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(), ["tickmark_series_overflow", "tickmark_series_overflowing", "x"]);
        assert!(registry.unregister("x"));
        assert_eq!(names(), Vec::<String>::new());
    }
}

#[test]
fn faults_of_unregistered_family_miss_its_namesake() {
    let registry = Registry::new();
    let register = || {
        let family = registry.counter_family("x", "X.", ["a"]).unwrap();
        family.set_series_limit(0);
        family
    };
    let names =
        || registry.families().iter().map(|family| family.name().to_string()).collect::<Vec<_>>();
    let gone = register();
    gone.with(["1"]).inc();
    assert_eq!(names().len(), 3);
    assert!(registry.unregister("x"));
    gone.with(["2"]).inc();
    _ = register();
    gone.with(["3"]).inc();
    assert_eq!(names(), ["x"]);
}

#[test]
fn late_registration_through_draft_reaches_registry() {
    let registry = Registry::new();
    let draft =
        registry.all_or_nothing(|draft| Ok::<_, RegisterError>(draft.with_prefix("db_"))).unwrap();
    draft.counter("reads", "R.").unwrap().inc();
    let inner = draft.all_or_nothing(|inner| Ok::<_, RegisterError>(inner.clone())).unwrap();
    _ = inner.gauge("open", "O.").unwrap();
    assert!(registry.gauge("db_open", "Taken.").is_err());
    let names = |registry: &Registry| {
        registry.families().iter().map(|family| family.name().to_string()).collect::<Vec<_>>()
    };
    for registry in [&registry, &draft, &inner] {
        assert_eq!(names(registry), ["db_open", "db_reads"]);
    }
    assert!(draft.unregister("reads"));
    assert_eq!(names(&registry), ["db_open"]);
}

#[test]
fn failed_drafts_stay_separate() {
    let registry = Registry::new();
    _ = registry.gauge("taken", HELP).unwrap();
    // By an error of its own, and by a clash.
    for name in ["2", "taken"] {
        let mut draft = None;
        let failed = registry.all_or_nothing(|registry| {
            draft = Some(registry.clone());
            _ = registry.counter("before", HELP)?;
            registry.gauge(name, HELP)
        });
        assert!(failed.is_err());
        let draft = draft.unwrap();
        let late = draft.counter_family("late", HELP, ["label"]).unwrap();
        late.with(["a"]).inc();
        assert!(draft.counter("before", HELP).is_err());
        assert!(exposed(&draft).contains(&"late".into()));
        assert_eq!(exposed(&registry), ["taken"]);
        _ = registry.counter("late", HELP).unwrap();
        assert!(registry.unregister("late"));
    }
    let mut draft = None;
    assert!(
        registry
            .all_or_nothing(|registry| {
                draft = Some(registry.clone());
                registry.gauge("taken", HELP)
            })
            .is_err()
    );
    let draft = draft.unwrap();
    let limited = draft.counter_family("limited", HELP, ["label"]).unwrap();
    limited.set_series_limit(0);
    limited.with(["turned away"]).inc();
    assert_eq!(exposed(&registry), ["taken"]);
    // Faults are counted when their families are requested.
    assert!(exposed(&draft).contains(&"limited".into()));
    assert_eq!(
        exposed(&registry),
        ["taken", "tickmark_series_overflow", "tickmark_series_overflowing"]
    );
}

/// A walk that still holds the earlier family's reports shows it once more.
#[test]
fn faults_of_a_successor_stay_reported() {
    const REJECTED: &str = "tickmark_observations_rejected";
    let registry = Registry::new();
    registry.float_counter("a", HELP).unwrap().add(-1.0);
    let families = registry.families();
    let view = families.iter().find(|family| family.name() == REJECTED).unwrap();
    _ = view.visit(0, &mut Scratch::default(), |_, _| {
        assert!(registry.unregister("a"));
        ControlFlow::Continue(())
    });
    let successor = registry.float_counter("a", HELP).unwrap();
    for count in 1..4 {
        successor.add(-1.0);
        // The walk that drops a series comes after the report, so this takes two.
        let pages = [(); 4].map(|()| lines(&registry.families()));
        let expected = format!("{REJECTED}{{family=a_total}} Counter(Unsigned({count}))");
        assert_eq!(pages.last().unwrap().last(), Some(&expected), "{pages:?}");
    }
}
