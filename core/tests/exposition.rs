//! Data for exporters: exemplars, units, creation times, UTF-8 names, omissions.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::cast_precision_loss, reason = "a test")]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use tickmark::collect::Collection;
use tickmark::export::{Exemplar, Scratch, SeriesView, Value};
use tickmark::{Bounds, FloatBounds, NameReason, Number, RegisterError, Registry, Scale};

fn each_series(registry: &Registry, mut visit: impl FnMut(&str, SeriesView<'_>)) {
    for family in registry.families().iter() {
        _ = family.visit(0, &mut Scratch::default(), |series, _| {
            visit(family.name(), series);
            ControlFlow::Continue(())
        });
    }
}

/// The exemplars of the only series, by bucket.
fn exemplars(registry: &Registry) -> Vec<Option<Arc<Exemplar>>> {
    let mut seen = Vec::new();
    each_series(registry, |name, series| {
        if name.starts_with("tickmark_") {
            return;
        }
        seen = (0..5).map(|place| series.exemplar(place)).collect();
        assert_eq!(series.has_exemplars(), seen.iter().any(Option::is_some));
    });
    seen
}

/// The refused exemplars on the page, by family.
fn refusals(registry: &Registry) -> Vec<(String, u64)> {
    let mut seen = Vec::new();
    for family in
        registry.families().iter().filter(|family| family.name() == "tickmark_exemplars_rejected")
    {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            seen.push((series.label_values().collect(), count));
            ControlFlow::Continue(())
        });
    }
    seen
}

fn values(registry: &Registry) -> Vec<Option<Number>> {
    exemplars(registry)
        .iter()
        .map(|exemplar| exemplar.as_ref().map(|exemplar| exemplar.value()))
        .collect()
}

#[test]
fn histogram_keeps_last_exemplar_per_bucket() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Millis, &[0.5, 1.0]).unwrap();
    let histogram = registry.histogram("h_seconds", "H.", &bounds).unwrap();
    assert!(exemplars(&registry).iter().all(Option::is_none));
    let before = SystemTime::now();
    for value in [100, 2_000, 250, 500] {
        histogram.observe_with_exemplar(value, &[("trace_id", &value.to_string()), ("span", "")]);
    }
    // An observation without an exemplar keeps the last one.
    histogram.observe(1);
    assert_eq!(histogram.snapshot().buckets, [4, 0, 1]);
    assert_eq!(values(&registry), [Some(0.5.into()), None, Some(2.0.into()), None, None]);
    let exemplar = exemplars(&registry)[0].clone().unwrap();
    assert_eq!(exemplar.labels().collect::<Vec<_>>(), [("trace_id", "500"), ("span", "")]);
    assert!((before..=SystemTime::now()).contains(&exemplar.time()));
}

#[test]
fn rejected_record_keeps_counter_exemplar() {
    let registry = Registry::new();
    let counter = registry.counter("c", "C.").unwrap();
    counter.add_with_exemplar(3, &[]);
    counter.add_with_exemplar(u64::MAX - 5, &[]);
    assert_eq!(values(&registry)[..2], [Some((u64::MAX - 5).into()), None]);

    let registry = Registry::new();
    let counter = registry.float_counter("c", "C.").unwrap();
    counter.add_with_exemplar(0.5, &[]);
    counter.add_with_exemplar(-1.0, &[]);
    assert_eq!((values(&registry)[0], counter.get()), (Some(0.5.into()), 0.5));

    let registry = Registry::new();
    let histogram =
        registry.float_histogram("h", "H.", &FloatBounds::new(&[1.0]).unwrap()).unwrap();
    histogram.observe_with_exemplar(1.5, &[]);
    histogram.observe_with_exemplar(f64::NAN, &[]);
    assert_eq!(
        (values(&registry)[..2].to_vec(), histogram.snapshot().count()),
        (vec![None, Some(1.5.into())], 1)
    );
}

#[test]
fn concurrent_first_exemplars_agree() {
    for _ in 0..200 {
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &[1.0, 2.0, 3.0]).unwrap();
        let histogram = registry.histogram("h", "H.", &bounds).unwrap();
        thread::scope(|scope| {
            for value in 1..=4 {
                let histogram = &histogram;
                _ = scope.spawn(move || histogram.observe_with_exemplar(value, &[("v", "x")]));
            }
        });
        assert_eq!(values(&registry)[..4], [1.0, 2.0, 3.0, 4.0].map(|value| Some(value.into())));
    }
}

