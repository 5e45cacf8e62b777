//! Cost of a gauge and an up-down counter through a kept handle.
#![expect(missing_docs, unused_results, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tickmark::Registry;

fn gauge(criterion: &mut Criterion) {
    let gauge = Registry::new().gauge("gauge", "G.").unwrap();
    criterion.bench_function("gauge/set", |bencher| {
        bencher.iter(|| black_box(&gauge).set(black_box(3)))
    });
    criterion.bench_function("gauge/add", |bencher| {
        bencher.iter(|| black_box(&gauge).add(black_box(3)))
    });
    criterion.bench_function("gauge/inc_and_dec", |bencher| {
        bencher.iter(|| {
            black_box(&gauge).inc();
            black_box(&gauge).dec();
        });
    });
    criterion.bench_function("gauge/get", |bencher| bencher.iter(|| black_box(&gauge).get()));
}

fn float_gauge(criterion: &mut Criterion) {
    let gauge = Registry::new().float_gauge("gauge", "G.").unwrap();
    criterion.bench_function("float_gauge/set", |bencher| {
        bencher.iter(|| black_box(&gauge).set(black_box(0.25)))
    });
    criterion.bench_function("float_gauge/add", |bencher| {
        bencher.iter(|| black_box(&gauge).add(black_box(0.25)))
    });
}

fn up_down_counter(criterion: &mut Criterion) {
    let open = Registry::new().up_down_counter("open", "O.").unwrap();
    criterion.bench_function("up_down_counter/inc_and_dec", |bencher| {
        bencher.iter(|| {
            black_box(&open).inc();
            black_box(&open).dec();
        });
    });
    criterion.bench_function("up_down_counter/guard", |bencher| {
        bencher.iter(|| drop(black_box(&open).guard()))
    });
    criterion.bench_function("up_down_counter/owned_guard", |bencher| {
        bencher.iter(|| drop(black_box(&open).clone().into_guard()));
    });
    criterion
        .bench_function("up_down_counter/get", |bencher| bencher.iter(|| black_box(&open).get()));
}

criterion_group!(benches, gauge, float_gauge, up_down_counter);
criterion_main!(benches);
