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
const AXUM_PROMETHEUS: &str = "axum-prometheus 0.10.1";
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

fn layer<'a>(operation: &'a str, subject: &'a str) -> Key<'a> {
    Key { chapter: "adapters", operation, x: None, subject }
}

/// Nanoseconds that a message takes more in our wrapper: two go through a socket in each round.
fn message(figures: Figures<'_>) -> Option<Figure> {
    let of = |subject| figures.figure(Key { chapter: "own", operation: "websocket", x: None, subject });
    let (bare, metered) = (of("two_messages_bare")?, of("two_messages_metered")?);
    let half = |one: f64, other: f64| (one - other) / 2.0;
    Some(Figure {
        median: half(metered.median, bare.median),
        low: half(metered.low, bare.high),
        high: half(metered.high, bare.low),
    })
}

const COUNTER_WHY: &str = "\
    Both figures have the loop in them: an empty one takes 0.27 ns here, and one with a plain `+= 1` already a third of what \
    `prometheus` takes, whose add is one locked instruction (1.7 ns on this processor, 2.15 where the aim was set). Without \
    the loop it is 0.53 against 1.5, or 0.36. Of the 8 instructions of `inc` (13 with the loop, counted in \
    `benches/instructions`) two are checks that safe code needs. With two threads, their locked add takes from 7.4 to 17 ns, as \
    the two cores happen to share a cache or not, and ours always the same.";

const HISTOGRAM_WHY: &str = "\
    46 instructions, at four a cycle: the table of the bounds, the block of the thread, and three cells that are read and \
    written. Fewer were tried: taking the header of a histogram by its line, and no copy of the value for the rare way, made \
    it 10 % faster over many series and changed nothing over a single one, which this \
    is. `prometheus` takes 9.3 to 10.3 ns in turns of 4 ms and more. In turns of 0.1 ms, \
    between those of ten other subjects, it takes 14.1 to 14.9 and we the same as \
    before, which would be 0.28.";

const LOOK_UP_WHY: &str = "\
    `prometheus` compares the hash of the labels and none of the labels, so series with one hash become one. Comparing them \
    takes 10 of our 33 ns (24.5 without it, which is what `prometheus` takes), and to hold the series while it is used, without \
    a lock and without its reference count, 4. Tried without gain: keys put together on the stack (47 ns: reads that wait for \
    the writes just before them), comparison in words, short values hashed in place, the number of labels known to the \
    compiler. From two threads on it takes a third of theirs. A handle that is kept takes 1 ns.";

const REQUEST_WHY: &str = "\
    12 ns of it find the number of the route by its text, which no adapter of ours does at a request: routes are numbered when \
    they are registered. The five records themselves take 17 ns if they are always of one route, and 23 over the 200 label \
    sets here, whose cells, handles and inputs do not fit in the first cache. The prototype behind the aim had few. The clock \
    takes 48 (19 with the feature `quanta`).";

const TAIL_WHY: &str = "\
    The steps of the clock are 10 ns here, and an observation takes two of them with its timer: one step more in one of three \
    processes is half as much again. The table of tails has both.";

const MEMORY_WHY: &str = "\
    A series is its labels, its cells, and what finds both. From the first page on a \
    counter has its part of a row as well, 17 B.";

const PAGE_WHY: &str = "\
    Warm, the copy reads and writes 0.7 MB (counters) that are in the second cache, while a page is made of some 160 bytes a \
    series beside its own (kept texts, rows, series, cells), which are not. Against a copy that has to fetch what it copies it \
    is 2.5 to 3 times. A line of a histogram takes 14 ns, of which the copy is 6 to 8; the rest is adding up and digits. The \
    fastest other takes 65 to 70 ns for a line of a counter.";

const LAYER_WHY: &str = "\
    By switching metrics off one by one, at 143 ns in all: 91 are left with every metric off, of which 26 are one reading of \
    the clock and 65 the wrapping: moves of request and response through one more future and body, the current request of the \
    thread set and reset twice, the declared lengths. The duration takes 28 (26 its second reading), the counter 4, the sizes 9, \
    the gauge 2. The feature `quanta` saves 10 to 20. axum boxes the future and the body once more, and the route is looked up.";

