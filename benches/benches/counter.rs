//! Cost of a counter through a kept handle.
#![expect(missing_docs, unused_results, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tickmark::{Registry, set_shard_limit};
use tickmark_benches::durations;

fn counter(criterion: &mut Criterion) {
    let counter = Registry::new().counter("counter", "C.").unwrap();
    criterion.bench_function("counter/inc", |bencher| bencher.iter(|| black_box(&counter).inc()));

    let amounts = durations();
    let mut next = amounts.iter().cycle();
    criterion.bench_function("counter/add", |bencher| {
        bencher.iter(|| black_box(&counter).add(*next.next().unwrap()));
    });
    criterion.bench_function("counter/get", |bencher| bencher.iter(|| black_box(&counter).get()));
    criterion.bench_function("counter/clone_and_drop", |bencher| {
        bencher.iter(|| drop(black_box(&counter).clone()))
    });
    criterion.bench_function("counter/add_with_exemplar", |bencher| {
        bencher.iter(|| {
            black_box(&counter)
                .add_with_exemplar(1, &[("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")])
        });
    });
}

fn float_counter(criterion: &mut Criterion) {
    let counter = Registry::new().float_counter("counter", "C.").unwrap();
    criterion
        .bench_function("float_counter/inc", |bencher| bencher.iter(|| black_box(&counter).inc()));
    criterion.bench_function("float_counter/add", |bencher| {
        bencher.iter(|| black_box(&counter).add(black_box(0.25)));
    });
}

/// The time of as many records on another thread.
fn elsewhere(rounds: u64, record: impl Fn() + Sync) -> Duration {
    let run = || {
        record();
        let start = Instant::now();
        (0..rounds).for_each(|_| record());
        start.elapsed()
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// On a thread that shares its cells because all shards are leased.
fn past_the_shard_limit(criterion: &mut Criterion) {
    let registry = Registry::new();
    let counter = registry.counter("counter", "C.").unwrap();
    let float_counter = registry.float_counter("float_counter", "C.").unwrap();
    // This thread has the only shard.
    counter.inc();
    criterion.bench_function("counter/inc_past_shard_limit", |bencher| {
        bencher.iter_custom(|rounds| elsewhere(rounds, || black_box(&counter).inc()));
    });
    criterion.bench_function("float_counter/inc_past_shard_limit", |bencher| {
        bencher.iter_custom(|rounds| elsewhere(rounds, || black_box(&float_counter).inc()));
    });
}

/// Before the first record, because the limit cannot be set later.
fn limit_shards(_: &mut Criterion) {
    set_shard_limit(1).unwrap();
}

criterion_group!(benches, limit_shards, counter, float_counter, past_the_shard_limit);
criterion_main!(benches);
