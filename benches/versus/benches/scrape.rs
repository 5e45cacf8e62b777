//! A page of 10,000 series beside those of other libraries: the same labels and values, all in turn in one run, each with
//! its memory kept from round to round where it allows that.
//!
//! In each round a library writes its page three times: when the others have just used the caches (cold), and twice again,
//! of which the last counts (warm).
//! Prints medians over the rounds.

use std::hint::black_box;
use std::time::Instant;

use fastmetrics::format::text::TextProfile;
use measured::text::BufferedTextEncoder;
use paracord::ParaCord;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};
use prometheus_client::metrics::family::Family;
use tickmark::{Bounds, Registry, Scale};
use tickmark_benches::{BOUNDS, durations};
use tickmark_text::{Encoder, Format, NameFilter};

const SERIES: usize = 10_000;
const LABELS: [&str; 3] = ["method", "path", "status"];
const OBSERVATIONS: usize = 50;

type Labels = [String; 3];

fn labels() -> impl Iterator<Item = Labels> {
    (0..SERIES).map(|series| ["GET".into(), format!("/api/v1/items/{series}"), "200".into()])
}

/// What a counter is at.
fn count(series: usize) -> u64 {
    series as u64 * 37
}

/// Is shown every part of a page.
type Reader<'a> = &'a mut dyn FnMut(&[u8]);

/// One library's way to write a page.
struct Subject<'a> {
    name: &'a str,
    write: Box<dyn FnMut(Reader<'_>) + 'a>,
    cold_ns: Vec<f64>,
    warm_ns: Vec<f64>,
}

fn subject<'a>(name: &'a str, write: impl FnMut(Reader<'_>) + 'a) -> Subject<'a> {
    Subject { name, write: Box::new(write), cold_ns: Vec::new(), warm_ns: Vec::new() }
}

fn sample_count(subject: &mut Subject<'_>) -> usize {
    let mut page = Vec::new();
    (subject.write)(&mut |part| page.extend_from_slice(part));
    let page = String::from_utf8(page).unwrap();
    page.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count()
}

fn run(title: &str, rounds: usize, mut subjects: Vec<Subject<'_>>) {
    let samples = sample_count(&mut subjects[0]);
    for subject in &mut subjects {
        assert_eq!(sample_count(subject), samples, "{} has another page", subject.name);
    }
    for _ in 0..rounds {
        for subject in &mut subjects {
            let ns = [(); 3].map(|()| {
                let start = Instant::now();
                (subject.write)(&mut |part| _ = black_box(part));
                start.elapsed().as_nanos() as f64 / samples as f64
            });
            subject.cold_ns.push(ns[0]);
            subject.warm_ns.push(ns[2]);
        }
    }
    println!("{title}, {samples} samples: ns a sample, and how many times that of the first");
    println!("  {:20}{:>10}{:>10}{:>10}{:>10}", "", "cold", "", "warm", "");
    let first = [median(&subjects[0].cold_ns), median(&subjects[0].warm_ns)];
    for subject in &subjects {
        let [cold, warm] = [median(&subject.cold_ns), median(&subject.warm_ns)];
        let (cold_ratio, warm_ratio) = (cold / first[0], warm / first[1]);
        println!("  {:20}{cold:10.1}{cold_ratio:10.2}{warm:10.1}{warm_ratio:10.2}", subject.name);
    }
}

fn median(ns: &[f64]) -> f64 {
    let mut ns = ns.to_vec();
    ns.sort_by(f64::total_cmp);
    ns[ns.len() / 2]
}

fn tickmark_page(encoder: &Encoder, format: Format, read: Reader<'_>) {
    encoder.page(format, NameFilter::default()).for_each(|chunk| read(&chunk));
}

/// What any page costs at least.
fn copy<'a>(page: Vec<u8>) -> Subject<'a> {
    let mut copy = vec![0; page.len()];
    subject("a copy of its page", move |read| {
        copy.copy_from_slice(black_box(&page));
        read(&copy);
    })
}

