//! A counter by labels whose values are all known at compile time: a method and a class
//! of status.

use std::hint::black_box;
use std::sync::LazyLock;

use fastmetrics::derive::{EncodeLabelValue as FastLabelValue, LabelSet as FastLabelSet};
use measured::label::StaticLabelSet;
use measured_derive::{FixedCardinalityLabel as MeasuredLabel, LabelGroup};
use prometheus::local::LocalIntCounter;
use prometheus::{IntCounter, IntCounterVec, Opts};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tickmark::{Label, Registry};

use crate::Subject;
use crate::work::{Work, work};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue, FastLabelValue, MeasuredLabel,
)]
#[allow(
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "the names are the texts of the labels"
)]
enum Method {
    GET,
    POST,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue, FastLabelValue, MeasuredLabel,
)]
enum Class {
    Success,
    ClientError,
}

impl Label for Method {
    const ALL: &'static [Self] = &[Self::GET, Self::POST];

    fn as_str(self) -> &'static str {
        match self {
            Self::GET => "GET",
            Self::POST => "POST",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

impl Label for Class {
    const ALL: &'static [Self] = &[Self::Success, Self::ClientError];

    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::ClientError => "ClientError",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClientKey {
    method: Method,
    class: Class,
}

#[derive(Clone, PartialEq, Eq, Hash, FastLabelSet)]
struct FastKey {
    method: Method,
    class: Class,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = MeasuredSet)]
struct MeasuredKey {
    method: Method,
    class: Class,
}

/// The labels of a round.
#[inline]
fn labels(work: &Work, round: usize) -> (Method, Class) {
    let cell = black_box(work.resolved(round).cell);
    let method = if cell >= 2 { Method::POST } else { Method::GET };
    (method, if cell % 2 == 1 { Class::ClientError } else { Class::Success })
}

pub fn subjects() -> Vec<Subject> {
    vec![
        tickmark(),
        prometheus(),
        prometheus_in_an_array(),
        prometheus_in_a_local_array(),
        prometheus_client(),
        measured(),
        metriken(),
        fastmetrics(),
    ]
}

fn tickmark() -> Subject {
    let family = Registry::new().counter_family("closed", "C.", ["method", "class"]).unwrap();
    let closed = family.closed::<(Method, Class)>();
    let work = work();
    Subject::new("tickmark", move |round| black_box(&closed).with(labels(work, round)).inc())
}

fn prometheus() -> Subject {
    let family = IntCounterVec::new(Opts::new("closed_total", "C."), &["method", "class"]).unwrap();
    let work = work();
    Subject::new("prometheus", move |round| {
        let (method, class) = labels(work, round);
        black_box(&family).with_label_values(&[method.as_str(), class.as_str()]).inc();
    })
}

/// The counters of every method and class, as kept by the macros of `prometheus` for
/// static labels.
fn array() -> [[IntCounter; 2]; 2] {
    let family = IntCounterVec::new(Opts::new("closed_total", "C."), &["method", "class"]).unwrap();
    [0, 1].map(|method| {
        [0, 1].map(|class| {
            family.with_label_values(&[Method::ALL[method].as_str(), Class::ALL[class].as_str()])
        })
    })
}

fn prometheus_in_an_array() -> Subject {
    let counters = array();
    let work = work();
    Subject::new("prometheus, in an array", move |round| {
        let (method, class) = labels(work, round);
        black_box(&counters)[method as usize][class as usize].inc();
    })
}

/// The same with local counters, also offered by its macros: a page lacks the unflushed
/// counts of all threads.
fn prometheus_in_a_local_array() -> Subject {
    static COUNTERS: LazyLock<[[IntCounter; 2]; 2]> = LazyLock::new(array);
    thread_local! {
        static LOCAL: [[LocalIntCounter; 2]; 2] =
            COUNTERS.each_ref().map(|row| row.each_ref().map(IntCounter::local));
    }
    let work = work();
    let inc = move |round| {
        let (method, class) = labels(work, round);
        LOCAL.with(|counters| black_box(counters)[method as usize][class as usize].inc());
    };
    let flush =
        || LOCAL.with(|counters| counters.as_flattened().iter().for_each(LocalIntCounter::flush));
    Subject::new("prometheus, in an array, local", inc).with_upkeep(flush)
}

fn prometheus_client() -> Subject {
    let family = Family::<ClientKey, Counter>::default();
    let work = work();
    Subject::new("prometheus-client", move |round| {
        let (method, class) = labels(work, round);
        _ = black_box(&family).get_or_create(&ClientKey { method, class }).inc();
    })
}

fn measured() -> Subject {
    let labels_of = MeasuredSet { method: StaticLabelSet::new(), class: StaticLabelSet::new() };
    let family = measured::CounterVec::with_label_set(labels_of);
    let work = work();
    Subject::new("measured", move |round| {
        let (method, class) = labels(work, round);
        black_box(&family).inc(MeasuredKey { method, class });
    })
}

fn metriken() -> Subject {
    let group = metriken::ShardedCounterGroup::new(4);
    let work = work();
    Subject::new("metriken, sharded", move |round| {
        let (method, class) = labels(work, round);
        _ = black_box(&group).increment(method as usize * 2 + class as usize);
    })
}

fn fastmetrics() -> Subject {
    let family = fastmetrics::metrics::family::Family::<
        FastKey,
        fastmetrics::metrics::counter::Counter,
    >::default();
    let work = work();
    Subject::new("fastmetrics", move |round| {
        let (method, class) = labels(work, round);
        black_box(&family).with_or_new(&FastKey { method, class }, |counter| counter.inc());
    })
}
