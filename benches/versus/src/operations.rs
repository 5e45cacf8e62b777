//! The measured operations of recording: for each, the subjects and their methods.

use std::hint::black_box;
use std::time::Instant;

use crate::libraries::{
    Fastmetrics, Measured, Metrics, Metriken, MetrikenSharded, OpenTelemetry, Prometheus,
    PrometheusClient, Text, Tickmark, inc_by_macro,
};
use crate::library::{ByLabels, Library};
use crate::work::{Labels, PARTS, Part, Value, Work, work};
use crate::{Subject, closed, limits, local};

/// Enough for the label sets of all requests.
const SERIES_LIMIT: usize = 2_000;

/// A recorded operation and its subjects; tickmark first.
pub struct Operation {
    pub name: &'static str,
    pub title: &'static str,
    pub subjects: fn() -> Vec<Subject>,
}

impl Operation {
    const fn new(name: &'static str, title: &'static str, subjects: fn() -> Vec<Subject>) -> Self {
        Self { name, title, subjects }
    }
}

pub const OPERATIONS: [Operation; 9] = [
    Operation::new("counter", "counter, handle", counters),
    Operation::new("histogram", "histogram of 11 bounds, handle", histograms),
    Operation::new("up-and-down", "up and down, handle", up_and_down),
    Operation::new("kept", "counter by 3 labels, kept", kept),
    Operation::new("closed", "counter by 2 closed labels", closed::subjects),
    Operation::new("looked-up", "counter by 3 labels, looked up", looked_up),
    Operation::new("request-kept", "HTTP request, kept by number", requests_kept),
    Operation::new(
        "request-timed",
        "HTTP request, kept by number, with two readings of Instant",
        requests_timed,
    ),
    Operation::new("request-looked-up", "HTTP request, looked up", requests_looked_up),
];

/// A library as in a program: in a static.
fn leaked<L: Library>() -> &'static L {
    Box::leak(Box::new(L::new(SERIES_LIMIT)))
}

/// A subject named after its library, whose upkeep runs between the measurements.
fn subject<L: Library>(
    way: &str,
    record: impl Fn(&L, &Work, usize) + Send + Sync + 'static,
) -> Subject {
    subject_on(leaked::<L>(), way, record)
}

fn subject_on<L: Library>(
    library: &'static L,
    way: &str,
    record: impl Fn(&L, &Work, usize) + Send + Sync + 'static,
) -> Subject {
    let work = work();
    let round = move |round| record(black_box(library), work, round);
    Subject::new(format!("{}{way}", L::NAME), round).with_upkeep(|| library.upkeep())
}

/// A subject of a few instructions, without labels.
fn short<L: Library>(way: &str, record: impl Fn(&L) + Send + Sync + 'static) -> Subject {
    let library = leaked::<L>();
    let round = move |_| record(black_box(library));
    Subject::short(format!("{}{way}", L::NAME), round).with_upkeep(|| library.upkeep())
}

fn counters() -> Vec<Subject> {
    let [empty, plain] = limits::loops();
    let float = prometheus::Counter::new("float", "F.").unwrap();
    vec![
        short("", Tickmark::inc),
        empty,
        plain,
        limits::locked_add(),
        short("", Prometheus::inc),
        Subject::short("prometheus, of f64", move |_| black_box(&float).inc()),
        local::counter(),
        short("", PrometheusClient::<String>::inc),
        short("", Metrics::<String>::inc),
        Subject::short("metrics, macro", |_| inc_by_macro()),
        short("", Measured::inc),
        short("", Metriken::inc),
        short("", MetrikenSharded::inc),
        short("", Fastmetrics::<String>::inc),
        short(", bound", OpenTelemetry::<String>::inc),
        short("", OpenTelemetry::<String>::inc_unbound),
    ]
}

fn observe<L: Library>(library: &L, work: &Work, round: usize) {
    library.observe(work.duration(round));
}

fn histograms() -> Vec<Subject> {
    let work = work();
    let hdr = std::sync::Mutex::new(
        hdrhistogram::Histogram::<u64>::new_with_bounds(1, 10_000_000_000, 2).unwrap(),
    );
    vec![
        subject("", observe::<Tickmark>),
        limits::duration(),
        subject(", of floats", |library: &Tickmark, work, round| {
            library.observe_float(work.duration(round))
        }),
        subject("", observe::<Prometheus>),
        local::histogram(),
        subject("", observe::<PrometheusClient<String>>),
        subject("", observe::<Metrics<String>>),
        subject("", observe::<Measured>),
        subject(" (no sum)", observe::<Metriken>),
        subject(" (no sum)", observe::<MetrikenSharded>),
        subject("", observe::<Fastmetrics<String>>),
        subject(", bound", observe::<OpenTelemetry<String>>),
        Subject::new("hdrhistogram in a mutex", move |round| {
            black_box(&hdr).lock().unwrap().saturating_record(work.duration(round).whole());
        }),
    ]
}

fn up_and_down() -> Vec<Subject> {
    fn both<L: Library>(way: &str) -> Subject {
        short(way, |library: &L| {
            library.up();
            library.down();
        })
    }
    vec![
        both::<Tickmark>(""),
        both::<Prometheus>(""),
        both::<PrometheusClient<String>>(""),
        both::<Metrics<String>>(""),
        both::<Measured>(""),
        both::<Metriken>(""),
        both::<Fastmetrics<String>>(""),
        both::<OpenTelemetry<String>>(", bound"),
    ]
}

/// The counter of a request whose route, method and status are known by number.
fn kept_counter<L: Library>(way: &str) -> Subject {
    let library = leaked::<L>();
    let counters = work().for_each_set(|labels| library.counter(labels));
    subject_on(library, way, move |library, work, round| {
        library.add_kept(&counters[usize::from(work.resolved(round).set)], 1);
    })
}

