//! Cost of a histogram through a kept handle, with 11 bounds and with 64.
#![expect(missing_docs, unused_results, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tickmark::{Bounds, FloatBounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations, seconds};

const LABELS: [(&str, &str); 1] = [("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")];

/// As wide as the durations: the first at 1 ms, each next 13.5 % higher, up to 3 s.
fn many_bounds() -> FloatBounds {
    FloatBounds::exponential(0.001, 1.135, 64).unwrap()
}

/// The inputs alone: part of the figures of all observations.
fn inputs(criterion: &mut Criterion) {
    let durations = durations();
    let mut next = durations.iter().cycle();
    criterion
        .bench_function("histogram/inputs_alone", |bencher| bencher.iter(|| *next.next().unwrap()));
}

fn observe(criterion: &mut Criterion) {
    let registry = Registry::new();
    for values in [&BOUNDS[..], many_bounds().values()] {
        let (count, bounds) = (values.len(), Bounds::new(Scale::Nanos, values).unwrap());
        let histogram = registry.histogram(&format!("of_{count}_seconds"), "H.", &bounds).unwrap();
        let durations = durations();
        let mut next = durations.iter().cycle();
        criterion.bench_function(&format!("histogram/observe/{count}_bounds"), |bencher| {
            bencher.iter(|| black_box(&histogram).observe(*next.next().unwrap()));
        });
        criterion.bench_function(&format!("histogram/snapshot/{count}_bounds"), |bencher| {
            bencher.iter(|| black_box(&histogram).snapshot());
        });
    }
}

fn observe_float(criterion: &mut Criterion) {
    let registry = Registry::new();
    for bounds in [FloatBounds::new(&BOUNDS).unwrap(), many_bounds()] {
        let count = bounds.values().len();
        let histogram =
            registry.float_histogram(&format!("of_{count}_seconds"), "H.", &bounds).unwrap();
        let seconds = seconds();
        let mut next = seconds.iter().cycle();
        criterion.bench_function(&format!("float_histogram/observe/{count}_bounds"), |bencher| {
            bencher.iter(|| black_box(&histogram).observe(*next.next().unwrap()));
        });
    }
}

/// Other ways to observe, all with 11 bounds.
fn observe_otherwise(criterion: &mut Criterion) {
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let histogram = Registry::new().histogram("histogram_seconds", "H.", &bounds).unwrap();
    let durations = durations();
    let mut next = durations.iter().cycle();
    criterion.bench_function("histogram/observe_duration", |bencher| {
        bencher.iter(|| {
            black_box(&histogram).observe_duration(Duration::from_nanos(*next.next().unwrap()))
        });
    });
    criterion.bench_function("histogram/timer", |bencher| {
        bencher.iter(|| drop(black_box(&histogram).start_timer()));
    });
    criterion.bench_function("histogram/owned_timer", |bencher| {
        bencher.iter(|| drop(black_box(&histogram).clone().into_timer()));
    });
    let mut next = durations.iter().cycle();
    criterion.bench_function("histogram/observe_with_exemplar", |bencher| {
        bencher
            .iter(|| black_box(&histogram).observe_with_exemplar(*next.next().unwrap(), &LABELS));
    });
}

criterion_group!(benches, inputs, observe, observe_float, observe_otherwise);
criterion_main!(benches);
