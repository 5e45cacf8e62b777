//! tickmark's own alternatives for one task, in turns: the cost of each beside the
//! plainest.

use std::hint::black_box;

use tickmark::{Bounds, Counter, Family, FloatBounds, Histogram, Registry, Scale};
use tickmark_benches::BOUNDS;
use tickmark_text::{Encoder, Format, NameFilter};
use versus::measure::{median, single};
use versus::work::{LABELS, Labels, label_sets, work};
use versus::{Row, Subject, print, print_samples};

fn main() {
    bounds();
    look_ups();
    for name in ["counters", "histograms"] {
        pages(name);
    }
    exemplars();
}

/// Histograms of few and many bounds, of whole numbers and of floats.
fn bounds() {
    let many = |count: usize| {
        let factor = 3_000_f64.powf(1.0 / (count - 1) as f64);
        FloatBounds::exponential(0.001, factor, count).unwrap()
    };
    let all = [FloatBounds::new(&BOUNDS).unwrap(), many(64), many(200)];
    let subjects: Vec<Subject> =
        all.iter().flat_map(|bounds| [whole(bounds), float(bounds)]).collect();
    let samples = single::measure(&subjects);
    for (bounds, samples) in all.iter().zip(samples.chunks(2)) {
        let x = Some(bounds.values().len() as u64);
        print_samples("ways", "histogram, by the number of its bounds", x, "ns", samples);
    }
}

fn whole(bounds: &FloatBounds) -> Subject {
    let bounds = Bounds::new(Scale::Nanos, bounds.values()).unwrap();
    let histogram = Registry::new().histogram("whole_seconds", "W.", &bounds).unwrap();
    let work = work();
    Subject::new("tickmark", move |round| {
        black_box(&histogram).observe(work.duration(round).whole())
    })
}

fn float(bounds: &FloatBounds) -> Subject {
    let histogram = Registry::new().float_histogram("float_seconds", "F.", bounds).unwrap();
    let work = work();
    Subject::new("tickmark, of floats", move |round| {
        black_box(&histogram).observe(work.duration(round).float())
    })
}

fn counters() -> Family<Counter, 3> {
    Registry::new().counter_family("requests", "R.", LABELS).unwrap()
}

/// A counter, found in each available way.
fn look_ups() {
    let work = work();
    let (texts, known, full, empty) = (counters(), counters(), counters(), counters());
    let kept = work.for_each_set(|labels| known.handle(*labels));
    let addresses = counters().static_labels();
    full.with(["PUT", "/", "200"]).inc();
    full.set_series_limit(1);
    let subjects = [
        Subject::new("tickmark", move |round| {
            black_box(&texts).with(*black_box(work.labels(round))).inc();
        }),
        Subject::new("tickmark, static labels", move |round| {
            black_box(&addresses).with(*black_box(work.labels(round))).inc();
        }),
        Subject::new("tickmark, handle kept", move |round| {
            black_box(&kept)[usize::from(work.resolved(round).set)].inc();
        }),
        Subject::new("tickmark, handle made and dropped", move |round| {
            drop(black_box(&known).handle(*black_box(work.labels(round))));
        }),
        Subject::new("tickmark, past the limit", move |round| {
            black_box(&full).with(*black_box(work.labels(round))).inc();
        }),
        Subject::new("tickmark, absent", move |round| {
            _ = black_box(black_box(&empty).get(*black_box(work.labels(round))).is_some());
        }),
    ];
    print_samples(
        "ways",
        "look-up of a counter by 3 labels",
        None,
        "ns",
        &single::measure(&subjects),
    );
}

const SERIES: usize = 10_000;

/// A page, without idle expiry and with an expiry that removes nothing.
fn pages(name: &str) {
    let registries = [false, true].map(|expires| {
        let registry = Registry::new();
        let labels: Vec<Labels> = label_sets(0..SERIES).collect();
        match name {
            "counters" => {
                let family = registry.counter_family("requests", "R.", LABELS).unwrap();
                family.set_series_limit(SERIES);
                labels.iter().for_each(|labels| family.with(*labels).inc());
                family.set_idle_expiry(expires.then_some(std::time::Duration::MAX));
            }
            _ => {
                let family = histograms(&registry);
                labels
                    .iter()
                    .enumerate()
                    .for_each(|(series, labels)| observe(&family.with(*labels), series));
                family.set_idle_expiry(expires.then_some(std::time::Duration::MAX));
            }
        }
        registry
    });
    let [without, with] = registries.map(|registry| page(registry, Format::Text0_0_4));
    let subjects = [without("tickmark"), with("tickmark, with idle expiry")];
    let samples = single::measure(&subjects);
    print_samples("ways", &format!("page of 10,000 {name}"), None, "ns", &samples);
}

fn histograms(registry: &Registry) -> Family<Histogram, 3> {
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family = registry.histogram_family("latency_seconds", "L.", LABELS, &bounds).unwrap();
    family.set_series_limit(SERIES);
    family
}

/// Values per histogram, enough to spread over most of its buckets.
const OBSERVATIONS: usize = 50;

fn observe(histogram: &Histogram, series: usize) {
    (series..series + OBSERVATIONS)
        .for_each(|round| histogram.observe(work().duration(round).whole()));
}

/// Runs a page as a round.
fn page(registry: Registry, format: Format) -> impl FnOnce(&str) -> Subject {
    let encoder = Encoder::new(&registry);
    move |name| {
        Subject::new(name, move |_| {
            encoder
                .page(format, NameFilter::default())
                .for_each(|chunk| _ = black_box(chunk.len()));
        })
    }
}

/// A page of histograms with exemplars in their buckets, and the nanoseconds per
/// exemplar.
fn exemplars() {
    const HISTOGRAMS: usize = 1_000;
    let format = Format::OpenMetrics1_0(None);
    let registries = [false, true].map(|are_traced| {
        let registry = Registry::new();
        let family = histograms(&registry);
        for (series, labels) in label_sets(0..HISTOGRAMS).enumerate() {
            let histogram = family.with(labels);
            observe(&histogram, series);
            for round in (series..series + OBSERVATIONS).take_while(|_| are_traced) {
                let trace = [("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")];
                histogram.observe_with_exemplar(work().duration(round).whole(), &trace);
            }
        }
        registry
    });
    let shown = Encoder::new(&registries[1])
        .page(format, NameFilter::default())
        .flatten()
        .collect::<Vec<u8>>();
    let count = shown.windows(4).filter(|bytes| *bytes == b" # {").count() as f64;
    let [without, with] = registries.map(|registry| page(registry, format));
    let samples = single::measure(&[without("tickmark"), with("tickmark, with exemplars")]);
    print_samples("ways", "page of 1,000 histograms, OpenMetrics", None, "ns", &samples);
    let each: Vec<f64> = samples[0]
        .1
        .iter()
        .zip(&samples[1].1)
        .map(|(without, with)| (with - without) / count)
        .collect();
    print(&[Row::new("ways", "exemplar on a page", None, "tickmark", "ns", median(&each))]);
}
