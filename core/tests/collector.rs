//! Collectors: walks show exactly what they yield, and collectors may use the registry
//! while they run.

#![cfg(not(tickmark_loom))]

mod support;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use support::{HELP, collecting, failure, failures, lines, names};
use tickmark::collect::{Collection, Collector};
use tickmark::export::{Kind, Scratch};
use tickmark::{NameReason, RegisterError, Registry};

#[test]
fn every_kind_is_shown_as_yielded() {
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
        _ = out.gauge("z_empty", HELP, ["l"]);
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
    assert_eq!(
        kinds,
        [counter, gauge, Kind::Histogram, Kind::Info, Kind::Summary, Kind::StateSet, gauge]
    );
    assert!(by_name["c"].bounds().is_empty() && by_name["h"].quantiles().is_empty());
    assert_eq!(by_name["s"].states().len(), 0);
    assert!(failures(&registry).is_empty());
}

#[test]
fn scope_applies_to_collected_families() {
    let registry = Registry::new();
    let scope = registry.with_prefix("a_").with_label("zone", "b");
    scope
        .register_collector("test", |out: &mut Collection| {
            out.gauge("g", HELP, ["l"]).series(["v"], 1)
        })
        .unwrap();
    assert_eq!(lines(&registry.families()), ["a_g{zone=b,l=v} Gauge(Signed(1))"]);
    assert!(registry.unregister_collector("test"), "collector names take no prefix");
}

#[test]
fn collector_names_are_unique() {
    let registry = Registry::new();
    let invalid =
        |name: &str, reason| Err(RegisterError::InvalidCollector { name: name.into(), reason });
    let register = |registry: &Registry, name: &str| {
        registry.register_collector(name, |_: &mut Collection| {})
    };
    assert_eq!(register(&registry, ""), invalid("", NameReason::Empty));
    assert_eq!(register(&registry, "a"), Ok(()));
    assert_eq!(register(&registry.with_prefix("b_"), "a"), invalid("a", NameReason::Taken));
    assert_eq!(
        invalid("a", NameReason::Taken).unwrap_err().to_string(),
        "invalid collector name \"a\": taken by another collector of the registry; \
         choose another name, or unregister it"
    );
    assert_eq!(
        registry.all_or_nothing(|draft| register(draft, "a")),
        invalid("a", NameReason::Taken)
    );
    assert!(registry.unregister_collector("a"));
    assert!(!registry.unregister_collector("a"));
    assert_eq!(register(&registry, "a"), Ok(()));
}

#[test]
fn collectors_registered_together_are_all_or_none() {
    let registry = Registry::new();
    _ = registry.gauge("taken", HELP).unwrap();
    let register = |family: &'static str| {
        registry.all_or_nothing(|draft| {
            draft.register_collector("c", |out: &mut Collection| {
                out.gauge("g", HELP, []).series([], 1)
            })?;
            draft.gauge(family, HELP)
        })
    };
    assert!(register("taken").is_err());
    assert_eq!(names(&registry), ["taken"]);
    _ = register("free").unwrap();
    assert_eq!(names(&registry), ["free", "g", "taken"]);
}

#[test]
fn collected_family_resumes_from_any_slot() {
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

#[test]
fn collector_registers_and_unregisters_while_collecting() {
    let registry = Registry::new();
    let of_collector = registry.clone();
    let collect = move |out: &mut Collection| {
        _ = of_collector.gauge("registered", HELP);
        _ = of_collector.register_collector("late", |out: &mut Collection| {
            out.gauge("late", HELP, []).series([], 1)
        });
        assert!(!of_collector.unregister_collector("missing"));
        // Unregisters its own name and registers a family under it.
        out.gauge("registered", HELP, []).series([], 1);
        out.gauge("collected", HELP, []).series([], 1);
        if of_collector.unregister("once") {
            out.gauge("once", HELP, []).series([], 2);
        }
    };
    _ = registry.gauge("once", HELP).unwrap();
    registry.register_collector("test", collect).unwrap();
    assert_eq!(names(&registry), ["collected", "once", "registered"]);
    assert_eq!(names(&registry), ["collected", "late", "registered"]);
    assert_eq!(
        failures(&registry),
        BTreeMap::from([(failure("test", "registered", "name taken"), 2)])
    );
}

#[test]
fn collector_unregisters_itself() {
    let registry = Registry::new();
    let of_collector = registry.clone();
    let collect = move |out: &mut Collection| {
        _ = of_collector.unregister_collector("test");
        out.gauge("last", HELP, []).series([], 1);
    };
    registry.register_collector("test", collect).unwrap();
    assert_eq!(names(&registry), ["last"]);
    assert_eq!(names(&registry), [""; 0]);
}

/// A collector that scrapes its own registry sees the registered families; collectors do
/// not nest. Scraping another registry shows all its families.
#[test]
fn collector_scrapes_its_own_registry() {
    let [registry, other] = [(); 2].map(|()| Registry::new());
    _ = registry.gauge("recorded", HELP).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let scrapes = |name: &'static str, scraped: &Registry| {
        let (scraped, seen) = (scraped.clone(), Arc::clone(&seen));
        move |out: &mut Collection| {
            // First, because it may run a collector that scrapes this registry.
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
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let inside = [
            ("own", names(&["recorded"])),
            ("back", names(&["recorded"])),
            ("other", names(&["back"])),
        ];
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), inside);
    }
}

/// Dropping a collector runs user code, which may use the registry.
#[test]
fn collector_is_dropped_outside_the_lock() {
    struct RegistersAtTheEnd(Registry);
    impl Collector for RegistersAtTheEnd {
        fn collect(&self, _: &mut Collection) {}
    }
    impl Drop for RegistersAtTheEnd {
        fn drop(&mut self) {
            _ = self.0.gauge("dropped", HELP);
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
