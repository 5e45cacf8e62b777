//! Registries that return a registered metric of an equal definition.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier};
use std::thread;

use tickmark::collect::Collection;
use tickmark::{
    Bounds, Counter, Difference, FloatBounds, FloatHistogram, Gauge, Histogram, Part,
    RegisterError, Registry, Scale,
};

const HELP: &str = "Jobs done.";

fn difference(refused: Result<impl Sized, RegisterError>) -> Difference {
    match refused.err().unwrap() {
        RegisterError::Clash { difference, .. } => difference,
        error => panic!("{error}"),
    }
}

fn part(refused: Result<impl Sized, RegisterError>) -> Part {
    match difference(refused) {
        Difference::Other { part, .. } => part,
        other => panic!("{other:?}"),
    }
}

fn text(refused: Result<impl Sized, RegisterError>) -> String {
    refused.err().unwrap().to_string()
}

#[test]
fn equal_definition_returns_registered_metric() {
    let registry = Registry::new();
    let reusing = registry.with_reuse();
    registry.counter("jobs_total", HELP).unwrap().add(1);
    reusing.counter("jobs_total", HELP).unwrap().add(2);
    assert_eq!(reusing.counter("jobs", HELP).unwrap().get(), 3);

    let bounds = Bounds::new(Scale::Nanos, &[0.1, 1.0]).unwrap();
    let times = || reusing.histogram_family("times_seconds", "T.", ["queue"], &bounds).unwrap();
    times().with(["mail"]).observe(1);
    times().with(["mail"]).observe(2);
    assert_eq!(times().with(["mail"]).snapshot().count(), 2);

    let open = || reusing.open_family::<Gauge>("level", "L.", &()).unwrap();
    open().with(&[("a", "1")]).unwrap().set(7);
    assert_eq!(open().with(&[("a", "1")]).unwrap().get(), 7);
    assert_eq!(registry.families().iter().count(), 3);
}

#[test]
fn reuse_respects_prefix_and_labels() {
    let registry = Registry::new().with_label("shard", "7").with_prefix("app_");
    registry.counter("jobs_total", HELP).unwrap().inc();
    assert_eq!(registry.with_reuse().counter("jobs_total", HELP).unwrap().get(), 1);
}

#[test]
fn unregistered_metric_is_not_reused() {
    let registry = Registry::new().with_reuse();
    registry.counter("jobs_total", HELP).unwrap().inc();
    assert!(registry.unregister("jobs_total"));
    assert_eq!(registry.counter("jobs_total", HELP).unwrap().get(), 0);
}

#[test]
fn unregistered_family_of_draft_is_not_reused() {
    let registry = Registry::new().with_reuse();
    let jobs = |registry: &Registry| registry.counter_family("jobs_total", HELP, ["queue"]);
    let first = registry.all_or_nothing(jobs).unwrap();
    first.with(["mail"]).inc();
    assert!(registry.unregister("jobs_total"));
    assert_eq!(jobs(&registry).unwrap().with(["mail"]).get(), 0);
}

#[test]
fn fault_family_is_never_reused() {
    let registry = Registry::new().with_reuse();
    let help = "Look-ups of new label sets over the limit of series or label names.";
    let refused = registry.counter_family("tickmark_series_overflow", help, ["family"]);
    assert_eq!(difference(refused), Difference::Name);
}

