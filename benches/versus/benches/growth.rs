//! Growth of tickmark's operations: with threads that record at once or hold cells of a
//! series, and with series.

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use cpu_time::ThreadTime;
use tickmark::{Bounds, Counter, Family, FloatBounds, Histogram, Label, Registry, Scale};
use tickmark_benches::BOUNDS;
use tickmark_text::{Encoder, Format, NameFilter};
use versus::measure::{full_or_quick, median, single, together};
use versus::work::{LABELS, Labels, label_sets, work};
use versus::{Row, Subject, part, print};

const THREADS: [usize; 6] = [1, 2, 4, 8, 16, 64];
const SERIES: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

fn main() {
    part(&[("recording", recording), ("reading", reading), ("series", by_series)]);
}

/// Prints a figure of tickmark.
fn row(chapter: &str, operation: &str, x: usize, ns: f64) {
    print(&[Row::new(chapter, operation, Some(x as u64), "tickmark", "ns", ns)]);
}

/// Prints the figures of subjects, each of which is an operation.
fn rows(chapter: &str, x: usize, samples: &[(String, Vec<f64>)]) {
    samples.iter().for_each(|(operation, samples)| row(chapter, operation, x, median(samples)));
}

const BY_THREADS: &str = "growth by threads";

fn recording() {
    let subjects = recorders();
    for threads in THREADS {
        rows(BY_THREADS, threads, &together::measure(&subjects, threads));
    }
}

#[derive(Clone, Copy)]
struct Parity(usize);

impl Label for Parity {
    const ALL: &'static [Self] = &[Self(0), Self(1)];

    fn as_str(self) -> &'static str {
        ["even", "odd"][self.0 % 2]
    }

    fn index(self) -> usize {
        self.0 % 2
    }
}

/// Operations on all threads at once.
fn recorders() -> Vec<Subject> {
    let (work, registry) = (work(), Registry::new());
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let counter = registry.counter("counter", "C.").unwrap();
    let gauge = registry.gauge("gauge", "G.").unwrap();
    let open = registry.up_down_counter("open", "O.").unwrap();
    let histogram = registry.histogram("histogram_seconds", "H.", &bounds).unwrap();
    let float = registry
        .float_histogram("float_seconds", "F.", &FloatBounds::new(&BOUNDS).unwrap())
        .unwrap();
    let traced = registry.histogram("traced_seconds", "T.", &bounds).unwrap();
    let closed = registry.counter_family("closed", "C.", ["parity"]).unwrap().closed::<Parity>();
    let family = registry.counter_family("requests", "R.", LABELS).unwrap();
    let addresses = registry.counter_family("static", "S.", LABELS).unwrap().static_labels();
    let full = registry.counter_family("full", "F.", LABELS).unwrap();
    full.with(["PUT", "/", "200"]).inc();
    full.set_series_limit(1);
    let passing = registry.counter_family("passing", "P.", ["number"]).unwrap();
    vec![
        Subject::short("counter, handle", move |_| black_box(&counter).inc()),
        Subject::short("gauge, set", move |round| black_box(&gauge).set(round as i64)),
        Subject::short("up and down, handle", move |_| {
            black_box(&open).inc();
            black_box(&open).dec();
        }),
        Subject::new("histogram of 11 bounds, handle", move |round| {
            black_box(&histogram).observe(work.duration(round).whole());
        }),
        Subject::new("histogram of floats, 11 bounds, handle", move |round| {
            black_box(&float).observe(work.duration(round).float());
        }),
        Subject::new("histogram, observed with an exemplar", move |round| {
            let trace = [("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")];
            black_box(&traced).observe_with_exemplar(work.duration(round).whole(), &trace);
        }),
        Subject::new("counter by a closed label", move |round| {
            black_box(&closed).with(Parity(round)).inc()
        }),
        Subject::new("counter by 3 labels, looked up", move |round| {
            black_box(&family).with(*black_box(work.labels(round))).inc();
        }),
        Subject::new("counter by 3 static labels", move |round| {
            black_box(&addresses).with(*black_box(work.labels(round))).inc();
        }),
        Subject::new("counter past the series limit, looked up", move |round| {
            black_box(&full).with(*black_box(work.labels(round))).inc();
        }),
        Subject::new("series created and removed", move |round| {
            let mut number = String::with_capacity(20);
            write!(number, "{round}").unwrap();
            black_box(&passing).with([&number]).inc();
            passing.remove([&number]);
        }),
    ]
}

