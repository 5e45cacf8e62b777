//! Reasons for exceeding a target. Figures in a reason are of the reported record.

use crate::figure::{Figures, Key, OURS};
use crate::keys::{self, CLOCK, COUNTER, WAYS_TO_LOOK_UP};
use crate::machine;
use crate::markdown::number;

/// Formats a figure of this record for a reason.
fn of_record(figures: Figures<'_>, key: Key<'_>) -> String {
    figures
        .figure(key)
        .map_or_else(|| "unknown".to_owned(), |figure| format!("{} ns", number(figure.median)))
}

pub(crate) fn counter(figures: Figures<'_>) -> String {
    let limit = |subject| {
        machine::limit(figures, subject)
            .map_or_else(|| "unknown".to_owned(), |figure| number(figure.median))
    };
    format!(
        "A ratio to a library whose record is one locked add depends on the cost of that add. On \
         this processor it takes {} ns, beside {} for a plain `+= 1` in thread-local memory and \
         {} for ours. Of the 8 instructions of `inc`, two are checks that safe code needs.",
        limit("limit: a locked add"),
        limit("limit: += 1"),
        of_record(figures, keys::record(COUNTER, 1, OURS)),
    )
}

pub(crate) fn histogram(_: Figures<'_>) -> String {
    "The table of bounds, the thread's block, and three cells that are read and written. Floats \
     also split their sum and derive their key from the bits, which whole numbers need not."
        .to_owned()
}

pub(crate) fn look_up(figures: Figures<'_>) -> String {
    format!(
        "Hash, probe, comparison of three texts, and the series held during use, without a lock \
         or reference count. `prometheus` compares no texts, so label sets with equal hashes \
         become one series. A kept handle takes {} here.",
        of_record(figures, keys::way(WAYS_TO_LOOK_UP, None, "tickmark, handle kept")),
    )
}

pub(crate) fn look_up_static(_: Figures<'_>) -> String {
    "The table of addresses, and the record.".to_owned()
}

pub(crate) fn closed(_: Figures<'_>) -> String {
    "An index from the labels, its check, and the record. `measured` uses a locked add instead of \
     a block's cell, so the ratio depends on the processor."
        .to_owned()
}

pub(crate) fn limit(_: Figures<'_>) -> String {
    "A look-up without a result, one that finds the overflow series, and the count of the fault, \
     by two texts of its own."
        .to_owned()
}

pub(crate) fn memory(_: Figures<'_>) -> String {
    "A series consists of its labels, its cells, and its entry in the index. From the first page \
     on, a counter also has its share of a row. A thread that records often in a block earns its \
     own block, which makes records cheap; rarely used blocks are shared."
        .to_owned()
}

pub(crate) fn page(_: Figures<'_>) -> String {
    "A page is built from some 160 bytes per series beside its own (kept texts, rows, series, \
     cells). Most of a counter's cost is the line itself: its copy and its digits."
        .to_owned()
}

pub(crate) fn page_of_histograms(_: Figures<'_>) -> String {
    "Every bucket of a series is a line: its copy and its digits.".to_owned()
}

pub(crate) fn expiry(_: Figures<'_>) -> String {
    "With idle expiry, a page also compares each series with its last change.".to_owned()
}

pub(crate) fn exemplar(_: Figures<'_>) -> String {
    "Labels, number and time are separate texts, fetched from separate memory.".to_owned()
}

pub(crate) fn tail(_: Figures<'_>) -> String {
    "The clock has steps, and an observation with its timer takes only a few of them. One step \
     more in one process therefore changes the ratio a lot. The tables of tails show both."
        .to_owned()
}

pub(crate) fn threads(_: Figures<'_>) -> String {
    "Every block of a series is read. Threads that record rarely share blocks, so only series \
     that many threads use often have many."
        .to_owned()
}

/// The cost of a layer beside its clock.
const WRAPPING: &str = "The rest is the wrapping: request, response and future are moved once \
                        more, and moves of more than 128 bytes wait for the stores before them. \
                        axum boxes future and body once more, and the route is looked up.";

pub(crate) fn layer(figures: Figures<'_>) -> String {
    format!(
        "{} {WRAPPING} The feature `quanta` reads a cheaper clock.",
        readings(figures, "plain tower")
    )
}

pub(crate) fn layer_by_quanta(figures: Figures<'_>) -> String {
    format!("{} {WRAPPING}", readings(figures, "plain tower, clock of quanta"))
}

/// Formats the cost of the clock readings alone.
fn readings(figures: Figures<'_>, framework: &str) -> String {
    let figure = of_record(figures, keys::layer(framework, CLOCK));
    format!("Two clock readings alone take {figure} here.")
}

pub(crate) fn message(_: Figures<'_>) -> String {
    "A message is counted with its bytes, by direction and opcode; the figure includes the \
     bench's socket and loop."
        .to_owned()
}

pub(crate) fn allocation_of_none(_: Figures<'_>) -> String {
    "A record allocates nothing once its series has cells, so the rest comes from the wrapping."
        .to_owned()
}

pub(crate) fn allocation(_: Figures<'_>) -> String {
    "axum boxes the future and the body of every layer.".to_owned()
}
