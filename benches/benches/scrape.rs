//! Rendering a page in the steady state, beside a plain copy of the same bytes.
#![expect(missing_docs, clippy::unwrap_used, reason = "a bench")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tickmark::{Bounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations};
use tickmark_text::Encoder;

const SERIES: usize = 10_000;

fn counters() -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route", "status"]).unwrap();
    family.set_series_limit(SERIES);
    for series in 0..SERIES {
        family.with(["GET", &format!("/api/v1/items/{series}"), "200"]).add(series as u64);
    }
    registry
}

fn histograms() -> Registry {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family = registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    family.set_series_limit(SERIES);
    let durations = durations();
    for series in 0..SERIES {
        let histogram = family.with(["GET", &format!("/api/v1/items/{series}")]);
        durations.iter().skip(series).take(50).for_each(|duration| histogram.observe(*duration));
    }
    registry
}

fn scrape(criterion: &mut Criterion) {
    for (name, registry) in [("counters", counters()), ("histograms", histograms())] {
        let encoder = Encoder::new(registry);
        let page = encoder.encode().to_vec();
        let lines = page.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut group = criterion.benchmark_group(name);
        let _ = group.throughput(Throughput::Elements(lines));
        let _ = group.bench_function("encode", |bencher| bencher.iter(|| encoder.encode().len()));
        let mut copy = Vec::with_capacity(page.len());
        let _ = group.bench_function("copy", |bencher| {
            bencher.iter(|| {
                copy.clear();
                copy.extend_from_slice(&page);
                copy.len()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, scrape);
criterion_main!(benches);
