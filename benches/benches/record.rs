//! Recording, through a kept handle and by label values.
#![expect(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tickmark::{Bounds, FloatBounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations, requests, seconds};

fn record(criterion: &mut Criterion) {
    let registry = Registry::new();
    let counter = registry.counter("counter", "C.").unwrap();
    let _ = criterion.bench_function("counter/inc", |bencher| bencher.iter(|| black_box(&counter).inc()));

    let gauge = registry.gauge("gauge", "G.").unwrap();
    let _ = criterion.bench_function("gauge/set", |bencher| bencher.iter(|| black_box(&gauge).set(black_box(3))));

    let open = registry.up_down_counter("open", "O.").unwrap();
    let _ = criterion.bench_function("up_down_counter/inc_dec", |bencher| {
        bencher.iter(|| {
            black_box(&open).inc();
            black_box(&open).dec();
        });
    });

    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let histogram = registry.histogram("histogram_seconds", "H.", &bounds).unwrap();
    let durations = durations();
    let mut next = durations.iter().cycle();
    let _ = criterion.bench_function("histogram/observe", |bencher| {
        bencher.iter(|| black_box(&histogram).observe(*next.next().unwrap()));
    });

    let family = registry.counter_family("family", "F.", ["method", "route", "status"]).unwrap();
    let requests = requests();
    let mut next = requests.iter().cycle();
    let _ = criterion.bench_function("family/with_inc", |bencher| {
        bencher.iter(|| {
            let [method, route, status] = next.next().unwrap();
            black_box(&family).with([method, route, status]).inc();
        });
    });
}

fn record_floats(criterion: &mut Criterion) {
    let registry = Registry::new();
    let counter = registry.float_counter("counter", "C.").unwrap();
    let _ = criterion.bench_function("float_counter/add", |bencher| {
        bencher.iter(|| black_box(&counter).add(black_box(0.25)));
    });

    let gauge = registry.float_gauge("gauge", "G.").unwrap();
    let _ = criterion.bench_function("float_gauge/set", |bencher| {
        bencher.iter(|| black_box(&gauge).set(black_box(0.25)));
    });
    let _ = criterion.bench_function("float_gauge/add", |bencher| {
        bencher.iter(|| black_box(&gauge).add(black_box(0.25)));
    });

    let bounds = FloatBounds::new(&BOUNDS).unwrap();
    let histogram = registry.float_histogram("histogram_seconds", "H.", &bounds).unwrap();
    let seconds = seconds();
    let mut next = seconds.iter().cycle();
    let _ = criterion.bench_function("float_histogram/observe", |bencher| {
        bencher.iter(|| black_box(&histogram).observe(*next.next().unwrap()));
    });
    let _ = criterion.bench_function("float_histogram/timer", |bencher| {
        bencher.iter(|| drop(black_box(&histogram).start_timer()));
    });
}

criterion_group!(benches, record, record_floats);
criterion_main!(benches);
