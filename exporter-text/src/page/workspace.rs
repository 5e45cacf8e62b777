//! What writing a chunk needs: memory that is used again, and what is kept of the series.

use std::ops::ControlFlow;

use tickmark::{FamilyView, Scratch, SeriesView, Value};

use crate::family_text::FamilyText;
use crate::format::Format;
use crate::kept_labels::{self, KeptLabels};
use crate::label_text::Draft;
use crate::lines::Lines;
use crate::output::Output;
use crate::steps::Padded;

/// Families whose texts are kept from page to page, in the order of a page: half a KiB
/// each, and two of a histogram. Beyond them, one after the other is made anew.
const TEXTS: usize = 1_024;

/// Writes one chunk at a time.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) output: Output,
    /// By the place of a family on the page, which stays the same as long as no family
    /// comes or goes.
    texts: Vec<FamilyText>,
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

    /// Writes the metadata of the family at a place of the page.
    pub(crate) fn write_metadata(&mut self, place: usize, family: FamilyView<'_>, format: Format) {
        let Self { output, texts, .. } = self;
        if let Some(text) = prepared(texts, place, family, format) {
            output.put(text.pieces.get(text.metadata).text());
        }
    }

    /// Writes the series of the family at a place of the page, from a slot on, until the
    /// chunk has `limit_bytes` or more. The last series is always whole.
    ///
    /// Returns the slot to go on from, or `None` if these were all.
    pub(crate) fn write_series(
        &mut self,
        place: usize,
        (family, format): (FamilyView<'_>, Format),
        from: usize,
        limit_bytes: usize,
    ) -> Option<usize> {
        self.labels.trim();
        let Self { output, texts, kept_labels, scratch, labels: label_draft, draft } = self;
        let text = &*prepared(texts, place, family, format)?;
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
                let labels =
                    labels.or_else(|| short.map(|(text, length)| Padded::new(text, length)));
                lines.write(series, labels.unwrap_or_default(), value);
            }
            lines.output.len() < limit_bytes
        };
        family.visit(from, scratch, |series, value| {
            if write(&series, &value) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}

/// The text of the family at a place of the page. It is prepared unless it is still
/// there.
fn prepared<'a>(
    texts: &'a mut Vec<FamilyText>,
    place: usize,
    family: FamilyView<'_>,
    format: Format,
) -> Option<&'a mut FamilyText> {
    let place = place.min(TEXTS - 1);
    if texts.len() <= place {
        texts.resize_with(place + 1, FamilyText::default);
    }
    let text = texts.get_mut(place)?;
    text.prepare(family, format);
    Some(text)
}
