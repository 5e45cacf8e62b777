//! What writing a chunk needs: memory that is used again, and what is kept of the series.

use std::ops::ControlFlow;

use tickmark::{FamilyView, Scratch, SeriesView, Value};

use crate::family_text::FamilyText;
use crate::kept_labels::{self, KeptLabels};
use crate::label_text::Draft;
use crate::lines::Lines;
use crate::output::Output;
use crate::steps::Padded;

/// Writes one chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) output: Output,
    pub(crate) text: FamilyText,
    pub(crate) kept_labels: KeptLabels,
    scratch: Scratch,
    labels: Draft,
    draft: Vec<u8>,
}

impl Workspace {
    /// One for a single chunk, which keeps nothing.
    pub(crate) fn passing() -> Self {
        Self { kept_labels: KeptLabels::none(), ..Self::default() }
    }

    /// Writes the series of a family, whose text was prepared, from a slot on, until the chunk has `limit_bytes` or more.
    /// The last series is always whole.
    ///
    /// Returns the slot to go on from, or `None` if these were all.
    pub(crate) fn write_series(&mut self, family: FamilyView<'_>, from: usize, limit_bytes: usize) -> Option<usize> {
        self.labels.trim();
        let Self { output, text, kept_labels, scratch, labels: label_draft, draft } = self;
        let text = &*text;
        let mut lines = Lines { family, text, output, draft };
        let mut write = |series: &SeriesView<'_>, value: &Value<'_>| {
            let may_keep = text.labels.are_kept && kept_labels::has_cell(series.slot());
            let (short, labels) = match may_keep.then(|| kept_labels.find(series.id())).flatten() {
                Some(short) => (Some(short), None),
                None => {
                    let labels = text.labels.write(series, &text.pieces, label_draft);
                    if may_keep {
                        kept_labels.offer(series.id(), labels.text());
                    }
                    (labels.in_one(), Some(labels))
                }
            };
            if !short.is_some_and(|short| lines.write_quickly(series, short, value)) {
                let labels = labels.or_else(|| short.map(|(text, length)| Padded::new(text, length)));
                lines.write(series, labels.unwrap_or_default(), value);
            }
            lines.output.len() < limit_bytes
        };
        family.visit(from, scratch, |series, value| {
            if write(&series, &value) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}
