//! What writing a chunk needs: memory that is used again, and what is kept of the series.

use std::ops::ControlFlow;

use tickmark::{FamilyView, Scratch, SeriesView, Value};

use crate::family_text::FamilyText;
use crate::kept_labels::KeptLabels;
use crate::lines::Lines;
use crate::output::{Output, Padded};

/// Writes one chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) output: Output,
    pub(crate) text: FamilyText,
    pub(crate) kept_labels: KeptLabels,
    scratch: Scratch,
    labels: Vec<u8>,
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
        let Self { output, text, kept_labels, scratch, labels: label_draft, draft } = self;
        let text = &*text;
        let mut lines = Lines { family, text, output, draft };
        let mut write = |series: &SeriesView<'_>, value: &Value<'_>| {
            if let Some(labels) = text.labels.find_kept(kept_labels, series.id()) {
                if !lines.write_quickly(series, labels, value) {
                    lines.write(series, Padded::new(labels.0, labels.1), value);
                }
            } else {
                let labels = text.labels.write(series, &text.pieces, label_draft);
                if text.labels.are_kept {
                    kept_labels.offer(series.id(), labels.text());
                }
                lines.write(series, labels, value);
            }
            lines.output.len() < limit_bytes
        };
        family.visit(from, scratch, |series, value| {
            if write(&series, &value) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}
