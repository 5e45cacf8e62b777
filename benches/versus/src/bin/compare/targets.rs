//! What the design asks for, and what was found.

use std::fmt::Write;

use crate::figure::{Figure, Figures, Key, OURS};
use crate::markdown::{number, with_spread};

/// One line of the design's tables of costs.
struct Target {
    what: &'static str,
    /// What is not to be exceeded.
    most: f64,
    found: fn(Figures<'_>) -> Option<Figure>,
    /// Where the rest of it goes, if it is exceeded.
    why: &'static str,
}

const PROMETHEUS: &str = "prometheus";
const INSTANTS: &str = "limit: two readings of Instant";
const COPY: &str = "limit: a copy of the page";

fn record<'a>(operation: &'a str, threads: u64, subject: &'a str) -> Key<'a> {
    Key { chapter: "record", operation, x: Some(threads), subject }
}

/// How much of what another takes is taken by us.
fn part_of(figures: Figures<'_>, operation: &str, threads: u64, subject: &str) -> Option<Figure> {
    figures.ratio(record(operation, threads, OURS), record(operation, threads, subject))
}

/// How much more two threads take than one.
fn with_threads(figures: Figures<'_>, operation: &str) -> Option<Figure> {
    figures.ratio(record(operation, 2, OURS), record(operation, 1, OURS))
}

const COUNTER: &str = "counter, handle";
const HISTOGRAM: &str = "histogram of 11 bounds, handle";
const UP_AND_DOWN: &str = "up and down, handle";
const LOOKED_UP: &str = "counter by 3 labels, looked up";
const REQUEST: &str = "HTTP request, kept";
const TIMED_REQUEST: &str = "HTTP request, kept, with two readings of Instant";

fn page<'a>(operation: &'a str, subject: &'a str) -> Key<'a> {
    Key { chapter: "pages", operation, x: Some(10_000), subject }
}

/// How much of what the fastest other library takes is taken by us for a page of 10,000 series.
fn part_of_best(figures: Figures<'_>, operation: &str) -> Option<Figure> {
    let others = figures.subjects("pages", operation).into_iter();
    let others = others.filter(|subject| !subject.starts_with(OURS) && *subject != COPY);
    let parts = others.filter_map(|subject| figures.ratio(page(operation, OURS), page(operation, subject)));
    parts.max_by(|one, other| one.median.total_cmp(&other.median))
}

fn memory<'a>(operation: &'a str, threads: u64) -> Key<'a> {
    Key { chapter: "memory", operation, x: Some(threads), subject: OURS }
}

fn allocations(figures: Figures<'_>, framework: &str) -> Option<Figure> {
    let operation = format!("allocations of a request, {framework}");
    figures.figure(Key { chapter: "memory", operation: &operation, x: None, subject: OURS })
}

fn added(figures: Figures<'_>, framework: &str, subject: &str) -> Option<Figure> {
    let operation = format!("{framework}, added");
    figures.figure(Key { chapter: "adapters", operation: &operation, x: None, subject })
}

/// Nanoseconds that a message takes more in our wrapper: two go through a socket in each round.
fn message(figures: Figures<'_>) -> Option<Figure> {
    let of = |subject| figures.figure(Key { chapter: "own", operation: "websocket", x: None, subject });
    let (bare, metered) =
        (of("two_messages/bare").or_else(|| of("bare"))?, of("two_messages/metered").or_else(|| of("metered"))?);
    let half = |one: f64, other: f64| (one - other) / 2.0;
    Some(Figure {
        median: half(metered.median, bare.median),
        low: half(metered.low, bare.high),
        high: half(metered.high, bare.low),
    })
}