/// Runs `look` while this many threads that have recorded stay alive.
fn beside<T>(threads: usize, record: impl Fn() + Sync, look: impl FnOnce() -> T) -> T {
    let (recorded, done) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                record();
                recorded.wait();
                done.wait();
            });
        }
        recorded.wait();
        let seen = look();
        done.wait();
        seen
    })
}

/// Reads while increasingly many threads have cells of a series, used rarely or often.
fn reading() {
    let often = full_or_quick(2_000, 40);
    for threads in THREADS {
        first_record(threads);
        read("recorded once by each thread", 10_000, 1, threads);
        read("recorded 2,000 times by each thread", 1_000, often, threads);
    }
}

/// Times the first record of a thread that takes the returned lease of an ended one,
/// beside live threads that have recorded.
fn first_record(threads: usize) {
    const ONE_BY_ONE: usize = 200;
    let counter = Registry::new().counter("counter", "C.").unwrap();
    let first = || {
        let start = Instant::now();
        black_box(&counter).inc();
        start.elapsed().as_nanos() as f64
    };
    let in_a_thread = |_| thread::scope(|scope| scope.spawn(first).join().unwrap());
    let samples: Vec<f64> =
        beside(threads, || counter.inc(), || (0..ONE_BY_ONE).map(in_a_thread).collect());
    row(BY_THREADS, "first record of a thread with a returned lease", threads, median(&samples));
}

/// Reads of series and pages, with records of each thread in each of them.
fn read(how: &str, series: usize, records: usize, threads: usize) {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family = registry.histogram_family("latency_seconds", "L.", LABELS, &bounds).unwrap();
    family.set_series_limit(series);
    let kept: &[Histogram] =
        label_sets(0..series).map(|labels| family.handle(labels)).collect::<Vec<_>>().leak();
    let record = || {
        for (number, histogram) in kept.iter().enumerate() {
            (number..number + records)
                .for_each(|round| histogram.observe(work().duration(round).whole()));
        }
    };
    let subjects = [
        Subject::new(format!("reading a histogram, {how}"), |round| {
            _ = black_box(any(kept, round).snapshot().count());
        }),
        page(registry, &format!("histogram on a page, {how}")),
    ];
    let mut samples = beside(threads, record, || single::measure(&subjects));
    samples[1].1.iter_mut().for_each(|ns| *ns /= series as f64);
    rows(BY_THREADS, threads, &samples);
}

