//! Writing a page chunk by chunk in the steady state, beside a plain copy of the same bytes: the time of a line, for more and
//! more series.
#![expect(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tickmark::{Bounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations};
use tickmark_text::{Encoder, Format, NameFilter};

const COUNTERS: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
const HISTOGRAMS: [usize; 4] = [100, 1_000, 10_000, 100_000];

fn counters(series_count: usize) -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route", "status"]).unwrap();
    family.set_series_limit(series_count);
    for series in 0..series_count {
        family.with(["GET", &format!("/api/v1/items/{series}"), "200"]).add(series as u64);
    }
    registry
}

fn histograms(series_count: usize) -> Registry {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family = registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    family.set_series_limit(series_count);
    let durations = durations();
    for series in 0..series_count {
        let histogram = family.with(["GET", &format!("/api/v1/items/{series}")]);
        let some = durations.iter().cycle().skip(series % durations.len()).take(50);
        some.for_each(|duration| histogram.observe(*duration));
    }
    registry
}

fn scrape(criterion: &mut Criterion) {
    for series_count in COUNTERS {
        bench(criterion, &format!("counters/{series_count}"), counters(series_count));
    }
    for series_count in HISTOGRAMS {
        bench(criterion, &format!("histograms/{series_count}"), histograms(series_count));
    }
}

fn bench(criterion: &mut Criterion, name: &str, registry: Registry) {
    let encoder = Encoder::new(registry);
    let page = encoder.encode();
    let line_count = page.iter().filter(|byte| **byte == b'\n').count() as u64;
    let mut group = criterion.benchmark_group(name);
    let _ = group.throughput(Throughput::Elements(line_count)).sample_size(10);
    let _ = group.bench_function("page", |bencher| {
        bencher.iter(|| encoder.page(Format::Text0_0_4, NameFilter::default()).map(|chunk| chunk.len()).sum::<usize>());
    });
    let mut copy = vec![0; page.len()];
    let _ = group.bench_function("copy", |bencher| {
        bencher.iter(|| {
            copy.copy_from_slice(black_box(&page));
            copy.len()
        });
    });
    group.finish();
}

criterion_group!(benches, scrape);
criterion_main!(benches);