const TARGETS: [Target; 32] = [
    Target {
        what: "counter, 1 thread: part of `prometheus::IntCounter`",
        most: 0.4,
        found: |figures| part_of(figures, COUNTER, 1, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "counter, 2 threads on one series: part of `prometheus::IntCounter`",
        most: 0.1,
        found: |figures| part_of(figures, COUNTER, 2, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "counter: 2 threads against 1",
        most: 1.15,
        found: |figures| with_threads(figures, COUNTER),
        why: "WHY",
    },
    Target {
        what: "histogram of 11 bounds, 1 thread: part of `prometheus::Histogram`",
        most: 0.25,
        found: |figures| part_of(figures, HISTOGRAM, 1, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "histogram of 11 bounds, 2 threads: part of `prometheus::Histogram`",
        most: 0.04,
        found: |figures| part_of(figures, HISTOGRAM, 2, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "up and down, 1 thread: part of `prometheus::IntGauge`",
        most: 0.3,
        found: |figures| part_of(figures, UP_AND_DOWN, 1, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "counter by 3 labels, looked up, 1 thread: part of `prometheus`",
        most: 0.6,
        found: |figures| part_of(figures, LOOKED_UP, 1, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "the same, 2 threads: part of `prometheus`",
        most: 0.6,
        found: |figures| part_of(figures, LOOKED_UP, 2, PROMETHEUS),
        why: "WHY",
    },
    Target {
        what: "the same: 2 threads against 1",
        most: 1.15,
        found: |figures| with_threads(figures, LOOKED_UP),
        why: "WHY",
    },
    Target {
        what: "HTTP request without the clock, ns",
        most: 15.0,
        found: |figures| figures.figure(record(REQUEST, 1, OURS)),
        why: "WHY",
    },
    Target {
        what: "HTTP request with two readings of `Instant`: times these two readings",
        most: 1.5,
        found: |figures| figures.ratio(record(TIMED_REQUEST, 1, OURS), record(TIMED_REQUEST, 1, INSTANTS)),
        why: "WHY",
    },
    Target {
        what: "99.9 % of observations while a page is written: times the same when none is",
        most: 1.2,
        found: |figures| {
            figures.figure(Key { chapter: "tails", operation: "scraped by idle, p99.9", x: None, subject: OURS })
        },
        why: "WHY",
    },
    Target {
        what: "memory of a counter, 1 thread, B",
        most: 1.5 * 88.0,
        found: |figures| figures.figure(memory("bytes of a counter", 1)),
        why: "WHY",
    },
    Target {
        what: "memory of a counter, 2 threads, B",
        most: 1.5 * 96.0,
        found: |figures| figures.figure(memory("bytes of a counter", 2)),
        why: "WHY",
    },
    Target {
        what: "memory of a counter, 8 threads, B",
        most: 1.5 * 144.0,
        found: |figures| figures.figure(memory("bytes of a counter", 8)),
        why: "WHY",
    },
    Target {
        what: "memory of a histogram, 1 thread, B",
        most: 1.5 * 193.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds", 1)),
        why: "WHY",
    },
    Target {
        what: "memory of a histogram, 2 threads, B",
        most: 1.5 * 321.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds", 2)),
        why: "WHY",
    },
    Target {
        what: "memory of a histogram, 8 threads, B",
        most: 1.5 * 1089.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds", 8)),
        why: "WHY",
    },
    Target {
        what: "page of 10,000 counters: times a copy of it",
        most: 4.0,
        found: |figures| figures.ratio(page("counters, warm", OURS), page("counters, warm", COPY)),
        why: "WHY",
    },
    Target {
        what: "the same when others have just used the caches",
        most: 4.0,
        found: |figures| figures.ratio(page("counters, cold", OURS), page("counters, cold", COPY)),
        why: "WHY",
    },
    Target {
        what: "page of 10,000 histograms: times a copy of it",
        most: 2.0,
        found: |figures| figures.ratio(page("histograms, warm", OURS), page("histograms, warm", COPY)),
        why: "WHY",
    },
    Target {
        what: "the same when others have just used the caches",
        most: 2.0,
        found: |figures| figures.ratio(page("histograms, cold", OURS), page("histograms, cold", COPY)),
        why: "WHY",
    },
    Target {
        what: "page of 10,000 counters: part of the fastest other",
        most: 0.2,
        found: |figures| part_of_best(figures, "counters, warm"),
        why: "WHY",
    },
    Target {
        what: "page of 10,000 histograms: part of the fastest other",
        most: 0.2,
        found: |figures| part_of_best(figures, "histograms, warm"),
        why: "WHY",
    },
    Target {
        what: "plain tower, added to a request, ns",
        most: 100.0,
        found: |figures| added(figures, "plain tower", OURS),
        why: "WHY",
    },
    Target {
        what: "hyper, added to a request, ns",
        most: 100.0,
        found: |figures| added(figures, "hyper", OURS),
        why: "WHY",
    },
    Target {
        what: "axum, added to a request, ns",
        most: 150.0,
        found: |figures| added(figures, "axum", OURS),
        why: "WHY",
    },
    Target {
        what: "plain tower, allocations of a request",
        most: 0.0,
        found: |figures| allocations(figures, "plain tower"),
        why: "WHY",
    },
    Target {
        what: "hyper, allocations of a request",
        most: 0.0,
        found: |figures| allocations(figures, "hyper"),
        why: "WHY",
    },
    Target {
        what: "warp, allocations of a request",
        most: 0.0,
        found: |figures| allocations(figures, "warp"),
        why: "WHY",
    },
    Target {
        what: "axum, allocations of a request",
        most: 2.0,
        found: |figures| allocations(figures, "axum"),
        why: "WHY",
    },
    Target { what: "WebSocket, added to a message, ns", most: 15.0, found: message, why: "WHY" },
];

/// All of them in a table, and below it why some are missed.
pub(crate) fn table(figures: Figures<'_>) -> String {
    let mut text = "| | asked: at most | found | |\n| --- | ---: | ---: | --- |\n".to_owned();
    let mut whys: Vec<&str> = Vec::new();
    for Target { what, most, found, why } in TARGETS {
        let Some(figure) = found(figures) else {
            let _ = writeln!(text, "| {what} | {} | not measured | |", number(most));
            continue;
        };
        let verdict = if figure.median <= most {
            "reached".to_owned()
        } else {
            let place = whys.iter().position(|known| *known == why).unwrap_or_else(|| {
                whys.push(why);
                whys.len() - 1
            });
            format!("**missed**: {}", place + 1)
        };
        let _ = writeln!(text, "| {what} | {} | {} | {verdict} |", number(most), with_spread(&figure));
    }
    text.push('\n');
    for (number, why) in (1..).zip(whys) {
        let _ = writeln!(text, "{number}. {why}");
    }
    text
}
