//! Metrics of the engine itself. Needs a process of its own, whose shards and blocks it
//! counts.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Barrier, Mutex};
use std::thread;

use tickmark::export::{Kind, Scratch, Value};
use tickmark::{NameReason, Number, RegisterError, Registry, set_shard_limit};

/// The gauges under the prefix, by name and label value.
fn self_metrics(registry: &Registry) -> BTreeMap<String, u64> {
    let mut seen = BTreeMap::new();
    for family in registry.families().iter().filter(|family| family.name().starts_with("tickmark_"))
    {
        assert_eq!(family.kind(), Kind::Gauge, "{}", family.name());
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Gauge(Number::Unsigned(number)) = value else { panic!("{value:?}") };
            let labels: String = series.label_values().map(|label| format!(" {label}")).collect();
            _ = seen.insert(format!("{}{labels}", family.name()), number);
            ControlFlow::Continue(())
        });
    }
    seen
}

#[test]
fn engine_reports_its_shards_and_blocks() {
    const THREADS: usize = 3;
    set_shard_limit(5).unwrap();
    let registry = Registry::new();
    registry.with_prefix("app_").with_label("zone", "b").expose_self_metrics().unwrap();
    let before = self_metrics(&registry);
    for (name, expected) in [
        ("tickmark_families", 0),
        ("tickmark_shards leased", 0),
        ("tickmark_shards idle", 0),
        ("tickmark_shard_limit", 5),
        ("tickmark_blocks", 0),
        ("tickmark_cell_memory_bytes", 0),
    ] {
        assert_eq!(before[name], expected, "{name}");
    }
    assert_eq!(before.len(), 6, "{before:?}");

    let hits = registry.counter_family("hits_total", "H.", ["page"]).unwrap();
    _ = registry.gauge("level", "L.").unwrap();
    let (recorded, seen) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    // Guests that collide would get blocks of their own.
    let turn = Mutex::new(());
    let during = thread::scope(|scope| {
        for thread in 0..THREADS {
            let (hits, recorded, seen, turn) = (&hits, &recorded, &seen, &turn);
            _ = scope.spawn(move || {
                {
                    let _turn = turn.lock().unwrap();
                    hits.with([&thread.to_string()]).inc();
                }
                _ = recorded.wait();
                _ = seen.wait();
            });
        }
        _ = recorded.wait();
        let during = self_metrics(&registry);
        // Asserted after the threads continue, so that a failing test does not leave them
        // waiting.
        _ = seen.wait();
        during
    });
    for (name, expected) in [
        ("tickmark_families", 2),
        ("tickmark_series hits_total", 3),
        ("tickmark_series level", 1),
        ("tickmark_shards leased", 3),
        ("tickmark_shards idle", 0),
        // The first thread's block and the guests' block: all series are in the first
        // block.
        ("tickmark_blocks", 2),
    ] {
        assert_eq!(during[name], expected, "{name}");
    }
    let block_bytes = 512 * 8;
    let bytes = during["tickmark_cell_memory_bytes"];
    assert!((2 * block_bytes..3 * block_bytes).contains(&bytes), "{bytes}");

    // The scope does not wait for threads to return their shards.
    let mut after = self_metrics(&registry);
    while after["tickmark_shards idle"] < 3 {
        thread::yield_now();
        after = self_metrics(&registry);
    }
    assert_eq!((after["tickmark_shards leased"], after["tickmark_blocks"]), (0, 2));

    assert_eq!(
        registry.expose_self_metrics(),
        Err(RegisterError::InvalidCollector { name: "tickmark".into(), reason: NameReason::Taken })
    );
    assert!(registry.unregister("hits"));
    assert!(!self_metrics(&registry).contains_key("tickmark_series hits_total"));
    assert!(registry.unregister_collector("tickmark"));
    assert!(self_metrics(&registry).is_empty());
}
