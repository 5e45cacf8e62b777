//! Threads that record rarely share blocks in turn. Needs a process of its own, whose
//! blocks it counts.

#![cfg(not(tickmark_loom))]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::ops::ControlFlow;
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;

use tickmark::export::{Scratch, Value};
use tickmark::{Bounds, Histogram, Number, Registry, Scale, UpDownCounter};

const HISTOGRAMS: usize = 10_000;

/// Excludes other tests and returns a registry to record in.
fn alone() -> (MutexGuard<'static, ()>, Registry) {
    static ALONE: Mutex<()> = Mutex::new(());
    (ALONE.lock().unwrap_or_else(PoisonError::into_inner), Registry::new())
}

/// Kept forever, so that other tests do not reuse their cells.
fn histograms(registry: &Registry, count: usize) -> &'static [Histogram] {
    let bounds =
        Bounds::new(Scale::One, &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3])
            .unwrap();
    let family = registry.histogram_family("family", "F.", ["number"], &bounds).unwrap();
    family.set_series_limit(count);
    (0..count).map(|number| family.handle([&number.to_string()])).collect::<Vec<_>>().leak()
}

/// Reads a self-metric of the engine.
fn engine(name: &str) -> u64 {
    let registry = Registry::new();
    registry.expose_self_metrics().unwrap();
    let mut found = None;
    for family in registry.families().iter().filter(|family| family.name() == name) {
        _ = family.visit(0, &mut Scratch::default(), |_, value| {
            let Value::Gauge(Number::Unsigned(number)) = value else { panic!("{value:?}") };
            found = Some(number);
            ControlFlow::Continue(())
        });
    }
    found.unwrap()
}

/// Runs `record` in this many threads, one after the other, which all stay alive to the
/// end. Returns the added blocks and bytes.
fn add_in_turn(threads: usize, record: impl Fn() + Sync) -> (u64, u64) {
    let usage = || (engine("tickmark_blocks"), engine("tickmark_cell_memory_bytes"));
    let before = usage();
    let (turn, all_done) = (Mutex::new(()), Barrier::new(threads));
    thread::scope(|scope| {
        for _ in 0..threads {
            _ = scope.spawn(|| {
                {
                    let _turn = turn.lock().unwrap();
                    record();
                }
                _ = all_done.wait();
            });
        }
    });
    let after = usage();
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn rare_records_share_blocks() {
    const THREADS: usize = 64;
    let (_alone, registry) = alone();
    let histograms = histograms(&registry, HISTOGRAMS);
    let record =
        || (0..3).for_each(|_| histograms.iter().for_each(|histogram| histogram.observe(7)));
    let (blocks, bytes) = add_in_turn(THREADS, record);
    // Blocks of 32 histograms: the first thread's, the guests', and those at the edges.
    let least = (HISTOGRAMS / 32) as u64 * 2;
    assert!((least..=least + 4).contains(&blocks), "{blocks} blocks");
    assert!(bytes <= 8_000_000, "{bytes} bytes");
    for histogram in histograms {
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.count(), snapshot.sum), (3 * THREADS as u64, 21 * THREADS as u64));
    }
}

#[test]
fn frequent_records_earn_own_blocks() {
    const THREADS: usize = 5;
    let (_alone, registry) = alone();
    // Enough series to begin in an unused block.
    let histograms = histograms(&registry, 64);
    let (blocks, _) = add_in_turn(THREADS, || (0..2_000).for_each(|_| histograms[63].observe(7)));
    // Plus one block of the guests, in which all threads recorded before they earned
    // their own.
    assert_eq!(blocks, THREADS as u64 + 1);
    assert_eq!(histograms[63].snapshot().count(), 2_000 * THREADS as u64);
}

/// Threads that record concurrently, and so collide.
#[test]
fn reads_beside_guests_are_consistent() {
    const THREADS: usize = 16;
    let (_alone, registry) = alone();
    let histograms = histograms(&registry, 1_000);
    let open = registry.up_down_counter_family("open", "O.", ["number"]).unwrap();
    let open: Vec<UpDownCounter> =
        (0..1_000).map(|number| open.handle([&number.to_string()])).collect();
    let begin = Barrier::new(THREADS + 1);
    let record = |offset: usize| {
        _ = begin.wait();
        for place in (0..3_000).map(|round| (round + offset * 61) % 1_000) {
            let _open = open[place].guard();
            histograms[place].observe(7);
        }
    };
    thread::scope(|scope| {
        let record = &record;
        let threads: Vec<_> =
            (0..THREADS).map(|thread| scope.spawn(move || record(thread))).collect();
        _ = begin.wait();
        let mut counts = vec![0; 1_000];
        loop {
            let is_last = threads.iter().all(thread::ScopedJoinHandle::is_finished);
            for ((histogram, open), count) in histograms.iter().zip(&open).zip(&mut counts) {
                let snapshot = histogram.snapshot();
                assert!(snapshot.is_settled);
                assert!(*count <= snapshot.count() && open.get() >= 0);
                *count = snapshot.count();
                assert_eq!(snapshot.sum, *count * 7);
            }
            if is_last {
                break;
            }
        }
    });
    assert!(open.iter().all(|open| open.get() == 0));
    assert!(histograms.iter().all(|histogram| histogram.snapshot().count() == 3 * THREADS as u64));
}
