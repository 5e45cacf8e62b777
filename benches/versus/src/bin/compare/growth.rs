//! Growth of operations with threads and with series: a table, with a reason for each
//! that grows.

use std::fmt::Write;

use crate::figure::{Figure, Figures, Key, OURS};
use crate::markdown::{number, with_spread, x_name};

/// Growth below this is called flat: the ends are measured minutes apart.
const FLAT: f64 = 1.25;

/// A chapter's reasons of growth, by words in an operation's name; the first match
/// counts.
type Reasons = &'static [(&'static str, &'static str)];

const BY_THREADS: Reasons = &[
    (
        "with an exemplar",
        "each exemplar is allocated, and threads replace those of a bucket, whose cache line \
         moves between cores",
    ),
    ("created and removed", "both take the family's lock, and threads wait for it"),
    ("recorded once", "every block of a series is read; rarely used blocks are shared"),
    ("recorded 2,000 times", "each thread has its own block, and every block is read"),
    (
        "first record of a thread with a returned lease",
        "clock resolution, and a lease from a list under a lock",
    ),
    ("gauge, set", "one cell for all threads, whose cache line moves between cores"),
    ("", "unexplained"),
];

const BY_SERIES: Reasons = &[
    ("static labels", "cache misses on entries, handles and cells"),
    ("looked up", "cache misses on index, series and labels"),
    ("absent", "cache misses on index and labels"),
    ("handle kept", "cache misses on handles and cells"),
    ("counter read", "cache misses on handles and cells"),
    ("on a page", "cache misses on series, cells and texts"),
    ("", "cache misses on index, series and labels"),
];

/// A chapter, its introduction, and its reasons of growth.
type Chapter = (&'static str, &'static str, Reasons);

const CHAPTERS: [Chapter; 2] = [
    (
        "growth by threads",
        "Time of all cores per operation, with this many threads. For reads and pages, time of one \
         thread, with this many threads having recorded in each series.",
        BY_THREADS,
    ),
    (
        "growth by series",
        "Time of one thread, in a family with this many series, in random order.",
        BY_SERIES,
    ),
];

/// Returns both tables.
pub(crate) fn tables(figures: Figures<'_>) -> String {
    let tables = CHAPTERS.map(|(chapter, about, reasons)| {
        format!("{about}\n\n{}", table(figures, chapter, reasons))
    });
    format!("## Growth\n\ntickmark alone. {}", tables.join("\n"))
}

fn table(figures: Figures<'_>, chapter: &str, reasons: Reasons) -> String {
    let operations = figures.operations(chapter);
    let mut xs: Vec<Option<u64>> =
        operations.iter().flat_map(|operation| figures.xs(chapter, operation)).collect();
    xs.sort_unstable();
    xs.dedup();
    let mut text = "| ns |".to_owned();
    for x in xs.iter().flatten() {
        _ = write!(text, " {} |", x_name(chapter, *x));
    }
    _ = write!(text, " growth | |\n| --- |{} ---: | --- |\n", " ---: |".repeat(xs.len()));
    for operation in operations {
        let of = |x| Key { chapter, operation, x, subject: OURS };
        _ = write!(text, "| {operation} |");
        for x in &xs {
            let figure = figures.figure(of(*x));
            _ = write!(
                text,
                " {} |",
                figure.map(|figure| with_spread(&figure)).unwrap_or_default()
            );
        }
        let first = xs.first().copied().unwrap_or_default();
        let ratios = xs.iter().skip(1).filter_map(|x| figures.ratio(of(*x), of(first)));
        let growth = ratios.max_by(|one, other| one.median.total_cmp(&other.median));
        let cells =
            growth.map_or_else(|| "|".to_owned(), |growth| verdict(operation, &growth, reasons));
        _ = writeln!(text, " {cells} |");
    }
    text
}

/// Returns the largest growth factor, and its reason.
fn verdict(operation: &str, growth: &Figure, reasons: Reasons) -> String {
    let reason = reasons
        .iter()
        .find(|(words, _)| operation.contains(words))
        .map_or("", |(_, reason)| reason);
    let why = if growth.median <= FLAT { "flat" } else { reason };
    format!("{}x | {why}", number(growth.median))
}

#[cfg(test)]
mod tests {
    use versus::Row;

    use super::*;
    use crate::record::Sample;

    #[test]
    fn growth_is_flat_or_has_a_reason() {
        let sample = |operation: &str, threads: u64, ns: f64| {
            Sample::new(1, Row::new("growth by threads", operation, Some(threads), OURS, "ns", ns))
        };
        let samples = [
            sample("counter, handle", 1, 1.0),
            sample("counter, handle", 64, 1.1),
            sample("series created and removed", 1, 300.0),
            sample("series created and removed", 64, 900.0),
            sample("series removed", 1, 100.0),
            sample("series removed", 2, 500.0),
            sample("series removed", 64, 110.0),
            sample("gauge, set", 1, 1.0),
        ];
        let text = tables(Figures(&samples));
        assert!(text.contains("| counter, handle | 1.00 |  | 1.10 | 1.10x | flat |"), "{text}");
        let peak = "| series removed | 100 | 500 | 110 | 5.00x |";
        assert!(text.contains(peak), "{text}");
        let once = "| gauge, set | 1.00 |  |  | | |";
        assert!(text.contains(once), "{text}");
        let grown =
            "| series created and removed | 300 |  | 900 | 3.00x | both take the family's lock";
        assert!(text.contains(grown), "{text}");
    }
}