#[test]
fn clash_names_differing_part() {
    let registry = Registry::new();
    let reusing = registry.with_reuse();
    let bounds = |values: &[f64]| Bounds::new(Scale::Nanos, values).unwrap();
    _ = registry.counter_family("jobs_total", HELP, ["queue", "result"]).unwrap();
    _ = registry.histogram("seconds", "S.", &bounds(&[0.1, 1.0])).unwrap();
    _ = registry.with_unit("bytes").gauge("size_bytes", "S.").unwrap();
    _ = registry.open_family::<Gauge>("level", "L.", &()).unwrap();

    let jobs =
        |registry: &Registry, help, labels| registry.counter_family("jobs_total", help, labels);
    assert_eq!(part(jobs(&reusing, HELP, ["result", "queue"])), Part::LabelNames);
    assert_eq!(part(jobs(&reusing, "Other.", ["queue", "result"])), Part::Help);
    let labelled = reusing.with_label("shard", "7");
    assert_eq!(part(jobs(&labelled, HELP, ["queue", "result"])), Part::ConstantLabels);
    let timed = reusing.with_created_times();
    assert_eq!(part(jobs(&timed, HELP, ["queue", "result"])), Part::CreatedTimes);
    assert_eq!(part(reusing.open_family::<Counter>("jobs_total", HELP, &())), Part::LabelNames);
    assert_eq!(part(reusing.histogram("seconds", "S.", &bounds(&[0.1]))), Part::Bounds);
    let whole = Bounds::new(Scale::One, &[0.1, 1.0]).unwrap();
    assert_eq!(part(reusing.histogram("seconds", "S.", &whole)), Part::Scale);
    let plain = reusing.with_plain_bounds();
    assert_eq!(part(plain.histogram("seconds", "S.", &bounds(&[0.1, 1.0]))), Part::PlainBounds);
    assert_eq!(part(reusing.gauge("size_bytes", "S.")), Part::Unit);
    let utf8 = reusing.with_utf8_names();
    assert_eq!(part(utf8.open_family::<Gauge>("level", "L.", &())), Part::Utf8Names);

    let kinds = [
        difference(reusing.gauge_family("jobs", HELP, ["queue", "result"])),
        difference(reusing.float_counter_family("jobs_total", HELP, ["queue", "result"])),
        difference(reusing.float_histogram(
            "seconds",
            "S.",
            &FloatBounds::new(&[0.1, 1.0]).unwrap(),
        )),
        difference(reusing.with_unit("bytes").up_down_counter("size_bytes", "S.")),
        difference(reusing.gauge("seconds_sum", "S.")),
        difference(reusing.with_counter_names_as_given().counter_family(
            "jobs",
            HELP,
            ["queue", "result"],
        )),
    ];
    assert!(kinds.iter().all(|kind| *kind == Difference::Name), "{kinds:?}");
    assert_eq!(registry.families().iter().count(), 4);
}

#[test]
fn clash_text_states_both_values() {
    let registry = Registry::new();
    _ = registry.counter_family("jobs_total", HELP, ["queue"]).unwrap();
    let reusing = registry.with_reuse();
    assert_eq!(
        text(reusing.counter_family("jobs", HELP, ["kind"])),
        "counter \"jobs\" clashes with the registered counter \"jobs_total\": \
         label names [\"kind\"], registered [\"queue\"]; \
         make both alike, or use another name"
    );
    assert_eq!(
        text(reusing.with_created_times().counter_family("jobs", HELP, ["queue"])),
        "counter \"jobs\" clashes with the registered counter \"jobs_total\": \
         with_created_times on, registered off; \
         make both alike, or use another name"
    );
    assert_eq!(
        text(reusing.gauge("jobs", HELP)),
        "gauge \"jobs\" clashes with the registered counter \"jobs_total\": \
         both need the name \"jobs\"; rename one, or use a prefix"
    );
}

#[test]
fn equal_clash_suggests_reuse() {
    let registry = Registry::new();
    _ = registry.counter("jobs_total", HELP).unwrap();
    assert_eq!(difference(registry.counter("jobs_total", HELP)), Difference::None);
    assert_eq!(
        text(registry.counter("jobs_total", HELP)),
        "counter \"jobs_total\" clashes with the registered counter \"jobs_total\": \
         the definitions are equal; clone the metric, register both through with_reuse(), or \
         use a prefix"
    );
}