/// Picks one of them, unrelated to the next (a multiplicative hash).
fn any<T>(all: &[T], round: usize) -> &T {
    let hash = (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    &all[hash as usize % all.len()]
}

const BY_SERIES: &str = "growth by series";

fn by_series() {
    for series in full_or_quick(&SERIES[..], &SERIES[..3]) {
        with_series(*series);
    }
}

fn with_series(series: usize) {
    let registry = Registry::new();
    let family: Family<Counter, 3> = registry.counter_family("requests", "R.", LABELS).unwrap();
    family.set_series_limit(series);
    let labels: &[Labels] = label_sets(0..series).collect::<Vec<_>>().leak();
    let beyond: &[Labels] =
        label_sets(series..series + series.min(10_000)).collect::<Vec<_>>().leak();
    let each = |operation: &str, act: &(dyn Fn(&Labels) + Sync)| {
        let start = ThreadTime::now();
        labels.iter().for_each(act);
        row(BY_SERIES, operation, series, start.elapsed().as_nanos() as f64 / series as f64);
    };
    each("series created", &|labels| drop(family.with(*labels)));
    let kept: &[Counter] =
        labels.iter().map(|labels| family.handle(*labels)).collect::<Vec<_>>().leak();
    first_records(kept);
    rows(BY_SERIES, series, &single::measure(&finders(&family, labels, beyond, kept)));
    page_of(registry, "counter on a page", series);
    histograms(series, labels);
    remove(series, labels);
}

/// Prints the time per series on a page of this many.
fn page_of(registry: Registry, operation: &str, series: usize) {
    let mut samples = single::measure(&[page(registry, operation)]);
    samples[0].1.iter_mut().for_each(|ns| *ns /= series as f64);
    rows(BY_SERIES, series, &samples);
}

/// Runs a page as a round.
fn page(registry: Registry, operation: &str) -> Subject {
    let encoder = Encoder::new(&registry);
    Subject::new(operation, move |_| {
        encoder
            .page(Format::Text0_0_4, NameFilter::default())
            .for_each(|chunk| _ = black_box(chunk.len()));
    })
}

fn histograms(series: usize, labels: &[Labels]) {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
    let family = registry.histogram_family("latency_seconds", "L.", LABELS, &bounds).unwrap();
    family.set_series_limit(series);
    let kept: &[Histogram] =
        labels.iter().map(|labels| family.handle(*labels)).collect::<Vec<_>>().leak();
    let work = work();
    let observe = |round| black_box(any(kept, round)).observe(work.duration(round).whole());
    let samples = single::measure(&[Subject::new("histogram, handle kept", observe)]);
    rows(BY_SERIES, series, &samples);
    page_of(registry, "histogram on a page", series);
}

/// The first record of a thread in every series.
fn first_records(kept: &[Counter]) {
    let record = || {
        let start = ThreadTime::now();
        kept.iter().for_each(Counter::inc);
        start.elapsed().as_nanos() as f64 / kept.len() as f64
    };
    let ns = thread::scope(|scope| scope.spawn(record).join().unwrap());
    row(BY_SERIES, "first record of a thread in a series", kept.len(), ns);
}

/// All ways to find a series among many.
fn finders(
    family: &Family<Counter, 3>,
    labels: &'static [Labels],
    beyond: &'static [Labels],
    kept: &'static [Counter],
) -> Vec<Subject> {
    let [texts, full, absent] = [(); 3].map(|()| family.clone());
    let addresses = family.static_labels();
    labels.iter().for_each(|labels| drop(addresses.with(*labels)));
    vec![
        Subject::new("counter, handle kept", |round| black_box(any(kept, round)).inc()),
        Subject::new("counter read", |round| _ = black_box(any(kept, round).get())),
        Subject::new("counter by 3 labels, looked up", move |round| {
            texts.with(*any(labels, round)).inc()
        }),
        Subject::new("counter by 3 static labels", move |round| {
            addresses.with(*any(labels, round)).inc()
        }),
        Subject::new("counter past the series limit, looked up", move |round| {
            full.with(*any(beyond, round)).inc();
        }),
        Subject::new("absent series, asked for", move |round| {
            _ = black_box(absent.get(*any(beyond, round)).is_some());
        }),
    ]
}

/// Removes all series of a family whose handles are not kept.
fn remove(series: usize, labels: &[Labels]) {
    let family: Family<Counter, 3> =
        Registry::new().counter_family("removed", "R.", LABELS).unwrap();
    family.set_series_limit(series);
    labels.iter().for_each(|labels| family.with(*labels).inc());
    let start = ThreadTime::now();
    labels.iter().for_each(|labels| _ = black_box(family.remove(*labels)));
    row(BY_SERIES, "series removed", series, start.elapsed().as_nanos() as f64 / series as f64);
}
