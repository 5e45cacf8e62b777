//! Memory for writing a chunk, and texts kept from page to page.

use std::ops::ControlFlow;

use tickmark::export::{FamilyView, Scratch, SeriesView, Value};

use crate::page::contents::PageFamily;
use crate::page::kept_labels::{self, KeptLabels};
use crate::page::lines::Lines;
use crate::page::output::Output;
use crate::text::family_text::FamilyText;
use crate::text::label_text::{LabelBuffers, OwnLabels};
use crate::text::steps::Padded;

/// The number of families whose texts are kept from page to page: half a KiB each, 2 KiB
/// for a histogram. All later families of a page share one text, rewritten for each.
const TEXTS: usize = 1_024;

/// Writes one chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) output: Output,
    /// By the [index](PageFamily::index) of a family.
    texts: Vec<FamilyText>,
    /// The text of an open family for a series without labels.
    bare: FamilyText,
    pub(crate) kept_labels: KeptLabels,
    scratch: Scratch,
    labels: LabelBuffers,
    line: Vec<u8>,
}

impl Workspace {
    /// A workspace for one chunk that keeps nothing.
    pub(crate) fn temporary() -> Self {
        Self { kept_labels: KeptLabels::none(), ..Self::default() }
    }

    /// Writes the metadata of a family.
    pub(crate) fn write_metadata(&mut self, family: &PageFamily<'_>) {
        let Self { output, texts, .. } = self;
        if let Some(text) = prepared(texts, family) {
            output.put(text.pieces.get(text.metadata).text());
        }
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
        let named = &*prepared(texts, family)?;
        // Without a constant label, a series of an open family may have no label at all.
        let bare = may_be_bare(family.view).then(|| {
            bare.prepare(family.view, family.format, OwnLabels::Fixed);
            &*bare
        });
        let mut lines = Lines { family: family.view, text: named, output, buffer: line };
        let mut write = |series: &SeriesView<'_>, value: &Value<'_>| {
            if let Some(bare) = bare {
                lines.text = if series.labels().next().is_some() { named } else { bare };
            }
            let text = lines.text;
            let may_keep = text.labels.are_kept && kept_labels::may_keep(series.slot());
            let (short, labels) = match may_keep.then(|| kept_labels.find(series.id())).flatten() {
                Some(short) => (Some(short), None),
                None => {
                    let labels = text.labels.write(series, &text.pieces, buffers);
                    if may_keep && text.labels.is_kept(series) {
                        kept_labels.offer(series.id(), labels.text());
                    }
                    (labels.in_one(), Some(labels))
                }
            };
            if !short.is_some_and(|short| lines.write_quickly(series, short, value)) {
                let labels =
                    labels.or_else(|| short.map(|(text, length)| Padded::new(text, length)));
                lines.write(series, labels.unwrap_or_default(), value);
            }
            lines.output.len() < limit_bytes
        };
        family.view.visit(first_slot, scratch, |series, value| {
            if write(&series, &value) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}

fn may_be_bare(family: FamilyView<'_>) -> bool {
    family.has_open_labels() && family.label_names().len() == 0
}

/// Returns the text of a family, prepared unless it is kept from the last page.
fn prepared<'a>(
    texts: &'a mut Vec<FamilyText>,
    family: &PageFamily<'_>,
) -> Option<&'a mut FamilyText> {
    let index = family.index.min(TEXTS - 1);
    if texts.len() <= index {
        texts.resize_with(index + 1, FamilyText::default);
    }
    let text = texts.get_mut(index)?;
    let own = if family.view.has_open_labels() { OwnLabels::Named } else { OwnLabels::Fixed };
    text.prepare(family.view, family.format, own);
    Some(text)
}
