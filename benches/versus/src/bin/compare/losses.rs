//! Where others are better.

use std::fmt::Write;

use crate::figure::{Figures, Key, OURS, is_limit};
use crate::markdown::{number, x_name};

/// The chapters in which less is better.
const CHAPTERS: [&str; 7] = ["record", "threads", "series", "pages", "tails", "memory", "adapters"];

/// Lists all that took or needed less than tickmark in every process.
pub(crate) fn list(figures: Figures<'_>) -> String {
    let mut text = String::new();
    for chapter in CHAPTERS {
        let is_of_the_timer = |operation: &&str| operation.starts_with("the timer");
        for operation in figures.operations(chapter).into_iter().filter(|operation| !is_of_the_timer(operation)) {
            for x in figures.xs(chapter, operation) {
                let better: Vec<String> = figures
                    .subjects(chapter, operation)
                    .into_iter()
                    .filter(|subject| !is_limit(subject) && !subject.starts_with(OURS))
                    .filter_map(|subject| {
                        let ratio = figures.times_ours(Key { chapter, operation, x, subject })?;
                        // What nobody could see in a second run is no loss.
                        (ratio.high < 0.995).then(|| format!("{subject} {}", number(ratio.median)))
                    })
                    .collect();
                if !better.is_empty() {
                    let where_ = x.map(|x| format!(", {}", x_name(chapter, x))).unwrap_or_default();
                    let _ = writeln!(text, "- {chapter}: {operation}{where_}: {}", better.join("; "));
                }
            }
        }
    }
    text
}
