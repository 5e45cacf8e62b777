//! 16,384 records of each kind, in series whose cells the thread has.

use std::collections::BTreeMap;
use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group};
use tickmark::{
    Bounds, ClosedFamily, Counter, Family, FloatBounds, FloatHistogram, Gauge, Histogram, Label,
    OpenFamily, Registry, Scale, StaticFamily, UpDownCounter,
};
use tickmark_benches::{BOUNDS, INPUTS, Request, durations, requests, seconds};

use crate::about;

fn counter() -> Counter {
    let counter = Registry::new().counter("counter", "C.").unwrap();
    counter.inc();
    counter
}

#[library_benchmark(setup = counter, config = about(213_018))]
#[bench::handle()]
fn inc(counter: Counter) -> Counter {
    for _ in 0..INPUTS {
        black_box(&counter).inc();
    }
    counter
}

fn gauge() -> Gauge {
    Registry::new().gauge("gauge", "G.").unwrap()
}

#[library_benchmark(setup = gauge, config = about(180_233))]
#[bench::handle()]
fn set(gauge: Gauge) -> Gauge {
    for _ in 0..INPUTS {
        black_box(&gauge).set(black_box(3));
    }
    gauge
}

fn open() -> UpDownCounter {
    let open = Registry::new().up_down_counter("open", "O.").unwrap();
    open.inc();
    open
}

#[library_benchmark(setup = open, config = about(426_010))]
#[bench::handle()]
fn up_and_down(open: UpDownCounter) -> UpDownCounter {
    for _ in 0..INPUTS {
        black_box(&open).inc();
        black_box(&open).dec();
    }
    open
}

/// As close as durations: each 13.5 % above the one before.
fn close_bounds() -> FloatBounds {
    FloatBounds::exponential(0.001, 1.135, 64).unwrap()
}

fn histogram(bounds: &[f64]) -> (Histogram, Vec<u64>) {
    let bounds = Bounds::new(Scale::Nanos, bounds).unwrap();
    let histogram = Registry::new().histogram("histogram_seconds", "H.", &bounds).unwrap();
    histogram.observe(1);
    (histogram, durations())
}

#[library_benchmark(setup = histogram)]
#[bench::eleven_bounds(args = (&BOUNDS), config = about(770_093))]
#[bench::close_bounds(args = (close_bounds().values()), config = about(1_228_844))]
fn observe((histogram, durations): (Histogram, Vec<u64>)) -> (Histogram, Vec<u64>) {
    for duration in &durations {
        black_box(&histogram).observe(*duration);
    }
    (histogram, durations)
}

fn float_histogram(bounds: &[f64]) -> (FloatHistogram, Vec<f64>) {
    let bounds = FloatBounds::new(bounds).unwrap();
    let histogram = Registry::new().float_histogram("histogram_seconds", "H.", &bounds).unwrap();
    histogram.observe(1.0);
    (histogram, seconds())
}

#[library_benchmark(setup = float_histogram)]
#[bench::eleven_bounds(args = (&BOUNDS), config = about(1_097_773))]
#[bench::close_bounds(args = (close_bounds().values()), config = about(1_589_292))]
fn observe_float((histogram, seconds): (FloatHistogram, Vec<f64>)) -> (FloatHistogram, Vec<f64>) {
    for value in &seconds {
        black_box(&histogram).observe(*value);
    }
    (histogram, seconds)
}

fn family() -> (Family<Counter, 3>, Vec<Request>) {
    let family =
        Registry::new().counter_family("family", "F.", ["method", "route", "status"]).unwrap();
    let requests = requests();
    requests.iter().for_each(|request| family.with(request.each_ref().map(String::as_str)).inc());
    (family, requests)
}

