//! Rare costs: of a family, a thread, and a block of cells.
#![expect(missing_docs, unused_results, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tickmark::{FloatBounds, Registry};

/// A registry with this many families.
fn registry_of(family_count: usize) -> Registry {
    let registry = Registry::new();
    for family in 0..family_count {
        registry.counter(&format!("family_{family}"), "F.").unwrap();
    }
    registry
}

fn register_and_unregister(criterion: &mut Criterion) {
    for family_count in [0, 1_000] {
        let registry = registry_of(family_count);
        criterion.bench_function(
            &format!("registry/register_and_unregister/beside_{family_count}"),
            |bencher| {
                bencher.iter(|| {
                    black_box(&registry)
                        .counter_family("family", "F.", ["method", "route", "status"])
                        .unwrap();
                    registry.unregister("family")
                });
            },
        );
    }
}

/// The first record of a thread, which reuses the shard of the last one with all its
/// blocks.
fn first_record_of_a_thread(criterion: &mut Criterion) {
    let counter = Registry::new().counter("counter", "C.").unwrap();
    let first = || {
        let start = Instant::now();
        black_box(&counter).inc();
        start.elapsed()
    };
    let mut group = criterion.benchmark_group("registry");
    // Starting a thread is slow, and not part of the measured time.
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_millis(10));
    group.bench_function("first_record_of_a_thread", |bencher| {
        let on_threads = |rounds: u64| {
            thread::scope(|scope| {
                (0..rounds).map(|_| scope.spawn(first).join().unwrap()).sum::<Duration>()
            })
        };
        bencher.iter_custom(on_threads);
    });
    group.finish();
}

/// The first record of a thread in a block. A histogram takes more than half of a block,
/// so each has a block of its own.
fn first_record_in_a_block(criterion: &mut Criterion) {
    let bounds = FloatBounds::linear(1.0, 1.0, 256).unwrap();
    let family =
        Registry::new().float_histogram_family("family", "F.", ["number"], &bounds).unwrap();
    family.set_series_limit(usize::MAX);
    let mut number = 0;
    let mut next = || {
        number += 1;
        family.handle([&number.to_string()])
    };
    let mut group = criterion.benchmark_group("registry");
    // Blocks are never freed; a short measurement limits their number.
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_millis(10));
    group.bench_function("first_record_in_a_block", |bencher| {
        bencher.iter_batched(
            &mut next,
            |histogram| {
                histogram.observe(1.0);
                histogram
            },
            BatchSize::NumIterations(64),
        );
    });
    group.finish();
}

criterion_group!(
    benches,
    register_and_unregister,
    first_record_of_a_thread,
    first_record_in_a_block
);
criterion_main!(benches);
