//! Where the rest goes of what exceeds its target. Figures in a reason are of its record.

use crate::figure::{Figures, Key, OURS};
use crate::keys::{self, CLOCK, COUNTER, WAYS_TO_LOOK_UP};
use crate::machine;
use crate::markdown::number;

/// Names a figure of this record for a reason.
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
        "A ratio to a library whose record is one locked add says how dear that is on this processor: here {} ns, \
         beside {} for a plain `+= 1` in the memory of the thread and {} for ours. Of the 8 instructions of `inc`, \
         two are checks that safe code needs.",
        limit("limit: a locked add"),
        limit("limit: += 1"),
        of_record(figures, keys::record(COUNTER, 1, OURS)),
    )
}

pub(crate) fn histogram(_: Figures<'_>) -> String {
    "The table of the bounds, the block of the thread, and three cells that are read and written. Floats take their sum apart and their key from the bits, which whole numbers do not have to."
        .to_owned()
}

pub(crate) fn look_up(figures: Figures<'_>) -> String {
    format!(
        "Hash, probe, comparison of three texts, and the series held while it is used, without a lock and without its \
         reference count. `prometheus` compares no texts, so sets of one hash become one series. A handle that is \
         kept takes {} here.",
        of_record(figures, keys::way(WAYS_TO_LOOK_UP, None, "tickmark, handle kept")),
    )
}

pub(crate) fn look_up_static(_: Figures<'_>) -> String {
    "The table of addresses, and the record.".to_owned()
}

pub(crate) fn closed(_: Figures<'_>) -> String {
    "An index from the labels, its check, and the record. `measured` adds by a locked instruction in place of a \
     block's cell, so the ratio moves with the processor."
        .to_owned()
}

pub(crate) fn limit(_: Figures<'_>) -> String {
    "A look-up that finds nothing, one that finds the overflow series, and the count of the fault, by two texts of its \
     own."
        .to_owned()
}

pub(crate) fn memory(_: Figures<'_>) -> String {
    "A series is its labels, its cells, and its place in the index. From the first page on a counter has its part of a \
     row as well. A thread that records often in a block earns one of its own, which is what makes records cheap; \
     rarely used blocks are shared."
        .to_owned()
}

pub(crate) fn page(_: Figures<'_>) -> String {
    "A page is made of some 160 bytes a series beside its own (kept texts, rows, series, cells). Most of a line of a \
     counter is the line itself: its copy and its digits."
        .to_owned()
}

pub(crate) fn page_of_histograms(_: Figures<'_>) -> String {
    "Every bucket of a series is a line: its copy and its digits.".to_owned()
}

pub(crate) fn expiry(_: Figures<'_>) -> String {
    "A page with idle expiry also compares each series with its last change.".to_owned()
}

pub(crate) fn exemplar(_: Figures<'_>) -> String {
    "Its labels, its number and its time are texts of their own, fetched from memory of their own."
        .to_owned()
}

pub(crate) fn tail(_: Figures<'_>) -> String {
    "The clock has steps, and an observation takes a few of them with its timer, so one step more in one process is \
     much of the ratio. The tables of tails have both."
        .to_owned()
}

pub(crate) fn threads(_: Figures<'_>) -> String {
    "Each block of a series is read. Blocks of threads that record rarely are shared, so only series that many threads \
     use often have many."
        .to_owned()
}

/// Where the time of a layer goes, beside its clock.
const WRAPPING: &str = "The rest is the wrapping: request, response and future are moved once more, and moves of more \
                        than 128 bytes wait for the stores before them. axum boxes future and body once more, and the \
                        route is looked up.";

pub(crate) fn layer(figures: Figures<'_>) -> String {
    format!(
        "{} {WRAPPING} The feature `quanta` reads a cheaper clock.",
        readings(figures, "plain tower")
    )
}

pub(crate) fn layer_by_quanta(figures: Figures<'_>) -> String {
    format!("{} {WRAPPING}", readings(figures, "plain tower, clock of quanta"))
}

/// Names what the readings of a clock take by themselves.
fn readings(figures: Figures<'_>, framework: &str) -> String {
    let figure = of_record(figures, keys::layer(framework, CLOCK));
    format!("Two readings of the clock take {figure} here by themselves.")
}

pub(crate) fn message(_: Figures<'_>) -> String {
    "A message is counted with its bytes, by direction and opcode; the socket of the bench and the loop are in the figure."
        .to_owned()
}

pub(crate) fn allocation_of_none(_: Figures<'_>) -> String {
    "A record allocates nothing once its series has cells, so what is left comes from the wrapping."
        .to_owned()
}

pub(crate) fn allocation(_: Figures<'_>) -> String {
    "axum boxes the future and the body of every layer.".to_owned()
}