#[test]
fn reused_open_family_keeps_its_help() {
    let registry = Registry::new().with_reuse();
    let family = registry.open_family::<Counter>("jobs_total", HELP, &()).unwrap();
    _ = registry.open_family::<Counter>("jobs_total", "Other.", &()).unwrap();
    let help = || registry.families().iter().next().unwrap().help().to_owned();
    assert_eq!(help(), HELP);
    family.set_help("Changed.");
    _ = registry.open_family::<Counter>("jobs_total", HELP, &()).unwrap();
    assert_eq!(help(), "Changed.");
    let error = registry.open_family::<Counter>("jobs_total", "", &()).unwrap_err();
    assert!(matches!(error, RegisterError::EmptyHelp { .. }));
}

#[test]
fn computed_metric_is_never_reused() {
    let registry = Registry::new().with_reuse();
    registry.gauge_fn("level", "L.", || 1).unwrap();
    let refused = registry.gauge_fn("level", "L.", || 2);
    assert_eq!(
        text(refused.clone()),
        "computed gauge \"level\" clashes with the registered computed gauge \"level\": \
         functions cannot be reused; unregister the registered one"
    );
    assert_eq!(difference(refused), Difference::Function);
    registry.info("build", "B.", [("version", "1")]).unwrap();
    registry.info("build", "B.", [("version", "1")]).unwrap();
    assert_eq!(part(registry.info("build", "B.", [("version", "2")])), Part::ConstantLabels);
}

/// Calls `register` on eight threads at once.
fn on_eight_threads(register: impl Fn() + Sync) {
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            _ = scope.spawn(|| {
                _ = barrier.wait();
                register();
            });
        }
    });
}

#[test]
fn eight_threads_reuse_one_family() {
    for _ in 0..100 {
        let registry = Registry::new();
        on_eight_threads(|| {
            registry
                .with_reuse()
                .counter_family("jobs_total", HELP, ["queue"])
                .unwrap()
                .with(["a"])
                .inc();
        });
        assert_eq!(
            registry
                .with_reuse()
                .counter_family("jobs_total", HELP, ["queue"])
                .unwrap()
                .with(["a"])
                .get(),
            8
        );
    }
}

#[test]
fn eight_drafts_reuse_one_family() {
    for _ in 0..100 {
        let registry = Registry::new();
        on_eight_threads(|| {
            let jobs = registry.with_reuse().all_or_nothing(|draft| {
                _ = draft.gauge("level", "L.")?;
                draft.counter("jobs_total", HELP)
            });
            jobs.unwrap().inc();
        });
        assert_eq!(registry.with_reuse().counter("jobs_total", HELP).unwrap().get(), 8);
        assert_eq!(registry.families().iter().count(), 2);
    }
}

#[test]
fn draft_reuses_registered_family() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", HELP).unwrap();
    let (reused, nested) = registry
        .with_reuse()
        .all_or_nothing(|draft| {
            let reused = draft.counter("jobs_total", HELP)?;
            let nested = draft.all_or_nothing(|nested| nested.counter("jobs_total", HELP))?;
            Ok::<_, RegisterError>((reused, nested))
        })
        .unwrap();
    reused.inc();
    nested.inc();
    assert_eq!(jobs.get(), 2);
}

#[test]
fn nested_drafts_share_a_family() {
    let registry = Registry::new().with_reuse();
    let (outer, inner) = registry
        .all_or_nothing(|draft| {
            let inner = draft.all_or_nothing(|nested| nested.counter("jobs_total", HELP))?;
            Ok::<_, RegisterError>((draft.counter("jobs_total", HELP)?, inner))
        })
        .unwrap();
    outer.inc();
    inner.inc();
    assert_eq!(registry.counter("jobs_total", HELP).unwrap().get(), 2);
    assert_eq!(registry.families().iter().count(), 1);
}

#[test]
fn failed_draft_leaves_no_family() {
    let registry = Registry::new().with_reuse();
    let failed = registry.all_or_nothing(|draft| {
        _ = draft.counter("jobs_total", HELP)?;
        draft.counter("", HELP)
    });
    assert!(failed.is_err());
    assert_eq!(registry.families().iter().count(), 0);
    let jobs = registry.counter("jobs_total", HELP).unwrap();
    jobs.inc();
    assert_eq!(jobs.get(), 1);
}