#[library_benchmark(setup = family, config = about(6_388_387))]
#[bench::three_labels()]
fn look_up(
    (family, requests): (Family<Counter, 3>, Vec<Request>),
) -> (Family<Counter, 3>, Vec<Request>) {
    for request in &requests {
        black_box(&family).with(request.each_ref().map(String::as_str)).inc();
    }
    (family, requests)
}

fn labels(request: &Request) -> [(&str, &str); 3] {
    let [method, route, status] = request.each_ref().map(String::as_str);
    // Not sorted: each look-up sorts them.
    [("status", status), ("method", method), ("route", route)]
}

fn open_family() -> (OpenFamily<Counter>, Vec<Request>) {
    let family: OpenFamily<Counter> = Registry::new().open_family("family", "F.", &()).unwrap();
    let requests = requests();
    requests.iter().for_each(|request| family.with(&labels(request)).unwrap().inc());
    (family, requests)
}

#[library_benchmark(setup = open_family, config = about(14_056_685))]
#[bench::three_labels()]
fn look_up_open(
    (family, requests): (OpenFamily<Counter>, Vec<Request>),
) -> (OpenFamily<Counter>, Vec<Request>) {
    for request in &requests {
        if let Ok(counter) = black_box(&family).with(&labels(request)) {
            counter.inc();
        }
    }
    (family, requests)
}

fn full() -> (Family<Counter, 3>, Vec<Request>) {
    let family =
        Registry::new().counter_family("family", "F.", ["method", "route", "status"]).unwrap();
    family.set_series_limit(0);
    family.with(["GET", "/", "200"]).inc();
    (family, requests())
}

#[library_benchmark(setup = full, config = about(10_560_072))]
#[bench::three_labels()]
fn past_series_limit(
    (family, requests): (Family<Counter, 3>, Vec<Request>),
) -> (Family<Counter, 3>, Vec<Request>) {
    for request in &requests {
        black_box(&family).with(request.each_ref().map(String::as_str)).inc();
    }
    (family, requests)
}

type StaticTexts = (StaticFamily<Counter, 3>, Vec<[&'static str; 3]>);

fn static_texts() -> StaticTexts {
    let (family, requests) = family();
    // One copy of each text, as for literals.
    let mut texts: BTreeMap<String, &'static str> = BTreeMap::new();
    let mut copy = |text: String| *texts.entry(text.clone()).or_insert_with(|| text.leak());
    let requests: Vec<_> = requests.into_iter().map(|request| request.map(&mut copy)).collect();
    let family = family.static_labels();
    requests.iter().for_each(|request| family.with(*request).inc());
    (family, requests)
}

#[library_benchmark(setup = static_texts, config = about(1_498_630))]
#[bench::three_labels()]
fn look_up_static((family, requests): StaticTexts) -> StaticTexts {
    for request in &requests {
        black_box(&family).with(*request).inc();
    }
    (family, requests)
}

#[derive(Clone, Copy, Debug)]
struct Direction(usize);

impl Label for Direction {
    const ALL: &'static [Self] = &[Self(0), Self(1)];

    fn as_str(self) -> &'static str {
        ["in", "out"][self.0]
    }

    fn index(self) -> usize {
        self.0
    }
}

fn closed() -> ClosedFamily<Counter, Direction> {
    let closed = Registry::new().counter_family("closed", "C.", ["direction"]).unwrap().closed();
    (0..2).for_each(|direction| closed.with(Direction(direction)).inc());
    closed
}

#[library_benchmark(setup = closed, config = about(475_163))]
#[bench::one_label()]
fn find_closed(closed: ClosedFamily<Counter, Direction>) -> ClosedFamily<Counter, Direction> {
    for round in 0..INPUTS {
        black_box(&closed).with(Direction(black_box(round % 2))).inc();
    }
    closed
}

library_benchmark_group!(
    name = records,
    benchmarks = [
        inc,
        set,
        up_and_down,
        observe,
        observe_float,
        look_up,
        look_up_open,
        look_up_static,
        past_series_limit,
        find_closed
    ]
);
