//! Tables.

use std::fmt::Write;

use crate::figure::{Figure, Figures, Key, OURS, is_limit};

/// With the significant digits.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        ..0.1 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => thousands(value.round() as i64),
    }
}

/// A whole number in groups of three digits.
fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    format!("{}{}", if value < 0 { "-" } else { "" }, groups.join(","))
}

/// A number with its spread, if it has one.
pub(crate) fn with_spread(figure: &Figure) -> String {
    let percent = (figure.spread() * 100.0).round();
    let spread = if percent >= 1.0 { format!(" ±{percent:.0} %") } else { String::new() };
    number(figure.median) + &spread
}

/// The meaning of a chapter's numbers.
pub(crate) fn x_name(chapter: &str, x: u64) -> String {
    let what = match chapter {
        "series" | "pages" | "growth by series" => "series",
        "ways" => "bounds",
        _ if x == 1 => "thread",
        _ => "threads",
    };
    format!("{} {what}", thousands(i64::try_from(x).unwrap_or(i64::MAX)))
}

/// Returns the figure of each subject for an operation, by the number of threads or
/// series. In brackets, its ratio to tickmark.
pub(crate) fn table(figures: Figures<'_>, chapter: &str, operation: &str) -> String {
    let xs = figures.xs(chapter, operation);
    let unit = figures.unit(chapter, operation);
    let mut text = format!("| {} |", if unit.is_empty() { "" } else { unit });
    for x in &xs {
        _ = write!(text, " {} |", x.map(|x| x_name(chapter, x)).unwrap_or_default());
    }
    text.push_str("\n| --- |");
    xs.iter().for_each(|_| text.push_str(" ---: |"));
    text.push('\n');
    for subject in figures.subjects(chapter, operation) {
        let name = if subject == OURS { format!("**{subject}**") } else { subject.to_owned() };
        _ = write!(text, "| {name} |");
        for x in &xs {
            let key = Key { chapter, operation, x: *x, subject };
            let cell = figures.figure(key).map(|figure| {
                let times =
                    figures.times_ours(key).filter(|_| subject != OURS && !is_limit(subject));
                let times = times.filter(|times| times.median.is_finite() && times.median > 0.0);
                let times =
                    times.map(|times| format!(" ({}x)", number(times.median))).unwrap_or_default();
                with_spread(&figure) + &times
            });
            _ = write!(text, " {} |", cell.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}
