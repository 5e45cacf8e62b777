//! The labels of one series as text.

use tickmark::{FamilyView, Kind, SeriesView};

use crate::escape;
use crate::format::{Escaping, Format};
use crate::is_legacy_label_name;
use crate::kept_labels::{KeptLabels, LONGEST_TEXT};
use crate::names::{self, Names};
use crate::output::{Padded, STEP};
use crate::pieces::{Piece, Pieces};

/// What the label texts of a family's series share.
///
/// The text of a series stands between the name and the value of a line: `a="x",b="y"} `. Without labels it is what is
/// left: a space.
#[derive(Debug, Default)]
pub(crate) struct LabelText {
    /// What stands before each value: `a="`, then `",b="`.
    openings: Vec<Piece>,
    /// What stands behind the last value.
    closing: Piece,
    /// Bytes at the end of every text that a line with one label more does not have.
    closing_bytes: usize,
    /// Whether it pays to keep the texts for the next page.
    pub(crate) are_kept: bool,
}

impl LabelText {
    /// Prepares the texts of another family.
    pub(crate) fn prepare(&mut self, family: FamilyView<'_>, names: &Names<'_>, format: Format, pieces: &mut Pieces) {
        let escaping = format.escaping();
        // The same in all formats, and a large part of all that there is to do.
        self.are_kept = matches!(family.kind(), Kind::Counter | Kind::Gauge | Kind::Info)
            && family.label_names().len() > 0
            && escaping != Escaping::Dots
            && family.label_names().all(is_legacy_label_name);
        self.openings.clear();
        self.openings.extend(family.label_names().enumerate().map(|(place, name)| {
            pieces.add(|out| {
                out.extend_from_slice(if place == 0 { b"" } else { b"\"," });
                names::write_label(name, escaping, out);
            })
        }));
        if self.openings.is_empty() {
            self.closing = pieces.add(|out| names.write_end_of_bare(out));
            self.closing_bytes = pieces.get(self.closing).len();
        } else {
            self.closing = pieces.add(|out| out.extend_from_slice(b"\"} "));
            self.closing_bytes = b"} ".len();
        }
    }

    pub(crate) fn has_labels(&self) -> bool {
        !self.openings.is_empty()
    }

    /// The text of a series, if it was kept and is that of this format.
    #[inline]
    pub(crate) fn find_kept<'a>(
        &self,
        kept: &'a mut KeptLabels,
        series_id: u64,
    ) -> Option<(&'a [u8; LONGEST_TEXT], usize)> {
        if self.are_kept { kept.find(series_id) } else { None }
    }

    /// The text without its end, for a line that has one label more.
    #[inline]
    pub(crate) fn open<'a>(&self, text: Padded<'a>) -> Padded<'a> {
        text.shortened(self.closing_bytes)
    }

    /// The text of a series, written to `scratch` if it has labels.
    pub(crate) fn write<'a>(
        &self,
        series: &SeriesView<'_>,
        pieces: &'a Pieces,
        scratch: &'a mut Vec<u8>,
    ) -> Padded<'a> {
        if !self.has_labels() {
            return pieces.get(self.closing);
        }
        scratch.clear();
        for (opening, value) in self.openings.iter().zip(series.label_values()) {
            scratch.extend_from_slice(pieces.get(*opening).text());
            escape::write_label_value(value, scratch);
        }
        scratch.extend_from_slice(pieces.get(self.closing).text());
        let length = scratch.len();
        scratch.resize(length + STEP, 0);
        Padded::new(scratch, length)
    }
}
