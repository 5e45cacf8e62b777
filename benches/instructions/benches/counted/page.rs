//! Pages of 1,000 series, the second page of an encoder.

use std::hint::black_box;
use std::time::Duration;

use gungraun::{library_benchmark, library_benchmark_group};
use tickmark::{Bounds, Counter, Registry, Scale};
use tickmark_benches::{BOUNDS, durations};
use tickmark_text::{Encoder, Format, NameFilter};

use crate::about;

const SERIES: u64 = 1_000;
const OPENMETRICS: Format = Format::OpenMetrics1_0(None);

fn counters(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route"]).unwrap();
    (0..SERIES).for_each(|series| {
        family.with(["GET", &format!("/api/v1/items/{series}")]).add(series * 37)
    });
    warmed(registry, format)
}

/// Counters beside a family with exemplars in another registry.
fn beside_exemplars(format: Format) -> (Encoder, Format) {
    let other = Registry::new().counter("other", "O.").unwrap();
    other.add_with_exemplar(1, &[("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")]);
    counters(format)
}

/// Counters that may expire.
fn expiring(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route"]).unwrap();
    family.set_idle_expiry(Some(Duration::MAX));
    (0..SERIES).for_each(|series| {
        family.with(["GET", &format!("/api/v1/items/{series}")]).add(series * 37)
    });
    warmed(registry, format)
}

/// Counters past their idle time whose handles are kept.
fn expired(format: Format) -> ((Encoder, Format), Vec<Counter>) {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route"]).unwrap();
    family.set_idle_expiry(Some(Duration::ZERO));
    let handle = |series: u64| family.handle(["GET", &format!("/api/v1/items/{series}")]);
    let handles: Vec<Counter> = (0..SERIES).map(handle).collect();
    (warmed(registry, format), handles)
}

fn histograms(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family =
        registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    let durations = durations();
    for series in 0..SERIES {
        let histogram = family.with(["GET", &format!("/api/v1/items/{series}")]);
        durations
            .iter()
            .skip(series as usize)
            .take(50)
            .for_each(|duration| histogram.observe(*duration));
    }
    warmed(registry, format)
}

/// Histograms with an exemplar in each nonempty bucket.
fn exemplars(format: Format) -> (Encoder, Format) {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family =
        registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    let durations = durations();
    let labels = [("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")];
    for series in 0..SERIES {
        let histogram = family.with(["GET", &format!("/api/v1/items/{series}")]);
        let some = durations.iter().skip(series as usize).take(50);
        some.for_each(|duration| histogram.observe_with_exemplar(*duration, &labels));
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
    let encoder = Encoder::new(&registry);
    write(&encoder, format);
    (encoder, format)
}

fn write(encoder: &Encoder, format: Format) {
    encoder.page(format, NameFilter::default()).for_each(|chunk| _ = black_box(chunk.len()));
}

#[library_benchmark]
#[bench::counters(args = (Format::Text0_0_4), setup = counters, config = about(240_283))]
#[bench::counters_openmetrics(args = (OPENMETRICS), setup = counters, config = about(251_329))]
#[bench::counters_beside_exemplars(
    args = (OPENMETRICS),
    setup = beside_exemplars,
    config = about(251_408)
)]
#[bench::expiring_counters(args = (Format::Text0_0_4), setup = expiring, config = about(431_569))]
#[bench::histograms(args = (Format::Text0_0_4), setup = histograms, config = about(2_588_076))]
#[bench::histograms_openmetrics(
    args = (OPENMETRICS),
    setup = histograms,
    config = about(2_619_242)
)]
#[bench::exemplars(args = (OPENMETRICS), setup = exemplars, config = about(15_203_586))]
#[bench::families(args = (Format::Text0_0_4), setup = families, config = about(1_191_656))]
fn page((encoder, format): (Encoder, Format)) -> Encoder {
    write(&encoder, format);
    encoder
}

#[library_benchmark]
#[bench::kept_counters(args = (Format::Text0_0_4), setup = expired, config = about(432_327))]
fn page_of_expired(
    ((encoder, format), handles): ((Encoder, Format), Vec<Counter>),
) -> (Encoder, Vec<Counter>) {
    write(&encoder, format);
    (encoder, handles)
}

library_benchmark_group!(name = pages, benchmarks = [page, page_of_expired]);
