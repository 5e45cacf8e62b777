//! The local metrics of `prometheus`, which its documentation recommends for hot paths.
//! Each thread adds in its own memory, and a scrape sees the sum after the next flush. A
//! record is a plain add, and the page lacks everything unflushed.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::LazyLock;

use prometheus::local::{LocalHistogram, LocalIntCounter, LocalIntCounterVec};
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts};
use tickmark_benches::BOUNDS;

use crate::Subject;
use crate::work::{LABELS, work};

const NAME: &str = "prometheus, local";

static COUNTER: LazyLock<IntCounter> = LazyLock::new(|| IntCounter::new("local", "L.").unwrap());

static HISTOGRAM: LazyLock<Histogram> = LazyLock::new(|| {
    let options = HistogramOpts::new("local_seconds", "L.").buckets(BOUNDS.to_vec());
    Histogram::with_opts(options).unwrap()
});

static FAMILY: LazyLock<IntCounterVec> =
    LazyLock::new(|| IntCounterVec::new(Opts::new("local_total", "L."), &LABELS).unwrap());

thread_local! {
    static LOCAL_COUNTER: LocalIntCounter = COUNTER.local();
    static LOCAL_HISTOGRAM: LocalHistogram = HISTOGRAM.local();
    static LOCAL_KEPT: Vec<LocalIntCounter> =
        work().for_each_set(|labels| FAMILY.with_label_values(labels).local());
    static LOCAL_FAMILY: RefCell<LocalIntCounterVec> = RefCell::new(FAMILY.local());
}

pub fn counter() -> Subject {
    let inc = |_| LOCAL_COUNTER.with(|counter| black_box(counter).inc());
    Subject::short(NAME, inc).with_upkeep(|| LOCAL_COUNTER.with(LocalIntCounter::flush))
}

pub fn histogram() -> Subject {
    let work = work();
    let observe = move |round| {
        LOCAL_HISTOGRAM
            .with(|histogram| black_box(histogram).observe(work.duration(round).float()));
    };
    Subject::new(NAME, observe).with_upkeep(|| LOCAL_HISTOGRAM.with(LocalHistogram::flush))
}

/// A counter per label set, found by its number.
pub fn kept() -> Subject {
    let work = work();
    let inc = move |round| {
        LOCAL_KEPT.with(|kept| black_box(kept)[usize::from(work.resolved(round).set)].inc());
    };
    let flush = || LOCAL_KEPT.with(|kept| kept.iter().for_each(LocalIntCounter::flush));
    Subject::new(NAME, inc).with_upkeep(flush)
}

pub fn looked_up() -> Subject {
    let work = work();
    let inc = move |round| {
        let labels = black_box(work.labels(round));
        LOCAL_FAMILY.with_borrow_mut(|family| black_box(family).with_label_values(labels).inc());
    };
    Subject::new(NAME, inc).with_upkeep(|| LOCAL_FAMILY.with_borrow(LocalIntCounterVec::flush))
}
