//! The design's targets, and the findings.
//!
//! A target is a number of instructions or bytes, or a ratio. Ratios are to the clock in
//! use, to a library that does the same work, or of tickmark to itself. All hold on any
//! processor. Times are targets only where a user would require them.

use std::fmt::Write;

use crate::figure::{Figure, Figures, Key, OURS, is_limit};
use crate::keys::{
    AXUM_PROMETHEUS, BOUNDS, CLOCK, CLOSED, COUNTER, FLOATS, HISTOGRAM, HISTOGRAM_OFTEN,
    HISTOGRAM_ONCE, HISTOGRAM_ONCE_SHOWN, LOOKED_UP, OFTEN, ONCE, ONCE_SHOWN, PROMETHEUS, STATIC,
    UP_AND_DOWN, WAYS_TO_LOOK_UP, layer, record, way,
};
use crate::markdown::{number, with_spread};
use crate::notes::difference;
use crate::reasons;

/// One line of the design's cost tables.
pub(crate) struct Target {
    pub(crate) what: &'static str,
    /// The upper bound of the finding.
    pub(crate) most: f64,
    pub(crate) found: fn(Figures<'_>) -> Option<Figure>,
    /// The reason for exceeding it. Figures in it are of the same record.
    why: fn(Figures<'_>) -> String,
}

/// Instructions of an operation, by the bound that `tests/run` checks.
fn instructions(figures: Figures<'_>, file: &str, name: &str) -> Option<Figure> {
    figures.figure(Key { chapter: "instructions", operation: file, x: None, subject: name })
}

/// Our cost relative to another's.
fn part_of(figures: Figures<'_>, operation: &str, threads: u64, subject: &str) -> Option<Figure> {
    figures.ratio(record(operation, threads, OURS), record(operation, threads, subject))
}

/// Cost of `ours` relative to the fastest other that does the same work and that `counts`
/// accepts.
fn part_of_best(
    figures: Figures<'_>,
    ours: Key<'_>,
    counts: impl Fn(&str) -> bool,
) -> Option<Figure> {
    let Key { chapter, operation, .. } = ours;
    let others = figures.subjects(chapter, operation).into_iter().filter(|subject| {
        let is_other = !subject.starts_with(OURS) && !is_limit(subject);
        is_other && counts(subject) && difference(chapter, operation, subject).is_none()
    });
    let parts = others.filter_map(|subject| figures.ratio(ours, Key { subject, ..ours }));
    parts.max_by(|one, other| one.median.total_cmp(&other.median))
}

fn best_record(figures: Figures<'_>, operation: &str, threads: u64) -> Option<Figure> {
    part_of_best(figures, record(operation, threads, OURS), |subject| {
        !subject.contains("static labels")
    })
}

fn best_static(figures: Figures<'_>, threads: u64) -> Option<Figure> {
    let ours = record(LOOKED_UP, threads, STATIC);
    part_of_best(figures, ours, |subject| subject.ends_with("static labels"))
}

fn best_page(figures: Figures<'_>, operation: &str) -> Option<Figure> {
    part_of_best(
        figures,
        Key { chapter: "pages", operation, x: Some(10_000), subject: OURS },
        |_| true,
    )
}

/// Cost on two threads relative to one.
fn with_threads(figures: Figures<'_>, operation: &str, subject: &str) -> Option<Figure> {
    figures.ratio(record(operation, 2, subject), record(operation, 1, subject))
}

/// Cost of this many bounds relative to 11 bounds.
fn many_bounds(figures: Figures<'_>, count: u64) -> Option<Figure> {
    figures.ratio(way(BOUNDS, Some(count), OURS), way(BOUNDS, Some(11), OURS))
}

/// Cost of floats relative to whole numbers.
fn floats(figures: Figures<'_>, bounds: u64) -> Option<Figure> {
    figures.ratio(way(BOUNDS, Some(bounds), FLOATS), way(BOUNDS, Some(bounds), OURS))
}

fn with_expiry(figures: Figures<'_>, operation: &str) -> Option<Figure> {
    figures.ratio(way(operation, None, "tickmark, with idle expiry"), way(operation, None, OURS))
}

/// Cost with cells of 64 threads relative to one.
fn over_threads(figures: Figures<'_>, operation: &str) -> Option<Figure> {
    let of =
        |threads| Key { chapter: "growth by threads", operation, x: Some(threads), subject: OURS };
    figures.ratio(of(64), of(1))
}

fn memory(figures: Figures<'_>, operation: &str, threads: u64) -> Option<Figure> {
    figures.figure(Key { chapter: "memory", operation, x: Some(threads), subject: OURS })
}

fn allocations(figures: Figures<'_>, framework: &str) -> Option<Figure> {
    let operation = format!("allocations of a request, {framework}");
    figures.figure(Key { chapter: "memory", operation: &operation, x: None, subject: OURS })
}

/// Nanoseconds that a layer adds to a request beyond two readings of its clock.
fn beyond_clock(figures: Figures<'_>, framework: &str) -> Option<Figure> {
    let added = format!("{framework}, added");
    figures.difference(layer(&added, OURS), layer(framework, CLOCK))
}

fn added(figures: Figures<'_>, framework: &str) -> Option<Figure> {
    figures.figure(layer(&format!("{framework}, added"), OURS))
}

const fn target(
    what: &'static str,
    most: f64,
    found: fn(Figures<'_>) -> Option<Figure>,
    why: fn(Figures<'_>) -> String,
) -> Target {
    Target { what, most, found, why }
}

/// Targets of one subject.
type Group = (&'static str, &'static [Target]);

pub(crate) const GROUPS: [Group; 6] = [
    ("Requests", &REQUESTS),
    ("Recording", &RECORDING),
    ("Look-ups", &LOOK_UPS),
    ("Memory", &MEMORY),
    ("Pages and readings", &PAGES),
    ("Allocations", &ALLOCATIONS),
];

const REQUESTS: [Target; 13] = [
    target(
        "plain tower: ns added beyond two readings of the clock",
        60.0,
        |f| beyond_clock(f, "plain tower"),
        reasons::layer,
    ),
    target(
        "the same, async handler",
        60.0,
        |f| beyond_clock(f, "plain tower, async handler"),
        reasons::layer,
    ),
    target(
        "the same, async handler pending once",
        60.0,
        |f| beyond_clock(f, "plain tower, async handler pending once"),
        reasons::layer,
    ),
    target(
        "hyper: ns added beyond two readings of the clock",
        60.0,
        |f| beyond_clock(f, "hyper"),
        reasons::layer,
    ),
    target(
        "the same, async handler",
        60.0,
        |f| beyond_clock(f, "hyper, async handler"),
        reasons::layer,
    ),
    target(
        "the same, async handler pending once",
        60.0,
        |f| beyond_clock(f, "hyper, async handler pending once"),
        reasons::layer,
    ),
    target(
        "axum: ns added beyond two readings of the clock",
        115.0,
        |f| beyond_clock(f, "axum"),
        reasons::layer,
    ),
    target(
        "the same, handler pending once",
        115.0,
        |f| beyond_clock(f, "axum, handler pending once"),
        reasons::layer,
    ),
    target(
        "axum: part of axum-prometheus",
        0.12,
        |f| f.ratio(layer("axum, added", OURS), layer("axum, added", AXUM_PROMETHEUS)),
        reasons::layer,
    ),
    target(
        "plain tower, clock of `quanta`: ns added",
        80.0,
        |f| added(f, "plain tower, clock of quanta"),
        reasons::layer_by_quanta,
    ),
    target(
        "hyper, clock of `quanta`: ns added",
        80.0,
        |f| added(f, "hyper, clock of quanta"),
        reasons::layer_by_quanta,
    ),
    target(
        "axum, clock of `quanta`: ns added",
        130.0,
        |f| added(f, "axum, clock of quanta"),
        reasons::layer_by_quanta,
    ),
    target(
        "WebSocket: instructions of a message, with its socket",
        94.0,
        |f| instructions(f, "message", "message"),
        reasons::message,
    ),
];

const RECORDING: [Target; 17] = [
    target(
        "counter: instructions, with its loop",
        13.5,
        |f| instructions(f, "record", "inc"),
        reasons::counter,
    ),
    target(
        "up and down: instructions, with its loop",
        26.5,
        |f| instructions(f, "record", "up_and_down"),
        reasons::counter,
    ),
    target(
        "histogram of 11 bounds: instructions, with its loop",
        50.5,
        |f| instructions(f, "record", "observe/eleven_bounds"),
        reasons::histogram,
    ),
    target(
        "counter, 1 thread: part of the fastest other",
        0.5,
        |f| best_record(f, COUNTER, 1),
        reasons::counter,
    ),
    target(
        "counter, 2 threads on one series: part of `prometheus::IntCounter`",
        0.1,
        |f| part_of(f, COUNTER, 2, PROMETHEUS),
        reasons::counter,
    ),
    target(
        "counter: 2 threads against 1",
        1.15,
        |f| with_threads(f, COUNTER, OURS),
        reasons::counter,
    ),
    target(
        "up and down, 1 thread: part of the fastest other",
        0.5,
        |f| best_record(f, UP_AND_DOWN, 1),
        reasons::counter,
    ),
    target(
        "histogram of 11 bounds, 1 thread: part of the fastest other with a sum",
        0.5,
        |f| best_record(f, HISTOGRAM, 1),
        reasons::histogram,
    ),
    target("the same, 2 threads", 0.15, |f| best_record(f, HISTOGRAM, 2), reasons::histogram),
    target(
        "histogram of 11 bounds, 2 threads: part of `prometheus::Histogram`",
        0.04,
        |f| part_of(f, HISTOGRAM, 2, PROMETHEUS),
        reasons::histogram,
    ),
    target(
        "histogram of 64 bounds: times 11 bounds",
        1.6,
        |f| many_bounds(f, 64),
        reasons::histogram,
    ),
    target(
        "histogram of 200 bounds: times 11 bounds",
        1.6,
        |f| many_bounds(f, 200),
        reasons::histogram,
    ),
    target("floats, 11 bounds: times whole numbers", 1.8, |f| floats(f, 11), reasons::histogram),
    target("floats, 64 bounds: times whole numbers", 1.8, |f| floats(f, 64), reasons::histogram),
    target("floats, 200 bounds: times whole numbers", 1.8, |f| floats(f, 200), reasons::histogram),
    target(
        "counter by closed labels, 1 thread: part of `measured`",
        1.0,
        |f| part_of(f, CLOSED, 1, "measured"),
        reasons::closed,
    ),
    target(
        "99.9 % of observations while a page is written: times the same when none is",
        1.2,
        |f| {
            f.figure(Key {
                chapter: "tails",
                operation: "scraped by idle, p99.9",
                x: None,
                subject: OURS,
            })
        },
        reasons::tail,
    ),
];

const LOOK_UPS: [Target; 8] = [
    target(
        "by static labels, 1 thread: part of the fastest other by static labels",
        0.35,
        |f| best_static(f, 1),
        reasons::look_up_static,
    ),
    target("the same, 2 threads", 0.35, |f| best_static(f, 2), reasons::look_up_static),
    target(
        "the same: 2 threads against 1",
        1.15,
        |f| with_threads(f, LOOKED_UP, STATIC),
        reasons::look_up_static,
    ),
    target(
        "by any text: instructions, with its loop",
        397.0,
        |f| instructions(f, "record", "look_up"),
        reasons::look_up,
    ),
    target(
        "by any text, 1 thread: part of the fastest other that compares texts",
        0.85,
        |f| best_record(f, LOOKED_UP, 1),
        reasons::look_up,
    ),
    target("the same, 2 threads", 0.5, |f| best_record(f, LOOKED_UP, 2), reasons::look_up),
    target(
        "by any text: 2 threads against 1",
        1.15,
        |f| with_threads(f, LOOKED_UP, OURS),
        reasons::look_up,
    ),
    target(
        "past the series limit: times a look-up",
        2.0,
        |f| {
            f.ratio(
                way(WAYS_TO_LOOK_UP, None, "tickmark, past the limit"),
                way(WAYS_TO_LOOK_UP, None, OURS),
            )
        },
        reasons::limit,
    ),
];

const MEMORY: [Target; 11] = [
    target(
        "counter, one record a thread, 1 thread, B",
        132.0,
        |f| memory(f, ONCE, 1),
        reasons::memory,
    ),
    target("the same after a page", 132.0, |f| memory(f, ONCE_SHOWN, 1), reasons::memory),
    target(
        "counter, one record a thread, 8 threads, B",
        145.0,
        |f| memory(f, ONCE, 8),
        reasons::memory,
    ),
    target("the same after a page", 145.0, |f| memory(f, ONCE_SHOWN, 8), reasons::memory),
    target(
        "counter, 2,000 records a thread, 8 threads, B",
        216.0,
        |f| memory(f, OFTEN, 8),
        reasons::memory,
    ),
    target(
        "histogram, one record a thread, 1 thread, B",
        290.0,
        |f| memory(f, HISTOGRAM_ONCE, 1),
        reasons::memory,
    ),
    target("the same after a page", 290.0, |f| memory(f, HISTOGRAM_ONCE_SHOWN, 1), reasons::memory),
    target(
        "histogram, one record a thread, 8 threads, B",
        410.0,
        |f| memory(f, HISTOGRAM_ONCE, 8),
        reasons::memory,
    ),
    target("the same after a page", 410.0, |f| memory(f, HISTOGRAM_ONCE_SHOWN, 8), reasons::memory),
    target(
        "histogram, 2,000 records a thread, 8 threads, B",
        1_634.0,
        |f| memory(f, HISTOGRAM_OFTEN, 8),
        reasons::memory,
    ),
    target(
        "10,000 histograms, recorded by 64 threads three times each, MB",
        8.0,
        |f| {
            let operation = "10,000 histograms, recorded by 64 threads three times each";
            f.figure(Key { chapter: "memory", operation, x: None, subject: OURS })
        },
        reasons::memory,
    ),
];

const PAGES: [Target; 7] = [
    target(
        "page of 10,000 counters with idle expiry: times without",
        2.0,
        |f| with_expiry(f, "page of 10,000 counters"),
        reasons::expiry,
    ),
    target(
        "page of 10,000 histograms with idle expiry: times without",
        2.0,
        |f| with_expiry(f, "page of 10,000 histograms"),
        reasons::expiry,
    ),
    target(
        "exemplar on a page, ns",
        110.0,
        |f| f.figure(way("exemplar on a page", None, OURS)),
        reasons::exemplar,
    ),
    target(
        "page of 10,000 counters: part of the fastest other",
        0.22,
        |f| best_page(f, "counters, warm"),
        reasons::page,
    ),
    target(
        "page of 10,000 histograms: part of the fastest other",
        0.15,
        |f| best_page(f, "histograms, warm"),
        reasons::page_of_histograms,
    ),
    target(
        "reading a histogram recorded once by each of 64 threads: times by one",
        2.0,
        |f| over_threads(f, "reading a histogram, recorded once by each thread"),
        reasons::threads,
    ),
    target(
        "page of such histograms: times by one",
        2.0,
        |f| over_threads(f, "histogram on a page, recorded once by each thread"),
        reasons::threads,
    ),
];

const ALLOCATIONS: [Target; 8] = [
    target(
        "plain tower, a request",
        0.0,
        |f| allocations(f, "plain tower"),
        reasons::allocation_of_none,
    ),
    target(
        "plain tower, a request to an async handler",
        0.0,
        |f| allocations(f, "plain tower, async handler"),
        reasons::allocation_of_none,
    ),
    target(
        "plain tower, a request to an async handler pending once",
        0.0,
        |f| allocations(f, "plain tower, async handler pending once"),
        reasons::allocation_of_none,
    ),
    target("hyper, a request", 0.0, |f| allocations(f, "hyper"), reasons::allocation_of_none),
    target(
        "hyper, a request to an async handler",
        0.0,
        |f| allocations(f, "hyper, async handler"),
        reasons::allocation_of_none,
    ),
    target(
        "hyper, a request to an async handler pending once",
        0.0,
        |f| allocations(f, "hyper, async handler pending once"),
        reasons::allocation_of_none,
    ),
    target("warp, a request", 0.0, |f| allocations(f, "warp"), reasons::allocation_of_none),
    target("axum, a request", 2.0, |f| allocations(f, "axum"), reasons::allocation),
];

/// Returns all of them in tables, followed by the reasons of those missed.
pub(crate) fn table(figures: Figures<'_>) -> String {
    let mut text = String::new();
    let mut whys: Vec<String> = Vec::new();
    for (name, targets) in GROUPS {
        _ = write!(text, "| {name} | target: at most | found | |\n| --- | ---: | ---: | --- |\n");
        for target in targets {
            _ = writeln!(text, "{}", line(figures, target, &mut whys));
        }
        text.push('\n');
    }
    for (number, why) in (1..).zip(whys) {
        _ = writeln!(text, "{number}. {why}");
    }
    text
}

fn line(
    figures: Figures<'_>,
    Target { what, most, found, why }: &Target,
    whys: &mut Vec<String>,
) -> String {
    let asked = number(*most);
    let Some(figure) = found(figures) else {
        return format!("| {what} | {asked} | not measured | |");
    };
    let verdict = if figure.median <= *most {
        "reached".to_owned()
    } else {
        let why = why(figures);
        let place = whys.iter().position(|known| *known == why).unwrap_or_else(|| {
            whys.push(why);
            whys.len() - 1
        });
        format!("**missed**: {}", place + 1)
    };
    format!("| {what} | {asked} | {} | {verdict} |", with_spread(&figure))
}

#[cfg(test)]
mod tests {
    use versus::Row;

    use super::*;
    use crate::record::Sample;

    fn sample(subject: &str, value: f64) -> Sample {
        Sample::new(1, Row::new("record", HISTOGRAM, Some(1), subject, "ns", value))
    }

    #[test]
    fn fastest_other_does_the_same_work() {
        let samples = [
            sample(OURS, 4.0),
            sample("limit: the input alone", 0.4),
            sample("metriken", 2.0),
            sample("hdrhistogram in a mutex", 3.0),
            sample("prometheus, local", 1.0),
            sample("prometheus", 8.0),
            sample("measured", 12.0),
        ];
        assert_eq!(best_record(Figures(&samples), HISTOGRAM, 1).unwrap().median, 0.5);
    }

    #[test]
    fn missed_target_states_its_reason_once() {
        let samples = [sample(OURS, 4.0), sample("prometheus", 5.0)];
        let text = table(Figures(&samples));
        let missed = "| histogram of 11 bounds, 1 thread: part of the fastest other with a sum \
                      | 0.50 | 0.80 |";
        assert!(text.contains(&format!("{missed} **missed**: 1 |")), "{text}");
        assert_eq!(text.matches(&reasons::histogram(Figures(&samples))).count(), 1);
    }
}
