//! How operations grow with threads and with series: a table with the reason of each that
//! does.

use std::fmt::Write;

use crate::figure::{Figure, Figures, Key, OURS};
use crate::markdown::{number, with_spread, x_name};

/// Growth below this is called flat: the ends are minutes apart on the machine.
const FLAT: f64 = 1.25;

/// A chapter, and why its operations with these words in their names grow; the first that
/// holds counts.
type Reasons = &'static [(&'static str, &'static str)];

const BY_THREADS: Reasons = &[
    (
        "with an exemplar",
        "each one is allocated, and threads replace the exemplar of a bucket, whose line moves between cores",
    ),
    ("created and removed", "both take the lock of the family; threads wait for it"),
    ("recorded once", "each block of a series is read; rare ones are shared"),
    ("recorded 2,000 times", "each thread has a block of its own, and each block is read"),
    (
        "first record of a thread with a returned lease",
        "the steps of the clock, and a lease from a list under a lock",
    ),
    ("gauge, set", "one cell for all threads, whose line moves between cores"),
    ("", "no reason found"),
];

const BY_SERIES: Reasons = &[
    ("static labels", "entries, handles and cells are in no cache"),
    ("looked up", "index, series and labels are in no cache"),
    ("absent", "index and labels are in no cache"),
    ("handle kept", "handles and cells are in no cache"),
    ("counter read", "handles and cells are in no cache"),
    ("on a page", "series, cells and texts are in no cache"),
    ("", "index, series and labels are in no cache"),
];

/// A chapter, its introduction, and why its operations grow.
type Chapter = (&'static str, &'static str, Reasons);

const CHAPTERS: [Chapter; 2] = [
    (
        "growth by threads",
        "Time of all cores for an operation of one of so many threads; for readings and pages, of one thread beside so \
         many that have recorded in each series.",
        BY_THREADS,
    ),
    (
        "growth by series",
        "Time of one thread, in a family with so many series, taken in no order.",
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

/// Returns how many times the first the most takes, and why.
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
    fn growth_is_flat_or_has_its_reason() {
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
        let grown = "| series created and removed | 300 |  | 900 | 3.00x | both take the lock of the family";
        assert!(text.contains(grown), "{text}");
    }
}
