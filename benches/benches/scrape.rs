//! Writing a page in the steady state, beside a plain copy of the same bytes: the time
//! per sample, for growing numbers of series.
#![expect(missing_docs, unused_results, clippy::unwrap_used, reason = "a bench")]

use std::cell::LazyCell;
use std::env;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::Request;
use http_body::Body;
use tickmark::{Bounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations};
use tickmark_http::ScrapeEndpoint;
use tickmark_text::{Encoder, Format, NameFilter};

const COUNTERS: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
const HISTOGRAMS: [usize; 4] = [100, 1_000, 10_000, 100_000];

/// Of a histogram: its buckets, including the one past all bounds, its sum and its count.
const HISTOGRAM_SAMPLES: usize = BOUNDS.len() + 3;

const OPENMETRICS: Format = Format::OpenMetrics1_0(None);

fn counters(series_count: usize, expiry: Option<Duration>) -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "R.", ["method", "route", "status"]).unwrap();
    family.set_series_limit(series_count);
    family.set_idle_expiry(expiry);
    for series in 0..series_count {
        family.with(["GET", &format!("/api/v1/items/{series}"), "200"]).add(series as u64);
    }
    registry
}

fn histograms(series_count: usize, exemplar: &[(&str, &str)]) -> Registry {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family =
        registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    family.set_series_limit(series_count);
    let durations = durations();
    for series in 0..series_count {
        let histogram = family.with(["GET", &format!("/api/v1/items/{series}")]);
        let some = durations.iter().cycle().skip(series % durations.len()).take(50);
        if exemplar.is_empty() {
            some.for_each(|duration| histogram.observe(*duration));
        } else {
            some.for_each(|duration| histogram.observe_with_exemplar(*duration, exemplar));
        }
    }
    registry
}

/// Families of one counter each.
fn families(family_count: usize) -> Registry {
    let registry = Registry::new();
    for family in 0..family_count {
        registry.counter(&format!("jobs_{family}"), "Jobs done.").unwrap().add(family as u64);
    }
    registry
}

/// Whether criterion measures nothing. Then each bench runs once, and a few series
/// suffice.
fn is_trial() -> bool {
    !env::args().any(|argument| argument == "--bench")
}

fn growth(criterion: &mut Criterion) {
    let is_wanted = |series_count: &usize| *series_count <= 1_000 || !is_trial();
    for series_count in COUNTERS.into_iter().filter(is_wanted) {
        bench(criterion, &format!("counters/{series_count}"), series_count, || {
            counters(series_count, None)
        });
    }
    for series_count in HISTOGRAMS.into_iter().filter(is_wanted) {
        let sample_count = series_count * HISTOGRAM_SAMPLES;
        bench(criterion, &format!("histograms/{series_count}"), sample_count, || {
            histograms(series_count, &[])
        });
    }
}

/// Pages one after another, in every way of serving.
fn bench(
    criterion: &mut Criterion,
    name: &str,
    sample_count: usize,
    registry: impl FnOnce() -> Registry,
) {
    // Built by the first bench that needs it.
    let registry = LazyCell::new(registry);
    let encoder = LazyCell::new(|| Encoder::new(&registry));
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(sample_count as u64)).sample_size(10);
    for (name, format) in [("page", Format::Text0_0_4), ("openmetrics", OPENMETRICS)] {
        group.bench_function(name, |bencher| {
            let encoder = &*encoder;
            bencher.iter(|| {
                encoder.page(format, NameFilter::default()).map(|chunk| chunk.len()).sum::<usize>()
            });
        });
    }
    for (name, encoding) in [("served", "identity"), ("served_as_gzip", "gzip")] {
        let endpoint = LazyCell::new(|| {
            ScrapeEndpoint::builder().self_metrics(false).build(&registry).unwrap()
        });
        let request =
            Request::get("/metrics").header("accept-encoding", encoding).body(()).unwrap();
        group.bench_function(name, |bencher| {
            let endpoint = &*endpoint;
            bencher.iter(|| serve(endpoint, &request));
        });
    }
    let page = LazyCell::new(|| encoder.encode());
    let mut copy = Vec::new();
    group.bench_function("copy", |bencher| {
        let page: &Bytes = &page;
        copy.resize(page.len(), 0);
        bencher.iter(|| {
            copy.copy_from_slice(black_box(page));
            copy.len()
        });
    });
    group.finish();
}

/// Scrapes, and reads the response to its end. Returns its length in bytes.
fn serve(endpoint: &ScrapeEndpoint, request: &Request<()>) -> usize {
    let mut body = pin!(endpoint.respond(request).into_body());
    let mut context = Context::from_waker(Waker::noop());
    let mut len = 0;
    while !body.is_end_stream() {
        // Between two chunks it yields to other tasks.
        if let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
            len += frame.unwrap().into_data().unwrap_or_default().len();
        }
    }
    len
}

/// Pages of other kinds.
fn other_pages(criterion: &mut Criterion) {
    // Each series is checked, and none is removed.
    bench(criterion, "expiring_counters/1000", 1_000, || counters(1_000, Some(Duration::MAX)));
    bench(criterion, "families/1000", 1_000, || families(1_000));
    // Last: once there is an exemplar, scrapes look for them.
    let exemplar = [("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")];
    let sample_count = 1_000 * HISTOGRAM_SAMPLES;
    bench(criterion, "histograms_with_exemplars/1000", sample_count, || {
        histograms(1_000, &exemplar)
    });
}

criterion_group!(benches, growth, other_pages);
criterion_main!(benches);