#[test]
fn creation_time_is_kept_when_enabled() {
    let registry = Registry::new();
    let start = SystemTime::now() - Duration::from_millis(1);
    let kept = registry
        .with_created_times()
        .with_prefix("kept_")
        .counter_family("c", "C.", ["l"])
        .unwrap();
    let plain = registry.counter_family("plain", "P.", ["l"]).unwrap();
    kept.with(["a"]).inc();
    plain.with(["a"]).inc();
    let created = || {
        let mut seen = Vec::new();
        each_series(&registry, |name, series| seen.push((name.to_string(), series.created())));
        seen
    };
    let before = created();
    assert!(
        before[0].1.is_some_and(|time| (start..=SystemTime::now()).contains(&time)),
        "{before:?}"
    );
    assert_eq!(before[1], ("plain".to_string(), None));
    assert_eq!(created(), before);
    // A new series in a reused slot has a creation time of its own.
    while SystemTime::now() < before[0].1.unwrap() + Duration::from_millis(2) {
        thread::yield_now();
    }
    assert!(kept.remove(["a"]));
    kept.with(["a"]).inc();
    assert!(created()[0].1 > before[0].1);
}

#[test]
fn plain_bounds_belong_to_their_scope() {
    let registry = Registry::new();
    let scope = registry.with_plain_bounds().with_prefix("p_");
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    _ = scope.histogram("h", "H.", &bounds).unwrap();
    _ = registry.histogram("h", "H.", &bounds).unwrap();
    let collect = |out: &mut Collection| {
        _ = out.histogram("c", "C.", [], &[1.0]);
        _ = out.summary("s", "S.", [], &[1.0]);
    };
    scope.register_collector("plain", collect).unwrap();
    registry.register_collector("not", collect).unwrap();
    let families = registry.families();
    let plain: Vec<_> =
        families.iter().map(|family| (family.name(), family.has_plain_bounds())).collect();
    let expected =
        [("c", false), ("h", false), ("p_c", true), ("p_h", true), ("p_s", true), ("s", false)];
    assert_eq!(plain, expected);
}

#[test]
fn unit_must_end_the_name() {
    let registry = Registry::new();
    let seconds = registry.with_unit("seconds");
    _ = seconds.counter("busy_seconds_total", "B.").unwrap();
    _ = seconds.with_prefix("a_").gauge("seconds", "S.").unwrap();
    for name in ["seconds", "busyseconds", "busy", "seconds_busy"] {
        let refused = seconds.gauge(name, "G.").unwrap_err();
        let rule = "must end in _seconds, the unit of Registry::with_unit";
        assert_eq!(refused.to_string(), format!("invalid metric name {name:?}: {rule}"));
    }
    let refused = registry.with_unit("").gauge("x_", "X.").unwrap_err();
    assert_eq!(refused.to_string(), "invalid metric name \"x_\": the unit must not be empty");
    let collect = |out: &mut Collection| {
        out.gauge("collected_seconds", "C.", []).series([], 1);
        out.gauge("unfit", "U.", []).series([], 1);
        out.info("build", "B.", []).series([]);
    };
    seconds.register_collector("test", collect).unwrap();
    let families = registry.families();
    let units: Vec<_> = families.iter().map(|family| (family.name(), family.unit())).collect();
    let seconds = Some("seconds");
    assert_eq!(
        units[..4],
        [
            ("a_seconds", seconds),
            ("build", None),
            ("busy_seconds", seconds),
            ("collected_seconds", seconds)
        ]
    );
    assert_eq!(units[4..], [("tickmark_collector_failures", None)]);
}

/// Labels that cannot be exposed.
fn refused_labels() -> Vec<Vec<(&'static str, String)>> {
    let text = |text: &str| text.to_owned();
    vec![
        vec![("a", "x".repeat(128))],
        vec![("a", "x".repeat(1 << 20))],
        vec![("a", "\u{1f386}".repeat(100_000))],
        vec![("a", "x".repeat(127)), ("b", text(""))],
        (0..200_000).map(|_| ("", text(""))).collect(),
        (0..200_000).map(|_| ("a", text(""))).collect(),
        vec![("", text("x"))],
        vec![("1a", text("x"))],
        vec![("a.b", text("x"))],
        vec![("a:b", text("x"))],
        vec![("ä", text("x"))],
        vec![("a\0", text("x"))],
        vec![("a", text("x")), ("b", text("y")), ("a", text("x"))],
        vec![("a", text("\0"))],
        vec![("a", text("x")), ("b", "y".repeat(20) + "\0")],
    ]
}