#[derive(measured_derive::LabelGroup)]
#[label(set = MeasuredSet)]
struct MeasuredLabels<'a> {
    #[label(dynamic_with = ParaCord)]
    method: &'a str,
    #[label(dynamic_with = ParaCord)]
    path: &'a str,
    #[label(dynamic_with = ParaCord)]
    status: &'a str,
}

fn measured_set() -> MeasuredSet {
    MeasuredSet { method: ParaCord::default(), path: ParaCord::default(), status: ParaCord::default() }
}

fn measured_labels([method, path, status]: &Labels) -> MeasuredLabels<'_> {
    MeasuredLabels { method, path, status }
}

#[derive(measured_derive::MetricGroup)]
struct MeasuredCounters {
    /// R.
    requests_total: measured::CounterVec<MeasuredSet>,
}

#[derive(measured_derive::MetricGroup)]
struct MeasuredHistograms {
    /// L.
    latency_seconds: measured::HistogramVec<MeasuredSet, 11>,
}

fn measured_page<'a>(metrics: impl measured::MetricGroup<BufferedTextEncoder> + 'a) -> Subject<'a> {
    let mut encoder = BufferedTextEncoder::new();
    subject("measured", move |read| {
        metrics.collect_group_into(&mut encoder).unwrap();
        read(&encoder.finish());
    })
}

fn prometheus_page<'a>(registry: prometheus::Registry) -> Subject<'a> {
    let mut page = String::new();
    subject("prometheus", move |read| {
        page.clear();
        prometheus::TextEncoder::new().encode_utf8(&registry.gather(), &mut page).unwrap();
        read(page.as_bytes());
    })
}

fn prometheus_client_page<'a>(registry: prometheus_client::registry::Registry) -> Subject<'a> {
    let mut page = String::new();
    subject("prometheus-client", move |read| {
        page.clear();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        read(page.as_bytes());
    })
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, prometheus_client::encoding::EncodeLabelSet)]
struct ClientLabels {
    method: String,
    path: String,
    status: String,
}

fn client_labels([method, path, status]: Labels) -> ClientLabels {
    ClientLabels { method, path, status }
}

#[derive(Clone, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
struct FastLabels {
    method: String,
    path: String,
    status: String,
}

fn fast_labels([method, path, status]: Labels) -> FastLabels {
    FastLabels { method, path, status }
}

fn fastmetrics_page<'a>(registry: fastmetrics::registry::Registry) -> Subject<'a> {
    let mut page = String::new();
    subject("fastmetrics", move |read| {
        page.clear();
        fastmetrics::format::text::encode(&mut page, &registry, TextProfile::PrometheusV0_0_4).unwrap();
        read(page.as_bytes());
    })
}

/// Writes pages of registries that hold the same, ours first.
fn compare(
    title: &str,
    rounds: usize,
    registry: Registry,
    measured: impl measured::MetricGroup<BufferedTextEncoder>,
    client: prometheus_client::registry::Registry,
    fast: fastmetrics::registry::Registry,
    prometheus: prometheus::Registry,
) {
    let encoder = Encoder::new(registry);
    let page = encoder.encode().to_vec();
    let subjects = vec![
        subject("tickmark", |read| tickmark_page(&encoder, Format::Text0_0_4, read)),
        subject("tickmark, OpenMetrics", |read| tickmark_page(&encoder, Format::OpenMetrics1_0(None), read)),
        copy(page),
        measured_page(measured),
        prometheus_client_page(client),
        fastmetrics_page(fast),
        prometheus_page(prometheus),
    ];
    run(title, rounds, subjects);
}