const ALLOCATION_WHY: &str = "axum boxes the future and the body of every layer.";

const TARGETS: [Target; 39] = [
    Target {
        what: "counter, 1 thread: part of `prometheus::IntCounter`",
        most: 0.4,
        found: |figures| part_of(figures, COUNTER, 1, PROMETHEUS),
        why: COUNTER_WHY,
    },
    Target {
        what: "counter, 2 threads on one series: part of `prometheus::IntCounter`",
        most: 0.1,
        found: |figures| part_of(figures, COUNTER, 2, PROMETHEUS),
        why: COUNTER_WHY,
    },
    Target {
        what: "counter: 2 threads against 1",
        most: 1.15,
        found: |figures| with_threads(figures, COUNTER),
        why: COUNTER_WHY,
    },
    Target {
        what: "histogram of 11 bounds, 1 thread: part of `prometheus::Histogram`",
        most: 0.25,
        found: |figures| part_of(figures, HISTOGRAM, 1, PROMETHEUS),
        why: HISTOGRAM_WHY,
    },
    Target {
        what: "histogram of 11 bounds, 2 threads: part of `prometheus::Histogram`",
        most: 0.04,
        found: |figures| part_of(figures, HISTOGRAM, 2, PROMETHEUS),
        why: HISTOGRAM_WHY,
    },
    Target {
        what: "up and down, 1 thread: part of `prometheus::IntGauge`",
        most: 0.3,
        found: |figures| part_of(figures, UP_AND_DOWN, 1, PROMETHEUS),
        why: COUNTER_WHY,
    },
    Target {
        what: "counter by 3 labels, looked up, 1 thread: part of `prometheus`",
        most: 0.6,
        found: |figures| part_of(figures, LOOKED_UP, 1, PROMETHEUS),
        why: LOOK_UP_WHY,
    },
    Target {
        what: "the same, 2 threads: part of `prometheus`",
        most: 0.6,
        found: |figures| part_of(figures, LOOKED_UP, 2, PROMETHEUS),
        why: LOOK_UP_WHY,
    },
    Target {
        what: "the same: 2 threads against 1",
        most: 1.15,
        found: |figures| with_threads(figures, LOOKED_UP),
        why: LOOK_UP_WHY,
    },
    Target {
        what: "HTTP request without the clock, ns",
        most: 15.0,
        found: |figures| figures.figure(record(REQUEST, 1, OURS)),
        why: REQUEST_WHY,
    },
    Target {
        what: "HTTP request with two readings of `Instant`: times these two readings",
        most: 1.5,
        found: |figures| figures.ratio(record(TIMED_REQUEST, 1, OURS), record(TIMED_REQUEST, 1, INSTANTS)),
        why: REQUEST_WHY,
    },
    Target {
        what: "99.9 % of observations while a page is written: times the same when none is",
        most: 1.2,
        found: |figures| {
            figures.figure(Key { chapter: "tails", operation: "scraped by idle, p99.9", x: None, subject: OURS })
        },
        why: TAIL_WHY,
    },
    Target {
        what: "memory of a counter before the first page, 1 thread, B",
        most: 1.5 * 88.0,
        found: |figures| figures.figure(memory("bytes of a counter", 1)),
        why: MEMORY_WHY,
    },
    Target {
        what: "the same after it",
        most: 1.5 * 88.0,
        found: |figures| figures.figure(memory("bytes of a counter, after a page", 1)),
        why: MEMORY_WHY,
    },
    Target {
        what: "memory of a counter before the first page, 2 threads, B",
        most: 1.5 * 96.0,
        found: |figures| figures.figure(memory("bytes of a counter", 2)),
        why: MEMORY_WHY,
    },
    Target {
        what: "the same after it",
        most: 1.5 * 96.0,
        found: |figures| figures.figure(memory("bytes of a counter, after a page", 2)),
        why: MEMORY_WHY,
    },
    Target {
        what: "memory of a counter before the first page, 8 threads, B",
        most: 1.5 * 144.0,
        found: |figures| figures.figure(memory("bytes of a counter", 8)),
        why: MEMORY_WHY,
    },
    Target {
        what: "the same after it",
        most: 1.5 * 144.0,
        found: |figures| figures.figure(memory("bytes of a counter, after a page", 8)),
        why: MEMORY_WHY,
    },
    Target {
        what: "memory of a histogram before the first page, 1 thread, B",
        most: 1.5 * 193.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds", 1)),
        why: MEMORY_WHY,
    },
    Target {
        what: "the same after it",
        most: 1.5 * 193.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds, after a page", 1)),
        why: MEMORY_WHY,
    },
    Target {
        what: "memory of a histogram before the first page, 2 threads, B",
        most: 1.5 * 321.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds", 2)),
        why: MEMORY_WHY,
    },
    Target {
        what: "the same after it",
        most: 1.5 * 321.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds, after a page", 2)),
        why: MEMORY_WHY,
    },
    Target {
        what: "memory of a histogram before the first page, 8 threads, B",
        most: 1.5 * 1089.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds", 8)),
        why: MEMORY_WHY,
    },
    Target {
        what: "the same after it",
        most: 1.5 * 1089.0,
        found: |figures| figures.figure(memory("bytes of a histogram of 11 bounds, after a page", 8)),
        why: MEMORY_WHY,
    },
    Target {
        what: "page of 10,000 counters: times a copy of it",
        most: 4.0,
        found: |figures| figures.ratio(page("counters, warm", OURS), page("counters, warm", COPY)),
        why: PAGE_WHY,
    },
    Target {
        what: "the same when the caches hold something else",
        most: 4.0,
        found: |figures| figures.ratio(page("counters, cold", OURS), page("counters, cold", COPY)),
        why: PAGE_WHY,
    },
    Target {
        what: "page of 10,000 histograms: times a copy of it",
        most: 2.0,
        found: |figures| figures.ratio(page("histograms, warm", OURS), page("histograms, warm", COPY)),
        why: PAGE_WHY,
    },
    Target {
        what: "the same when the caches hold something else",
        most: 2.0,
        found: |figures| figures.ratio(page("histograms, cold", OURS), page("histograms, cold", COPY)),
        why: PAGE_WHY,
    },
    Target {
        what: "page of 10,000 counters: part of the fastest other",
        most: 0.2,
        found: |figures| part_of_best(figures, "counters, warm"),
        why: PAGE_WHY,
    },
    Target {
        what: "page of 10,000 histograms: part of the fastest other",
        most: 0.2,
        found: |figures| part_of_best(figures, "histograms, warm"),
        why: PAGE_WHY,
    },
    Target {
        what: "plain tower, added to a request, ns",
        most: 100.0,
        found: |figures| figures.figure(layer("plain tower, added", OURS)),
        why: LAYER_WHY,
    },
    Target {
        what: "hyper, added to a request, ns",
        most: 100.0,
        found: |figures| figures.figure(layer("hyper, added", OURS)),
        why: LAYER_WHY,
    },
    Target {
        what: "axum, added to a request, ns",
        most: 150.0,
        found: |figures| figures.figure(layer("axum, added", OURS)),
        why: LAYER_WHY,
    },
    Target {
        what: "axum layer: part of axum-prometheus",
        most: 0.15,
        found: |figures| figures.ratio(layer("axum, added", OURS), layer("axum, added", AXUM_PROMETHEUS)),
        why: LAYER_WHY,
    },
    Target {
        what: "plain tower, allocations of a request",
        most: 0.0,
        found: |figures| allocations(figures, "plain tower"),
        why: ALLOCATION_WHY,
    },
    Target {
        what: "hyper, allocations of a request",
        most: 0.0,
        found: |figures| allocations(figures, "hyper"),
        why: ALLOCATION_WHY,
    },
    Target {
        what: "warp, allocations of a request",
        most: 0.0,
        found: |figures| allocations(figures, "warp"),
        why: ALLOCATION_WHY,
    },
    Target {
        what: "axum, allocations of a request",
        most: 2.0,
        found: |figures| allocations(figures, "axum"),
        why: ALLOCATION_WHY,
    },
    Target { what: "WebSocket, added to a message, ns", most: 15.0, found: message, why: LAYER_WHY },
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