fn kept() -> Vec<Subject> {
    vec![
        kept_counter::<Tickmark>(""),
        kept_counter::<Prometheus>(""),
        local::kept(),
        kept_counter::<PrometheusClient<String>>(""),
        kept_counter::<Metrics<String>>(""),
        kept_counter::<Measured>(""),
        kept_counter::<Metriken>(""),
        kept_counter::<MetrikenSharded>(""),
        kept_counter::<Fastmetrics<String>>(""),
        kept_counter::<OpenTelemetry<String>>(", bound"),
    ]
}

fn inc_of<L: ByLabels>(library: &L, work: &Work, round: usize) {
    library.inc_of(black_box(work.labels(round)));
}

fn looked_up() -> Vec<Subject> {
    vec![
        subject("", inc_of::<Tickmark>),
        subject(<&str>::NAME, |library: &Tickmark, work, round| {
            library.inc_of_static(black_box(work.labels(round)))
        }),
        subject("", inc_of::<Prometheus>),
        local::looked_up(),
        subject("", inc_of::<PrometheusClient<String>>),
        subject(<&str>::NAME, inc_of::<PrometheusClient<&'static str>>),
        subject("", inc_of::<Metrics<String>>),
        subject(<&str>::NAME, inc_of::<Metrics<&'static str>>),
        subject("", inc_of::<Measured>),
        subject("", inc_of::<Fastmetrics<String>>),
        subject(<&str>::NAME, inc_of::<Fastmetrics<&'static str>>),
        subject("", inc_of::<OpenTelemetry<String>>),
        subject(<&str>::NAME, inc_of::<OpenTelemetry<&'static str>>),
    ]
}

/// The series of one method and status of a route.
struct KeptSeries<L: Library> {
    requests: L::Counter,
    parts: [L::Histogram; 3],
}

impl<L: Library> KeptSeries<L> {
    fn of(library: &L, labels: &Labels) -> Self {
        Self {
            requests: library.counter(labels),
            parts: PARTS.map(|part| library.histogram(part, labels)),
        }
    }
}

/// The start of a server's request timer, if any.
trait Clock {
    fn now() -> Self;
    fn nanos(self) -> u64;
}

impl Clock for () {
    fn now() {}

    fn nanos(self) -> u64 {
        0
    }
}

impl Clock for Instant {
    fn now() -> Self {
        Instant::now()
    }

    fn nanos(self) -> u64 {
        u64::try_from(self.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A request whose series are found by the number of its label set, without a look-up of
/// texts. A layer that numbers routes at registration works like this.
///
/// Inputs are observed even where the clock is read, so that both use the same buckets.
fn kept_request<L: Library, C: Clock>(way: &str) -> Subject {
    let library = leaked::<L>();
    let series = work().for_each_set(|labels| KeptSeries::of(library, labels));
    subject_on(library, way, move |library, work, round| {
        library.up();
        let start = C::now();
        let series = &series[usize::from(work.resolved(round).set)];
        library.add_kept(&series.requests, 1);
        black_box(start.nanos());
        for (histogram, value) in series.parts.iter().zip(work.values(round)) {
            library.observe_kept(histogram, value);
        }
        library.down();
    })
}

fn kept_requests<C: Clock>() -> Vec<Subject> {
    vec![
        kept_request::<Tickmark, C>(""),
        kept_request::<Prometheus, C>(""),
        kept_request::<PrometheusClient<String>, C>(""),
        kept_request::<Metrics<String>, C>(""),
        kept_request::<Measured, C>(""),
        kept_request::<MetrikenSharded, C>(" (no sums)"),
        kept_request::<Fastmetrics<String>, C>(""),
        kept_request::<OpenTelemetry<String>, C>(", bound"),
    ]
}

fn requests_kept() -> Vec<Subject> {
    let mut subjects = kept_requests::<()>();
    subjects.push(limits::request());
    subjects
}

fn requests_timed() -> Vec<Subject> {
    let mut subjects = kept_requests::<Instant>();
    subjects.extend(limits::clocks());
    subjects
}

fn looked_up_request<L: ByLabels>(way: &str) -> Subject {
    found_request(way, L::inc_of, L::observe_of)
}

/// A request whose series are found by these functions.
fn found_request<L: Library>(
    way: &str,
    inc: impl Fn(&L, &Labels) + Send + Sync + 'static,
    observe: impl Fn(&L, Part, &Labels, Value) + Send + Sync + 'static,
) -> Subject {
    subject::<L>(way, move |library, work, round| {
        let labels = black_box(work.labels(round));
        library.up();
        inc(library, labels);
        for (part, value) in PARTS.into_iter().zip(work.values(round)) {
            observe(library, part, labels, value);
        }
        library.down();
    })
}

fn requests_looked_up() -> Vec<Subject> {
    vec![
        looked_up_request::<Tickmark>(""),
        found_request(<&str>::NAME, Tickmark::inc_of_static, Tickmark::observe_of_static),
        looked_up_request::<Prometheus>(""),
        looked_up_request::<PrometheusClient<String>>(""),
        looked_up_request::<PrometheusClient<&'static str>>(<&str>::NAME),
        looked_up_request::<Metrics<String>>(""),
        looked_up_request::<Metrics<&'static str>>(<&str>::NAME),
        looked_up_request::<Measured>(""),
        looked_up_request::<Fastmetrics<String>>(""),
        looked_up_request::<Fastmetrics<&'static str>>(<&str>::NAME),
        looked_up_request::<OpenTelemetry<String>>(""),
        looked_up_request::<OpenTelemetry<&'static str>>(<&str>::NAME),
    ]
}
