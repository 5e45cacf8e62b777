//! Several registries in one process, and handles in statics and threads.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::sync::mpsc;
use std::thread;

use tickmark::export::Scratch;
use tickmark::{Counter, Registry, UpDownCounter};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);
static SERVED: LazyLock<Counter> =
    LazyLock::new(|| REGISTRY.counter("served", "In a static.").unwrap());

#[test]
fn handle_in_a_static_records() {
    let before = SERVED.get();
    thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| (0..1_000).for_each(|_| SERVED.inc()))));
    });
    assert_eq!(SERVED.get() - before, 4_000);
    assert_eq!(
        REGISTRY.families().iter().map(|family| family.name()).collect::<Vec<_>>(),
        ["served"]
    );
}

#[test]
fn name_in_two_registries_is_two_families() {
    let [one, two] = [(); 2].map(|()| Registry::new());
    let (a, b) = (one.counter("same", "One.").unwrap(), two.counter("same", "Two.").unwrap());
    a.add(1);
    b.add(2);
    assert_eq!((a.get(), b.get()), (1, 2));
    let ids = [&one, &two].map(|registry| registry.families().iter().next().unwrap().id());
    assert_ne!(ids[0], ids[1]);
}

/// Like two copies of one test in one process.
#[test]
fn same_test_runs_twice_concurrently() {
    let test = |rounds: u64| {
        let registry = Registry::new();
        let counter = registry.counter("requests", "Requests.").unwrap();
        let family = registry.gauge_family("level", "Level.", ["tank"]).unwrap();
        for round in 1..=rounds {
            counter.inc();
            family.with(["a"]).inc();
            assert_eq!(counter.get(), round);
        }
        assert_eq!(family.with(["a"]).get(), i64::try_from(rounds).unwrap());
    };
    thread::scope(|scope| {
        _ = [2_000, 3_000]
            .map(|rounds| scope.spawn(move || test(rounds)))
            .map(|test| test.join().unwrap());
    });
}

#[test]
fn handles_are_sent_between_threads() {
    let registry = Registry::new();
    let open = registry.up_down_counter("open", "Open.").unwrap();
    let (sender, receiver) = mpsc::channel::<(UpDownCounter, u64)>();
    let closing = thread::spawn(move || {
        receiver.into_iter().fold(0, |sum, (open, number)| {
            open.dec();
            sum + number
        })
    });
    for number in 0..1_000 {
        open.inc();
        sender.send((open.clone(), number)).unwrap();
    }
    drop(sender);
    assert_eq!(closing.join().unwrap(), 499_500);
    assert_eq!(open.get(), 0);
}

/// A slow scrape, which would hang here if recorders or registration waited for it.
#[test]
fn slow_visitor_blocks_no_other_thread() {
    let registry = Registry::new();
    let family = registry.counter_family("counter", "Records.", ["label"]).unwrap();
    family.with(["a"]).inc();
    let families = registry.families();
    _ = families.iter().next().unwrap().visit(0, &mut Scratch::default(), |series, _| {
        thread::scope(|scope| {
            let work = || {
                family.with(["a"]).inc();
                family.with(["b"]).inc();
                _ = registry.counter("other", "Registered meanwhile.").unwrap();
                assert!(family.remove(["b"]));
                // The visitor holds this one.
                assert!(family.remove(["a"]));
                assert_eq!(registry.families().iter().count(), 2);
            };
            scope.spawn(work).join().unwrap();
        });
        assert_eq!(series.label_values().collect::<Vec<_>>(), ["a"]);
        ControlFlow::Continue(())
    });
    assert_eq!(family.with(["a"]).get(), 2);
}