fn counters() {
    let registry = Registry::new();
    let ours = registry.counter_family("requests", "R.", LABELS).unwrap();
    ours.set_series_limit(SERIES);
    let measured = MeasuredCounters { requests_total: measured::CounterVec::with_label_set(measured_set()) };
    let prometheus = prometheus::Registry::new();
    let theirs = IntCounterVec::new(Opts::new("requests_total", "R."), &LABELS).unwrap();
    prometheus.register(Box::new(theirs.clone())).unwrap();
    let mut client = prometheus_client::registry::Registry::default();
    let client_counters = Family::<ClientLabels, prometheus_client::metrics::counter::Counter>::default();
    client.register("requests", "R.", client_counters.clone());
    let mut fast = fastmetrics::registry::Registry::default();
    let fast_counters =
        fastmetrics::metrics::family::Family::<FastLabels, fastmetrics::metrics::counter::Counter>::default();
    fast.register("requests_total", "R.", fast_counters.clone()).unwrap();
    for (series, labels) in labels().enumerate() {
        let amount = count(series);
        ours.with(labels.each_ref().map(String::as_str)).add(amount);
        measured.requests_total.inc_by(measured_labels(&labels), amount);
        theirs.with_label_values(&labels).inc_by(amount);
        let _ = client_counters.get_or_create(&client_labels(labels.clone())).inc_by(amount);
        fast_counters.with_or_new(&fast_labels(labels), |counter| _ = counter.inc_by(amount));
    }
    compare("10,000 counters", 100, registry, measured, client, fast, prometheus);
}

fn histograms() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let ours = registry.histogram_family("latency_seconds", "L.", LABELS, &bounds).unwrap();
    ours.set_series_limit(SERIES);
    let thresholds = measured::metric::histogram::Thresholds::with_buckets(BOUNDS);
    let measured = MeasuredHistograms {
        latency_seconds: measured::HistogramVec::with_label_set_and_metadata(measured_set(), thresholds),
    };
    let prometheus = prometheus::Registry::new();
    let options = HistogramOpts::new("latency_seconds", "L.").buckets(BOUNDS.to_vec());
    let theirs = HistogramVec::new(options, &LABELS).unwrap();
    prometheus.register(Box::new(theirs.clone())).unwrap();
    let mut client = prometheus_client::registry::Registry::default();
    let make = || prometheus_client::metrics::histogram::Histogram::new(BOUNDS);
    let client_histograms =
        Family::new_with_constructor(make as fn() -> prometheus_client::metrics::histogram::Histogram);
    client.register("latency_seconds", "L.", client_histograms.clone());
    let mut fast = fastmetrics::registry::Registry::default();
    let fast_histograms: fastmetrics::metrics::family::Family<FastLabels, fastmetrics::metrics::histogram::Histogram> =
        fastmetrics::metrics::family::Family::new(|| fastmetrics::metrics::histogram::Histogram::new(BOUNDS));
    fast.register("latency_seconds", "L.", fast_histograms.clone()).unwrap();
    let durations = durations();
    for (series, labels) in labels().enumerate() {
        let nanos: Vec<u64> = durations.iter().copied().skip(series).take(OBSERVATIONS).collect();
        let seconds: Vec<f64> = nanos.iter().map(|nanos| *nanos as f64 / 1e9).collect();
        let one = ours.with(labels.each_ref().map(String::as_str));
        nanos.iter().for_each(|value| one.observe(*value));
        seconds.iter().for_each(|value| measured.latency_seconds.observe(measured_labels(&labels), *value));
        let one = theirs.with_label_values(&labels);
        seconds.iter().for_each(|value| one.observe(*value));
        let one = client_histograms.get_or_create(&client_labels(labels.clone()));
        seconds.iter().for_each(|value| one.observe(*value));
        fast_histograms.with_or_new(&fast_labels(labels), |one| seconds.iter().for_each(|value| one.observe(*value)));
    }
    compare("10,000 histograms with 11 bounds", 20, registry, measured, client, fast, prometheus);
}

fn main() {
    counters();
    histograms();
}
