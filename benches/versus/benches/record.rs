//! Counters and histograms beside those of `prometheus`, in one run: one thread, then two on the same series.

use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use prometheus::{HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts};
use tickmark::{Bounds, Registry, Scale};
use tickmark_benches::{BOUNDS, INPUTS, durations, requests};
use versus::two_threads;

/// Benches one way of recording with one thread and with two. `record` is given the number of the round.
fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, record: impl Fn(u64) + Sync) {
    group.bench_function(format!("{name}/1 thread"), |bencher| {
        let mut round = 0;
        bencher.iter(|| {
            round += 1;
            record(round);
        });
    });
    group.bench_function(format!("{name}/2 threads"), |bencher| {
        bencher.iter_custom(|rounds| two_threads(rounds, &record));
    });
}

fn input<T>(inputs: &[T], round: u64) -> &T {
    &inputs[round as usize % INPUTS]
}

fn record(criterion: &mut Criterion) {
    let registry = Registry::new();

    let mut group = criterion.benchmark_group("counter inc");
    let ours = registry.counter("counter", "C.").unwrap();
    bench(&mut group, "tickmark", |_| black_box(&ours).inc());
    let theirs = IntCounter::new("counter", "C.").unwrap();
    bench(&mut group, "prometheus", |_| black_box(&theirs).inc());
    group.finish();

    let mut group = criterion.benchmark_group("histogram observe, 11 bounds");
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let ours = registry.histogram("histogram_seconds", "H.", &bounds).unwrap();
    let nanos = durations();
    bench(&mut group, "tickmark", |round| black_box(&ours).observe(*input(&nanos, round)));
    let options = HistogramOpts::new("histogram_seconds", "H.").buckets(BOUNDS.to_vec());
    let theirs = prometheus::Histogram::with_opts(options).unwrap();
    let seconds: Vec<f64> = nanos.iter().map(|nanos| *nanos as f64 / 1e9).collect();
    bench(&mut group, "prometheus", |round| black_box(&theirs).observe(*input(&seconds, round)));
    group.finish();

    let mut group = criterion.benchmark_group("up and down");
    let ours = registry.up_down_counter("open", "O.").unwrap();
    bench(&mut group, "tickmark", |_| {
        black_box(&ours).inc();
        black_box(&ours).dec();
    });
    let theirs = IntGauge::new("open", "O.").unwrap();
    bench(&mut group, "prometheus", |_| {
        black_box(&theirs).inc();
        black_box(&theirs).dec();
    });
    group.finish();

    let mut group = criterion.benchmark_group("counter by 3 labels");
    let labels = ["method", "route", "status"];
    let requests = requests();
    let ours = registry.counter_family("family", "F.", labels).unwrap();
    bench(&mut group, "tickmark", |round| {
        let [method, route, status] = input(&requests, round);
        black_box(&ours).with([method, route, status]).inc();
    });
    let theirs = IntCounterVec::new(Opts::new("family", "F."), &labels).unwrap();
    bench(&mut group, "prometheus", |round| {
        let [method, route, status] = input(&requests, round);
        black_box(&theirs).with_label_values(&[method.as_str(), route, status]).inc();
    });
    group.finish();
}

criterion_group!(benches, record);
criterion_main!(benches);
