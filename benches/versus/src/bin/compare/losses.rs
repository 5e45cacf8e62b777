//! Results in which other libraries are better.

use crate::figure::{Figures, Key, OURS, is_limit};
use crate::markdown::{number, x_name};
use crate::notes::{difference, stays};

/// The chapters in which less is better.
const CHAPTERS: [&str; 7] = ["record", "threads", "series", "pages", "tails", "memory", "adapters"];

/// A row in which others took or needed less than tickmark in every process.
struct Loss {
    place: String,
    /// Libraries that do the same work as exactly.
    same: Vec<String>,
    /// Libraries that do other work, by how it differs.
    other: Vec<(&'static str, Vec<String>)>,
}

impl Loss {
    fn line(&self, mark: &str) -> String {
        let other = self.other.iter().map(|(how, parts)| format!("({how}) {}", parts.join("; ")));
        let all: Vec<String> = self.same.iter().cloned().chain(other).collect();
        format!("- {mark}{}: {}\n", self.place, all.join("; "))
    }
}

/// Lists all libraries that took or needed less than tickmark in every process: first
/// those with the same work, then the others.
pub(crate) fn list(figures: Figures<'_>) -> String {
    let losses = all(figures);
    let (same, other): (Vec<_>, Vec<_>) = losses.iter().partition(|loss| !loss.same.is_empty());
    let mut text = String::new();
    if same.is_empty() {
        text.push_str("No library does the same work as exactly for less.\n\n");
    }
    text.extend(same.into_iter().map(|loss| loss.line("**Same work**: ")));
    text.extend(other.into_iter().map(|loss| loss.line("")));
    text
}

fn all(figures: Figures<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for chapter in CHAPTERS {
        let is_of_the_timer = |operation: &&str| operation.starts_with("the timer");
        for operation in
            figures.operations(chapter).into_iter().filter(|operation| !is_of_the_timer(operation))
        {
            for x in figures.xs(chapter, operation) {
                losses.extend(at(figures, chapter, operation, x));
            }
        }
    }
    losses
}

fn at(figures: Figures<'_>, chapter: &str, operation: &str, x: Option<u64>) -> Option<Loss> {
    let mut same = Vec::new();
    let mut other: Vec<(&str, Vec<String>)> = Vec::new();
    for subject in figures.subjects(chapter, operation) {
        let key = Key { chapter, operation, x, subject };
        if is_limit(subject) || subject.starts_with(OURS) || !is_better(figures, key) {
            continue;
        }
        let Some(part) = figures.times_like(key) else { continue };
        // The note has this information.
        let name = subject.split(" (no sum").next().unwrap_or(subject);
        let part = format!("{name} {}", number(part.median));
        match difference(chapter, operation, subject).or_else(|| of_a_ratio(figures, key)) {
            None => {
                let why = stays(chapter, operation, subject)
                    .map(|why| format!(" ({why})"))
                    .unwrap_or_default();
                same.push(format!("**{part}**{why}"));
            }
            Some(how) => match other.iter_mut().find(|(known, _)| *known == how) {
                Some((_, parts)) => parts.push(part),
                None => other.push((how, vec![part])),
            },
        }
    }
    if same.is_empty() && other.is_empty() {
        return None;
    }
    let at_x = x.map(|x| format!(", {}", x_name(chapter, x))).unwrap_or_default();
    Some(Loss { place: format!("{chapter}: {operation}{at_x}"), same, other })
}

/// Returns whether a subject is better in every process, by more than the noise between
/// runs.
fn is_better(figures: Figures<'_>, key: Key<'_>) -> bool {
    figures.times_like(key).is_some_and(|ratio| ratio.high < 0.995)
}

/// Returns a note for a ratio that is better only because its reference time is longer.
fn of_a_ratio(figures: Figures<'_>, key: Key<'_>) -> Option<&'static str> {
    let quantile = key.operation.strip_prefix("scraped by idle, ")?;
    let operation = format!("scraped, {quantile}");
    let is_shorter = is_better(figures, Key { operation: &operation, ..key });
    (!is_shorter).then_some("relative to its own idle time; scraped, it is not faster in ns")
}

#[cfg(test)]
mod tests {
    use versus::Row;

    use super::*;
    use crate::record::Sample;

    fn sample(operation: &str, subject: &str, value: f64) -> Sample {
        Sample::new(1, Row::new("record", operation, Some(1), subject, "ns", value))
    }

    #[test]
    fn same_work_is_listed_first_and_marked() {
        let samples = [
            sample("histogram of 11 bounds, handle", "tickmark", 4.0),
            sample("histogram of 11 bounds, handle", "metriken (no sum)", 2.0),
            sample("histogram of 11 bounds, handle", "metriken, sharded (no sum)", 3.0),
            sample("counter by 2 closed labels", "tickmark", 4.0),
            sample("counter by 2 closed labels", "measured", 3.0),
            sample("counter by 2 closed labels", "prometheus, in an array, local", 1.0),
        ];
        let closed = "- **Same work**: record: counter by 2 closed labels, 1 thread: \
                      **measured 0.75** (one locked add by an index, contended by threads); \
                      (not exact until flushed) prometheus, in an array, local 0.25\n";
        let histogram = "- record: histogram of 11 bounds, handle, 1 thread: \
                         (no sum, fixed bounds) metriken 0.50; metriken, sharded 0.75\n";
        assert_eq!(list(Figures(&samples)), format!("{closed}{histogram}"));
    }

    #[test]
    fn static_labels_are_compared_with_static_labels() {
        let mut samples = vec![
            sample("counter by 3 labels, looked up", "tickmark", 30.0),
            sample("counter by 3 labels, looked up", "fastmetrics, static labels", 20.0),
        ];
        assert!(list(Figures(&samples)).contains("**fastmetrics, static labels 0.67**"));
        samples.push(sample("counter by 3 labels, looked up", "tickmark, static labels", 5.0));
        assert_eq!(
            list(Figures(&samples)),
            "No library does the same work as exactly for less.\n\n"
        );
    }

    #[test]
    fn ratio_of_longer_times_is_noted() {
        let tail = |phase: &str, subject: &str, value: f64| {
            Sample::new(
                1,
                Row::new("tails", &format!("{phase}, p99.9"), None, subject, "ns", value),
            )
        };
        let samples = [
            tail("scraped", "tickmark", 60.0),
            tail("scraped", "prometheus", 130.0),
            tail("scraped by idle", "tickmark", 1.2),
            tail("scraped by idle", "prometheus", 1.0),
        ];
        assert!(list(Figures(&samples)).contains(
            "(relative to its own idle time; scraped, it is not faster in ns) prometheus 0.83"
        ));
    }
}
