//! Pages of 1,000 series, the second that an encoder writes.

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group};
use tickmark::{Bounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations};
use tickmark_text::{Encoder, Format, NameFilter};

use crate::about;

const SERIES: u64 = 1_000;
const OPENMETRICS: Format = Format::OpenMetrics1_0(None);

fn counters(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route"]).unwrap();
    (0..SERIES).for_each(|series| family.with(["GET", &format!("/api/v1/items/{series}")]).add(series * 37));
    warmed(registry, format)
}

fn histograms(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family = registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    let durations = durations();
    for series in 0..SERIES {
        let histogram = family.with(["GET", &format!("/api/v1/items/{series}")]);
        durations.iter().skip(series as usize).take(50).for_each(|duration| histogram.observe(*duration));
    }
    warmed(registry, format)
}

/// Many families of one series each.
fn families(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    for family in 0..SERIES {
        registry.counter(&format!("family_{family}"), "F.").unwrap().add(family);
    }
    warmed(registry, format)
}

fn warmed(registry: Registry, format: Format) -> (Encoder, Format) {
    let encoder = Encoder::new(registry);
    write(&encoder, format);
    (encoder, format)
}

fn write(encoder: &Encoder, format: Format) {
    encoder.page(format, NameFilter::default()).for_each(|chunk| _ = black_box(chunk.len()));
}

#[library_benchmark]
#[bench::counters(args = (Format::Text0_0_4), setup = counters, config = about(242_943))]
#[bench::counters_openmetrics(args = (OPENMETRICS), setup = counters, config = about(270_989))]
#[bench::histograms(args = (Format::Text0_0_4), setup = histograms, config = about(2_588_076))]
#[bench::histograms_openmetrics(args = (OPENMETRICS), setup = histograms, config = about(2_619_242))]
#[bench::families(args = (Format::Text0_0_4), setup = families, config = about(1_444_244))]
fn page((encoder, format): (Encoder, Format)) -> Encoder {
    write(&encoder, format);
    encoder
}

library_benchmark_group!(name = pages, benchmarks = [page]);
