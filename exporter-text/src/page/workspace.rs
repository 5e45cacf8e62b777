//! Memory for writing a chunk, and texts kept from page to page.

use std::ops::ControlFlow;

use tickmark::export::{Scratch, SeriesView, Value};

use crate::page::contents::PageFamily;
use crate::page::kept_labels::{self, KeptLabels};
use crate::page::lines::Lines;
use crate::page::output::Output;
use crate::text::family_text::FamilyText;
use crate::text::label_text::{LabelBuffers, OwnLabels};
use crate::text::steps::Padded;

/// The number of families whose texts are kept from page to page: half a KiB each, 2 KiB
/// for a histogram. All later families of a page share one text, rewritten for each.
const MOST_TEXTS: usize = 1_024;

/// Writes one chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) output: Output,
    texts: Texts,
    /// The text of an open family for a series without labels.
    bare: FamilyText,
    pub(crate) kept_labels: KeptLabels,
    scratch: Scratch,
    labels: LabelBuffers,
    line: Vec<u8>,
}

impl Workspace {
    /// Returns a workspace for one chunk. It keeps nothing.
    pub(crate) fn temporary() -> Self {
        Self { kept_labels: KeptLabels::none(), ..Self::default() }
    }

    /// Writes the metadata of a family.
    pub(crate) fn write_metadata(&mut self, family: &PageFamily<'_>) {
        let text = self.texts.prepare(family);
        self.output.put(text.pieces.get(text.metadata).text());
    }

    /// Writes the series of a family from `first_slot` on, until the chunk has
    /// `limit_bytes` or more. The last series is always whole.
    ///
    /// Returns the slot to continue at, or `None` if the family is complete.
    pub(crate) fn write_series(
        &mut self,
        family: &PageFamily<'_>,
        first_slot: usize,
        limit_bytes: usize,
    ) -> Option<usize> {
        self.labels.trim();
        let Self { output, texts, bare, kept_labels, scratch, labels: buffers, line } = self;
        let text = texts.prepare(family);
        let may_be_bare = family.view.has_open_labels() && family.view.label_names().len() == 0;
        let mut lines = Lines { family: family.view, text, output, buffer: line };
        let mut write = |series: &SeriesView<'_>, value: &Value<'_>| {
            let may_keep = text.labels.are_kept && kept_labels::may_keep(series.slot());
            let kept = if may_keep { kept_labels.find(series.id()) } else { None };
            let (short, labels) = match kept {
                Some((text, length)) => (Some((text, length)), Padded::new(text, length)),
                None if may_be_bare && series.labels().next().is_none() => {
                    bare.prepare(family.view, family.format, OwnLabels::Fixed);
                    let labels = bare.labels.write(series, &bare.pieces, buffers);
                    lines.with_text(bare).write(series, labels, value);
                    return lines.output.len() < limit_bytes;
                }
                None => {
                    let labels = text.labels.write(series, &text.pieces, buffers);
                    if may_keep && text.labels.is_kept(series) {
                        kept_labels.offer(series.id(), labels.text());
                    }
                    (labels.in_one(), labels)
                }
            };
            if !short.is_some_and(|short| lines.write_quickly(series, short, value)) {
                lines.write(series, labels, value);
            }
            lines.output.len() < limit_bytes
        };
        family.view.visit(first_slot, scratch, |series, value| {
            if write(&series, &value) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}

/// The texts of the families.
#[derive(Debug, Default)]
struct Texts {
    /// By the [index](PageFamily::index) of a family, up to [`MOST_TEXTS`].
    kept: Vec<FamilyText>,
    /// The text of one family past them.
    shared: FamilyText,
}

impl Texts {
    /// Returns the text of a family, prepared unless it is kept from the last page.
    fn prepare(&mut self, family: &PageFamily<'_>) -> &FamilyText {
        if self.kept.len() <= family.index && family.index < MOST_TEXTS {
            self.kept.resize_with(family.index + 1, FamilyText::default);
        }
        let text = self.kept.get_mut(family.index).unwrap_or(&mut self.shared);
        let own = if family.view.has_open_labels() { OwnLabels::Named } else { OwnLabels::Fixed };
        text.prepare(family.view, family.format, own);
        text
    }
}
