//! Open families: label names known at run time.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::time::Duration;

use tickmark::export::{Scratch, Value};
use tickmark::{
    Bounds, Counter, FloatGauge, Gauge, Histogram, LabelError, NameReason, Number, OpenFamily,
    RegisterError, Registry, Scale, UpDownCounter,
};

/// A line for each series of a family: `{a=x} 3`.
fn lines(registry: &Registry, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for family in registry.families().iter().filter(|family| family.name() == name) {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let labels: Vec<_> =
                series.labels().map(|(name, value)| format!("{name}={value}")).collect();
            assert!(series.label_values().eq(series.labels().map(|(_, value)| value)));
            let (Value::Counter(number) | Value::Gauge(number)) = value else {
                panic!("{value:?}")
            };
            let number = match number {
                Number::Unsigned(number) => number.to_string(),
                Number::Signed(number) => number.to_string(),
                Number::Float(number) => number.to_string(),
            };
            lines.push(format!("{{{}}} {number}", labels.join(",")));
            ControlFlow::Continue(())
        });
    }
    lines
}

fn queries(registry: &Registry) -> OpenFamily<Counter> {
    registry.open_family("queries_total", "Queries.", &()).unwrap()
}

fn refused(found: Result<impl Sized, LabelError>) -> String {
    found.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn equal_label_sets_are_one_series() {
    let registry = Registry::new();
    let family = queries(&registry);
    family.with(&[("a", "1"), ("b", "2")]).unwrap().inc();
    family.with(&[("b", "2"), ("a", "1")]).unwrap().inc();
    family.with(&[("c", ""), ("b", "2"), ("a", "1")]).unwrap().inc();
    family.with(&[("c", "")]).unwrap().inc();
    family.with(&[]).unwrap().inc();
    assert_eq!(lines(&registry, "queries"), ["{a=1,b=2} 3", "{} 2"]);
}

#[test]
fn names_and_values_stay_apart() {
    let registry = Registry::new();
    let family = queries(&registry);
    let sets: [&[(&str, &str)]; 5] = [
        &[("a", "b"), ("c", "d")],
        &[("a", "bc"), ("d", "d")],
        &[("ab", "c"), ("d", "d")],
        &[("a", "c"), ("b", "d")],
        &[("a", "d"), ("b", "c")],
    ];
    sets.iter().for_each(|labels| family.with(labels).unwrap().inc());
    assert_eq!(lines(&registry, "queries").len(), sets.len());
}

#[test]
fn any_number_of_labels_is_found() {
    let registry = Registry::new();
    let family = queries(&registry);
    let names: Vec<String> = (0..40).map(|number| format!("label_{number:02}")).collect();
    for count in [0, 1, 15, 16, 17, 40] {
        let labels: Vec<_> = names.iter().take(count).map(|name| (&**name, "x")).collect();
        let reversed: Vec<_> = labels.iter().rev().copied().collect();
        family.with(&labels).unwrap().inc();
        family.with(&reversed).unwrap().inc();
        assert_eq!(family.get(&labels).unwrap().get(), 2, "{count} labels");
    }
}

#[test]
fn invalid_label_error_names_label() {
    let registry = Registry::new();
    let family = queries(&registry.with_label("shard", "7"));
    let label = |name, value| refused(family.with(&[("a", "1"), (name, value)]));
    for value in ["x", ""] {
        assert_eq!(label("", value), r#"invalid label name "": must not be empty"#);
        assert!(label("2xx", value).contains(r#""2xx""#));
        assert!(label("le", value).contains(r#""le""#));
        assert!(label("__name__", value).contains(r#""__name__""#));
        assert!(label("shard", value).contains(r#""shard": repeats another label"#));
        assert!(label("a", value).contains(r#""a": repeats another label"#));
    }
    assert!(family.get(&[("le", "")]).is_none());
    assert!(!family.remove(&[("le", "")]));
    let error = family.with(&[("le", "1")]).err().unwrap();
    assert_eq!((&*error.label, error.reason), ("le", NameReason::Reserved));
    assert_eq!(lines(&registry, "queries"), [""; 0]);
}

#[test]
fn error_does_not_depend_on_existing_series() {
    let family = queries(&Registry::new());
    family.with(&[("a", "1")]).unwrap().inc();
    assert!(family.with(&[("a", "1"), ("le", "")]).is_err());
    assert!(family.with(&[("a", "1"), ("a", "")]).is_err());
    assert!(family.with(&[("a", "1"), ("a", "1")]).is_err());
}

#[test]
fn full_family_still_checks_names() {
    let family = queries(&Registry::new().with_utf8_names());
    assert!(family.with(&[("a.b", "1")]).is_ok());
    family.set_series_limit(0);
    assert!(family.with(&[("le", "1")]).is_err());
    assert!(family.with(&[("a_b", "1")]).is_err());
    assert!(family.with(&[("a", "1")]).is_ok());
}

#[test]
fn constant_label_named_overflow_is_refused() {
    let registry = Registry::new().with_label("overflow", "1");
    let error = registry.open_family::<Counter>("queries", "Queries.", &()).unwrap_err();
    assert!(error.to_string().contains(r#"invalid label name "overflow""#), "{error}");
}

#[test]
fn series_past_limit_share_overflow() {
    let registry = Registry::new().with_label("shard", "7");
    let family = queries(&registry);
    family.set_series_limit(2);
    for name in ["a", "b", "c", "d"] {
        family.with(&[(name, "1")]).unwrap().inc();
    }
    family.with(&[("a", "1")]).unwrap().inc();
    assert_eq!(
        lines(&registry, "queries"),
        ["{shard=7,a=1} 2", "{shard=7,b=1} 1", "{shard=7,overflow=_overflow} 2"]
    );
    assert_eq!(lines(&registry, "tickmark_series_overflow"), ["{family=queries_total} 2"]);
    assert_eq!(lines(&registry, "tickmark_series_overflowing"), ["{family=queries_total} 1"]);
    let overflow = family.get(&[("overflow", "_overflow")]).unwrap();
    assert_eq!(overflow.get(), 2);
}

#[test]
fn name_lists_past_limit_share_overflow() {
    let registry = Registry::new();
    let family = queries(&registry);
    let names: Vec<String> = (0..70).map(|number| format!("name_{number}")).collect();
    names.iter().for_each(|name| family.with(&[(name, "1")]).unwrap().inc());
    assert_eq!(lines(&registry, "queries").len(), 65);
    assert_eq!(family.get(&[("overflow", "_overflow")]).unwrap().get(), 6);
    // Known lists, and the one without names, have room.
    family.with(&[(&names[0], "2")]).unwrap().inc();
    family.with(&[]).unwrap().inc();
    assert_eq!(lines(&registry, "queries").len(), 67);
}

#[test]
fn full_family_learns_no_names() {
    let family = queries(&Registry::new());
    family.set_series_limit(0);
    let names: Vec<String> = (0..70).map(|number| format!("name_{number}")).collect();
    names.iter().for_each(|name| family.with(&[(name, "1")]).unwrap().inc());
    family.set_series_limit(1);
    family.with(&[("late", "1")]).unwrap().inc();
    assert_eq!(family.get(&[("late", "1")]).unwrap().get(), 1);
}

#[test]
fn overflow_series_by_name_counts_no_fault() {
    let registry = Registry::new();
    let family = queries(&registry);
    family.set_series_limit(0);
    family.with(&[("overflow", "_overflow")]).unwrap().inc();
    assert_eq!(lines(&registry, "queries"), ["{overflow=_overflow} 1"]);
    assert_eq!(lines(&registry, "tickmark_series_overflow"), [""; 0]);
}

#[test]
fn names_alike_once_escaped_are_refused() {
    let registry = Registry::new().with_utf8_names();
    let family = queries(&registry);
    family.with(&[("http.method", "GET")]).unwrap().inc();
    family.with(&[("http.method", "PUT"), ("ä", "1")]).unwrap().inc();
    for (label, other) in
        [("http_method", "http.method"), ("http:method", "http.method"), ("ö", "ä")]
    {
        assert_eq!(
            refused(family.with(&[(label, "GET")])),
            format!(
                "invalid label name {label:?}: equals the label {other:?} of the family in \
                 escaped form; rename one"
            )
        );
    }
    assert!(family.with(&[("a.b", "1"), ("a_b", "1")]).is_err());
    assert!(queries(&Registry::new()).with(&[("http.method", "GET")]).is_err());
}

#[test]
fn removal_retain_and_clear_affect_all_names() {
    let registry = Registry::new();
    let family = registry.open_family::<FloatGauge>("level", "L.", &()).unwrap();
    let set = |labels: &[(&str, &str)], value| family.with(labels).unwrap().set(value);
    set(&[("a", "1")], 1.0);
    set(&[("b", "1")], 2.0);
    set(&[("b", "1"), ("a", "1")], 3.0);
    set(&[], 4.0);
    assert!(family.remove(&[("b", "1"), ("c", "")]));
    assert!(!family.remove(&[("b", "1")]));
    assert_eq!(lines(&registry, "level"), ["{a=1} 1", "{a=1,b=1} 3", "{} 4"]);
    family.retain(|labels, level| labels.len() != 1 || level.get() < 1.0);
    assert_eq!(lines(&registry, "level"), ["{a=1,b=1} 3", "{} 4"]);
    family.clear();
    assert_eq!(lines(&registry, "level"), [""; 0]);
}

#[test]
fn unregister_takes_all_series() {
    let registry = Registry::new();
    registry.expose_self_metrics().unwrap();
    let family = queries(&registry);
    let kept = family.handle(&[("a", "1")]).unwrap();
    family.with(&[("b", "1")]).unwrap().inc();
    let series = || lines(&registry, "tickmark_series");
    assert!(series().contains(&"{family=queries_total} 2".to_owned()));
    assert!(registry.unregister("queries_total"));
    assert!(!series().iter().any(|line| line.contains("queries")));
    kept.inc();
    assert_eq!(lines(&registry, "queries"), [""; 0]);
}

#[test]
fn idle_series_of_any_names_expire() {
    let registry = Registry::new();
    let family = registry.open_family::<Gauge>("level", "L.", &()).unwrap();
    family.set_idle_expiry(Some(Duration::ZERO));
    family.with(&[("a", "1")]).unwrap().set(1);
    let held = family.handle(&[("b", "1")]).unwrap();
    held.set(2);
    assert_eq!(lines(&registry, "level").len(), 2);
    assert_eq!(lines(&registry, "level"), ["{b=1} 2"]);
}

#[test]
fn every_kind_has_open_families() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &[0.1, 1.0]).unwrap();
    let times = registry.open_family::<Histogram>("times_seconds", "T.", &bounds).unwrap();
    times.with(&[("a", "1")]).unwrap().observe_duration(Duration::from_millis(200));
    assert_eq!(times.handle(&[("a", "1")]).unwrap().snapshot().count(), 1);
    let open = registry.open_family::<UpDownCounter>("open", "O.", &()).unwrap();
    let guard = open.handle(&[("a", "1")]).unwrap().into_guard();
    assert_eq!(lines(&registry, "open"), ["{a=1} 1"]);
    drop(guard);
    assert_eq!(lines(&registry, "open"), ["{a=1} 0"]);
}

#[test]
fn created_times_and_exemplars_are_kept() {
    let registry = Registry::new().with_created_times();
    let family = queries(&registry);
    family.with(&[("a", "1")]).unwrap().add_with_exemplar(3, &[("trace_id", "7")]);
    let mut visits = 0;
    for family in registry.families().iter() {
        _ = family.visit(0, &mut Scratch::default(), |series, _| {
            assert!(series.created().is_some());
            assert_eq!(series.exemplar(0).unwrap().value(), Number::Unsigned(3));
            visits += 1;
            ControlFlow::Continue(())
        });
    }
    assert_eq!(visits, 1);
}

#[test]
fn changed_help_has_own_identity() {
    let registry = Registry::new();
    let family = queries(&registry);
    let shown = || {
        let families = registry.families();
        let family = families.iter().next().unwrap();
        (family.id(), family.help().to_owned())
    };
    let first = shown();
    assert_eq!(first.1, "Queries.");
    family.set_help("Queries answered.");
    let second = shown();
    assert_ne!(second.0, first.0);
    assert_eq!(second.1, "Queries answered.");
    family.set_help("");
    family.set_help("Queries answered.");
    assert_eq!(shown(), second);
    family.set_help("Queries.");
    assert_eq!(shown(), first);
    family.set_help("Queries answered.");
    assert_eq!(shown(), second);
}

#[test]
fn full_name_lists_are_overflowing() {
    let registry = Registry::new();
    let family = queries(&registry);
    let names: Vec<String> = (0..65).map(|number| format!("name_{number}")).collect();
    let (last, others) = names.split_last().unwrap();
    others.iter().for_each(|name| family.with(&[(name, "1")]).unwrap().inc());
    let overflowing = || lines(&registry, "tickmark_series_overflowing");
    assert_eq!(overflowing(), [""; 0]);
    family.with(&[(last, "1")]).unwrap().inc();
    assert_eq!(overflowing(), ["{family=queries_total} 1"]);
}

#[test]
fn label_names_reserved_once_escaped_are_refused() {
    let registry = Registry::new().with_utf8_names();
    let family = queries(&registry);
    for label in ["..name..", "-_name:.", "ä.name__"] {
        let text = format!(
            "invalid label name {label:?}: reserved for exposition formats; choose another name"
        );
        assert_eq!(refused(family.with(&[(label, "1")])), text);
        let fixed = registry.counter_family("fixed", "F.", [label]).unwrap_err();
        assert!(matches!(fixed, RegisterError::InvalidLabel { reason: NameReason::Reserved, .. }));
        let constant = registry.with_label(label, "1").gauge("constant", "C.").unwrap_err();
        assert!(matches!(
            constant,
            RegisterError::InvalidLabel { reason: NameReason::Reserved, .. }
        ));
    }
    // Prometheus reserves no other name in escaped form.
    for label in ["花火", "..name", "l.e"] {
        assert!(family.with(&[(label, "1")]).is_ok(), "{label}");
    }
}

#[test]
fn registration_error_converts_label_error() {
    fn run() -> Result<(), RegisterError> {
        queries(&Registry::new()).with(&[("le", "1")])?.inc();
        Ok(())
    }
    let error = run().unwrap_err();
    assert!(matches!(error, RegisterError::InvalidLabels(_)));
    assert_eq!(
        error.to_string(),
        r#"invalid label name "le": reserved for exposition formats; choose another name"#
    );
}
