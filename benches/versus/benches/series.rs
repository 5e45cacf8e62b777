//! A counter looked up by 3 labels, with growing numbers of series in its family.

use std::hint::black_box;

use versus::libraries::{
    Fastmetrics, Measured, Metrics, OpenTelemetry, Prometheus, PrometheusClient, Tickmark,
};
use versus::library::ByLabels;
use versus::measure::{full_or_quick, single};
use versus::work::{Labels, label_sets};
use versus::{Subject, print_samples};

const SERIES: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

/// Makes a series for each label set, and then looks them up in random order.
type Grow = Box<dyn Fn(&'static [Labels]) -> Subject>;

fn growing<L: ByLabels>() -> Grow {
    let library: &L = Box::leak(Box::new(L::new(SERIES[SERIES.len() - 1])));
    Box::new(move |labels| {
        labels.iter().for_each(|labels| library.inc_of(labels));
        Subject::new(L::NAME, move |round| black_box(library).inc_of(any(labels, round)))
    })
}

/// One of the label sets, unrelated to the next (a multiplicative hash).
fn any(labels: &'static [Labels], round: usize) -> &'static Labels {
    let hash = (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    &labels[hash as usize % labels.len()]
}

fn main() {
    let libraries = [
        growing::<Tickmark>(),
        growing::<Prometheus>(),
        growing::<PrometheusClient<String>>(),
        growing::<Metrics<String>>(),
        growing::<Measured>(),
        growing::<Fastmetrics<String>>(),
        growing::<OpenTelemetry<String>>(),
    ];
    for series in full_or_quick(&SERIES[..], &SERIES[..3]).iter().copied() {
        let labels: &[Labels] = label_sets(0..series).collect::<Vec<_>>().leak();
        let mut subjects: Vec<Subject> = libraries.iter().map(|grow| grow(labels)).collect();
        // The cost of fetching the labels themselves.
        subjects.push(Subject::new("limit: the input alone", |round| {
            black_box(any(labels, round))
                .iter()
                .for_each(|text| _ = black_box(text.as_bytes().last()));
        }));
        let samples = single::measure(&subjects);
        print_samples(
            "series",
            "counter by 3 labels, looked up",
            Some(series as u64),
            "ns",
            &samples,
        );
    }
}