#[test]
fn family_of_two_drafts_survives_one_failure() {
    let registry = Registry::new().with_reuse();
    let outer = registry
        .all_or_nothing(|outer| {
            let kept = outer.counter("jobs_total", HELP)?;
            let failed = registry.all_or_nothing(|draft| {
                draft.counter("jobs_total", HELP)?.inc();
                draft.counter("", HELP)
            });
            assert!(failed.is_err());
            Ok::<_, RegisterError>(kept)
        })
        .unwrap();
    assert_eq!(outer.get(), 1);
    assert_eq!(registry.counter("jobs_total", HELP).unwrap().get(), 1);
}

#[test]
fn reuse_returns_same_kinds_of_histograms() {
    let registry = Registry::new().with_reuse();
    let bounds = FloatBounds::new(&[-1.0, 1.0]).unwrap();
    let heat = || registry.float_histogram("heat", "H.", &bounds).unwrap();
    heat().observe(0.5);
    heat().observe(2.0);
    let snapshot: FloatHistogram = heat();
    assert_eq!(snapshot.snapshot().count(), 2);
    let seconds = Bounds::new(Scale::Nanos, &[1.0]).unwrap();
    let open = || registry.open_family::<Histogram>("open_seconds", "O.", &seconds).unwrap();
    open().with(&[]).unwrap().observe(1);
    assert_eq!(open().with(&[]).unwrap().snapshot().count(), 1);
}

#[test]
fn kept_clone_of_failed_draft_offers_nothing() {
    let registry = Registry::new().with_reuse();
    let kept = RefCell::new(Vec::new());
    let keep = |draft: &Registry| {
        let jobs = draft.counter("jobs_total", HELP)?;
        jobs.add(3);
        kept.borrow_mut().push(draft.clone());
        Ok::<_, RegisterError>(())
    };
    let failed = registry.all_or_nothing(|draft| keep(draft).and_then(|()| draft.counter("", "")));
    assert!(failed.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        registry.all_or_nothing(|draft| keep(draft).map(|()| panic!("registration")))
    }));
    assert!(panicked.is_err());
    let nested = registry.all_or_nothing(|outer| {
        assert!(outer.all_or_nothing(|nested| keep(nested)).is_ok());
        outer.counter("", HELP)
    });
    assert!(nested.is_err());
    assert_eq!(registry.counter("jobs_total", HELP).unwrap().get(), 0);
    for draft in kept.into_inner() {
        assert_eq!(draft.counter("jobs_total", HELP).unwrap().get(), 3);
    }
}

#[test]
fn family_unregistered_in_draft_is_not_reused() {
    let registry = Registry::new().with_reuse();
    let jobs = |registry: &Registry| registry.counter_family("jobs_total", HELP, ["queue"]);
    let kept = registry.all_or_nothing(|draft| {
        let first = jobs(draft)?;
        first.with(["mail"]).inc();
        assert!(draft.unregister("jobs_total"));
        assert_eq!(jobs(draft)?.with(["mail"]).get(), 0);
        Ok::<_, RegisterError>(first)
    });
    assert_eq!(kept.unwrap().with(["mail"]).get(), 1);
}

#[test]
fn committed_nested_draft_still_offers_its_family() {
    let registry = Registry::new().with_reuse();
    registry
        .all_or_nothing(|outer| {
            outer.all_or_nothing(|nested| nested.counter("jobs_total", HELP))?.inc();
            registry.all_or_nothing(|other| other.counter("jobs_total", HELP))?.inc();
            Ok::<_, RegisterError>(())
        })
        .unwrap();
    assert_eq!(registry.counter("jobs_total", HELP).unwrap().get(), 2);
}