/// Records with an exemplar of these labels. Returns the number of records.
type Record = dyn Fn(&[(&str, &str)]) -> f64;

fn borrowed<'a>(labels: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    labels.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn refused_exemplars_are_counted_and_ignored() {
    let labels = refused_labels();
    let count = labels.len() as u64;
    let record: [fn(&Registry) -> Box<Record>; 4] = [
        |registry| {
            let counter = registry.counter("x", "X.").unwrap();
            Box::new(move |labels| {
                counter.add_with_exemplar(1, labels);
                counter.get() as f64
            })
        },
        |registry| {
            let counter = registry.float_counter("x", "X.").unwrap();
            Box::new(move |labels| {
                counter.add_with_exemplar(1.0, labels);
                counter.get()
            })
        },
        |registry| {
            let histogram = registry.histogram("x", "X.", &Bounds::default()).unwrap();
            Box::new(move |labels| {
                histogram.observe_with_exemplar(1, labels);
                histogram.snapshot().count() as f64
            })
        },
        |registry| {
            let histogram = registry.float_histogram("x", "X.", &FloatBounds::default()).unwrap();
            Box::new(move |labels| {
                histogram.observe_with_exemplar(1e-9, labels);
                histogram.snapshot().count() as f64
            })
        },
    ];
    for (name, record) in ["x_total", "x_total", "x", "x"].into_iter().zip(record) {
        let registry = Registry::new();
        let record = record(&registry);
        // A refused first exemplar leaves nothing behind.
        _ = record(&[("", "")]);
        assert!(exemplars(&registry).iter().all(Option::is_none));
        _ = record(&[("a", "good"), ("b", "\u{1}\u{7f}\u{85}\n\"")]);
        for (number, labels) in labels.iter().enumerate() {
            assert_eq!(record(&borrowed(labels)), number as f64 + 3.0);
            let kept = exemplars(&registry)[0].clone().expect("the last valid one stays");
            assert_eq!(kept.labels().next(), Some(("a", "good")), "{number}");
        }
        assert_eq!(refusals(&registry), [(name.to_owned(), count + 1)]);
    }
}

#[test]
fn exemplar_of_128_characters_is_kept() {
    let registry = Registry::new();
    let counter = registry.counter("x", "X.").unwrap();
    let value = "\u{1f386}".repeat(122);
    counter.add_with_exemplar(1, &[("ab", &value), ("cd", "ef")]);
    assert_eq!(exemplars(&registry)[0].clone().unwrap().labels().next(), Some(("ab", &*value)));
    let ones: Vec<String> =
        (0..128).map(|number| char::from(b'a' + number % 26).to_string()).collect();
    let distinct: Vec<_> = ones[..26].iter().map(|name| (&**name, "")).collect();
    counter.add_with_exemplar(1, &distinct);
    assert_eq!(exemplars(&registry)[0].clone().unwrap().labels().len(), 26);
    assert_eq!(refusals(&registry), []);
}