#[test]
fn registration_without_reuse_clashes_with_draft() {
    let registry = Registry::new();
    let refused = registry.with_reuse().all_or_nothing(|draft| {
        _ = draft.counter("jobs_total", HELP)?;
        registry.counter("jobs_total", HELP)
    });
    assert_eq!(
        text(refused),
        "counter \"jobs_total\" clashes with the registered counter \"jobs_total\": \
         the definitions are equal; clone the metric, register both through with_reuse(), or \
         use a prefix"
    );
}

#[test]
fn committed_draft_frees_unregistered_functions() {
    let registry = Registry::new();
    let alive = Arc::new(());
    registry
        .all_or_nothing(|draft| {
            let kept = (draft.clone(), Arc::clone(&alive));
            draft.gauge_fn("level", "L.", move || {
                let (_, alive) = Clone::clone(&kept);
                Arc::strong_count(&alive)
            })?;
            let kept = (draft.clone(), Arc::clone(&alive));
            draft.register_collector("names", move |_: &mut Collection| {
                drop(Clone::clone(&kept));
            })
        })
        .unwrap();
    assert_eq!(Arc::strong_count(&alive), 3);
    assert!(registry.unregister("level"));
    assert!(registry.unregister_collector("names"));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn scrape_of_committed_draft_shows_registry() {
    let registry = Registry::new();
    _ = registry.gauge("level", "L.").unwrap();
    let kept = registry
        .all_or_nothing(|draft| draft.counter("jobs_total", HELP).map(|_| draft.clone()))
        .unwrap();
    assert_eq!(kept.families().iter().count(), 2);
    assert_eq!(format!("{kept:?}"), format!("{registry:?}"));
}

#[test]
fn nested_draft_of_failed_outer_offers_nothing() {
    let registry = Registry::new().with_reuse();
    let step = Barrier::new(2);
    let kept = thread::scope(|scope| {
        let mut nested = None;
        let failed = registry.all_or_nothing(|outer| {
            let (outer, step) = (outer.clone(), &step);
            nested = Some(scope.spawn(move || {
                let ended = outer.all_or_nothing(|nested| {
                    nested.counter("jobs_total", HELP)?.inc();
                    _ = step.wait();
                    _ = step.wait();
                    Ok::<_, RegisterError>(())
                });
                ended.map(|()| outer)
            }));
            _ = step.wait();
            registry.counter("", HELP)
        });
        assert!(failed.is_err());
        _ = step.wait();
        nested.unwrap().join().unwrap().unwrap()
    });
    assert_eq!(registry.counter("jobs_total", HELP).unwrap().get(), 0);
    assert_eq!(kept.counter("jobs_total", HELP).unwrap().get(), 1);
}

/// Many families make the outer commit long enough to overlap with the nested one.
#[test]
fn nested_draft_beside_outer_commit_is_kept() {
    for round in 0..200 {
        let registry = Registry::new();
        let start = Barrier::new(2);
        thread::scope(|scope| {
            let registered = registry.all_or_nothing(|outer| {
                for number in 0..50 {
                    _ = outer.gauge(&format!("outer_{number}"), "O.")?;
                }
                let (draft, start) = (outer.clone(), &start);
                _ = scope.spawn(move || {
                    let nested = draft.all_or_nothing(|nested| {
                        let nested = nested.gauge("nested", "N.");
                        _ = start.wait();
                        nested
                    });
                    _ = nested.unwrap();
                });
                _ = start.wait();
                Ok::<_, RegisterError>(())
            });
            registered.unwrap();
        });
        assert_eq!(registry.families().iter().count(), 51, "round {round}");
    }
}

#[test]
fn constant_labels_clash_names_two_ways_out() {
    let registry = Registry::new();
    _ = registry.with_label("instance", "1").counter("jobs_total", HELP).unwrap();
    let error = registry.with_label("instance", "2").counter("jobs_total", HELP).unwrap_err();
    let text = "counter \"jobs_total\" clashes with the registered counter \"jobs_total\": \
                constant labels [(\"instance\", \"2\")], registered [(\"instance\", \"1\")]; \
                make it a label of one family, or use a prefix";
    assert_eq!(error.to_string(), text);
    assert_eq!(format!("{error:?}"), text);
}