#[test]
fn names_with_nul_are_refused_everywhere() {
    let registry = Registry::new().with_utf8_names();
    let refused = |registered: Result<(), RegisterError>| match registered.unwrap_err() {
        RegisterError::InvalidName { reason, .. } | RegisterError::InvalidLabel { reason, .. } => {
            assert_eq!(reason, NameReason::Nul);
        }
        other => panic!("{other:?}"),
    };
    refused(registry.gauge("a\0b", "G.").map(drop));
    refused(registry.counter("\0_total", "C.").map(drop));
    refused(registry.histogram("h\0", "H.", &Bounds::default()).map(drop));
    refused(registry.gauge_family("g", "G.", ["a\0"]).map(drop));
    refused(registry.with_prefix("p\0_").float_counter("g", "G.").map(drop));
    refused(registry.with_label("l\0", "v").float_gauge("g", "G.").map(drop));
    refused(registry.with_unit("by\0tes").gauge("g_by\0tes", "G.").map(drop));
    refused(registry.all_or_nothing(|draft| draft.gauge("a\0b", "G.").map(drop)));
    // Label values and help texts may contain NUL: every scraper accepts it.
    _ = registry
        .with_label("l", "\0")
        .gauge_family("fine", "\0", ["a\u{1}\n"])
        .unwrap()
        .with(["\0"]);

    let collect = |out: &mut Collection| {
        out.gauge("a\0b", "G.", []).series([], 1);
        out.counter("c", "C.", ["l\0"]).series([""], 1);
        out.info("i\0_info", "I.", []).series([]);
        out.state_set("s\0", "S.", [], &["on"]).series([], &[true]);
        out.summary("s", "S.", ["a\0"], &[]).series([""], &[], 1, 1);
        out.state_set("states", "S.", [], &["on\0"]).series([], &[true]);
    };
    registry.register_collector("test", collect).unwrap();
    let collect = |out: &mut Collection| out.gauge("g", "G.", []).series([], 1);
    registry.with_prefix("\0").register_collector("scope", collect).unwrap();
    let names: Vec<_> = registry.families().iter().map(|family| family.name().to_owned()).collect();
    assert_eq!(names, ["fine", "states", "tickmark_collector_failures"]);
}

#[test]
fn utf8_names_are_accepted_when_enabled() {
    let plain = Registry::new();
    let registry = plain.with_utf8_names();
    _ = registry.counter_family("花.火", "Fireworks.", ["on the", "1st"]).unwrap();
    assert!(plain.gauge("a.b", "Not here.").is_err());
    let taken = registry.gauge("___", "Equal when escaped.").unwrap_err();
    assert!(matches!(taken, RegisterError::Clash { .. }));
    _ = registry.gauge("cpu.load", "L.").unwrap();
    for name in ["cpu_load", "cpu load", "cpu-load"] {
        assert!(
            matches!(registry.gauge(name, "L.").unwrap_err(), RegisterError::Clash { .. }),
            "{name}"
        );
    }
    _ = registry.histogram("size.of", "S.", &Bounds::default()).unwrap();
    assert!(matches!(
        registry.gauge("size_of_sum", "S.").unwrap_err(),
        RegisterError::Clash { .. }
    ));
    for name in ["", "U__x", "_total"] {
        assert!(registry.counter(name, "N.").is_err(), "{name}");
    }
    for labels in
        [["a.b", "a_b"], ["a:b", "a_b"], ["le", "x"], ["__x", "x"], ["", "x"], ["U__x", "x"]]
    {
        let refused = registry.gauge_family("labels", "L.", labels).unwrap_err();
        assert!(matches!(refused, RegisterError::InvalidLabel { .. }), "{labels:?}");
    }
    assert!(plain.gauge("U__x", "Reserved here too.").is_err());
}

#[test]
fn exporter_omissions_are_counted() {
    let registry = Registry::new();
    _ = registry.counter("c", "C.").unwrap();
    let count = || {
        let mut seen = Vec::new();
        for family in registry.families().iter() {
            _ = family.visit(0, &mut Scratch::default(), |series, value| {
                let labels: Vec<_> = series.label_values().map(str::to_string).collect();
                seen.push((labels, value == Value::Counter(Number::Unsigned(2))));
                ControlFlow::Continue(())
            });
        }
        seen
    };
    assert_eq!(count(), [(vec![], false)]);
    for family in registry.families().iter() {
        (0..2).for_each(|_| family.report_omission("too long"));
    }
    assert_eq!(
        count(),
        [(vec![], false), (vec!["c_total".to_string(), "too long".to_string()], true)]
    );
}

#[test]
fn only_counters_keep_names_as_given() {
    let registry = Registry::new().with_counter_names_as_given();
    registry.info("build", "Build.", [("version", "1")]).unwrap();
    registry
        .register_collector("target", |out: &mut Collection| {
            out.info("target", "Target.", ["env"]).series(["prod"]);
            out.counter("requests", "Requests.", []).series([], 1);
        })
        .unwrap();
    let suffixes: Vec<_> = registry
        .families()
        .iter()
        .map(|family| (family.name().to_owned(), family.sample_suffix()))
        .collect();
    let expected = [("build", "_info"), ("requests", ""), ("target", "_info")];
    assert_eq!(suffixes, expected.map(|(name, suffix)| (name.to_owned(), suffix)));
}
