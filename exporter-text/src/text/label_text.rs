//! The text of the labels of a series.

use tickmark::export::{FamilyView, Kind, SeriesView, is_legacy_label_name};

use crate::names::family_names::{self, FamilyNames};
use crate::negotiate::format::{Escaping, Format};
use crate::text::escape;
use crate::text::pieces::{Piece, Pieces};
use crate::text::steps::{Padded, STEP, Short, set, set_exactly};

/// The longest text that is written in one step and kept for the next page. A multiple of
/// [`STEP`]. Long enough for three labels, one of them a path.
pub(crate) const LONGEST_TEXT: usize = 64;

/// The text after the last value.
const CLOSING: &[u8; 3] = b"\"} ";

/// Parts of the label texts shared by all series of a family.
///
/// The text of a series stands between name and value of a line: `a="x",b="y"} `. Without
/// labels it is a space.
#[derive(Debug, Default)]
pub(crate) struct LabelText {
    /// The text before each value: `a="`, then `",b="`.
    openings: Vec<Piece>,
    /// The same, up to the first that does not fit in one step.
    short_openings: Vec<Short<STEP>>,
    /// The text after the last value.
    closing: Piece,
    /// The escaping of label names that differ from series to series.
    open: Option<Escaping>,
    /// Bytes at the end of every text that are missing in a line with another label.
    closing_bytes: usize,
    /// Whether the texts are worth keeping for the next page.
    pub(crate) are_kept: bool,
}

impl LabelText {
    /// Prepares the texts of another family.
    pub(crate) fn prepare(
        &mut self,
        family: FamilyView<'_>,
        names: &FamilyNames<'_>,
        own: OwnLabels,
        format: Format,
        pieces: &mut Pieces,
    ) {
        let escaping = format.escaping();
        // Texts that are the same in all formats, and most of the work of their series.
        let has_one_line =
            matches!(family.kind(), Kind::Counter | Kind::Gauge | Kind::Info | Kind::Unknown);
        self.open = (own == OwnLabels::Named).then_some(escaping);
        self.are_kept = has_one_line
            && (family.label_names().len() > 0 || self.open.is_some())
            && escaping != Escaping::Dots
            && family.label_names().all(is_legacy_label_name);
        self.openings.clear();
        self.openings.extend(family.label_names().enumerate().map(|(index, name)| {
            pieces.add(|out| {
                out.extend_from_slice(if index == 0 { b"" } else { b"\"," });
                family_names::write_label(name, escaping, out);
            })
        }));
        self.short_openings.clear();
        self.short_openings.extend(
            self.openings.iter().map_while(|opening| Short::of(&[pieces.get(*opening).text()])),
        );
        if !self.has_labels() {
            self.closing = pieces.add(|out| names.write_end_of_bare(out));
            self.closing_bytes = pieces.get(self.closing).len();
        } else {
            self.closing = pieces.add(|out| out.extend_from_slice(CLOSING));
            self.closing_bytes = b"} ".len();
        }
    }

    pub(crate) fn has_labels(&self) -> bool {
        !self.openings.is_empty() || self.open.is_some()
    }

    /// Returns whether the text of a series is the same in all formats.
    pub(crate) fn is_kept(&self, series: &SeriesView<'_>) -> bool {
        self.are_kept
            && (self.open.is_none() || series.labels().all(|(name, _)| is_legacy_label_name(name)))
    }

    /// Returns a text without its end, for a line with another label.
    #[inline]
    pub(crate) fn open<'a>(&self, text: Padded<'a>) -> Padded<'a> {
        text.shortened(self.closing_bytes)
    }

    /// Returns the text of a series. Writes it to `buffers` if the series has labels.
    #[inline]
    pub(crate) fn write<'a>(
        &self,
        series: &SeriesView<'_>,
        pieces: &'a Pieces,
        buffers: &'a mut LabelBuffers,
    ) -> Padded<'a> {
        if !self.has_labels() {
            return pieces.get(self.closing);
        }
        match self.write_plain(series, &mut buffers.short) {
            Some(length) => Padded::new(&*buffers.short, length),
            None => self.write_any(series, pieces, &mut buffers.long),
        }
    }

    /// Writes a short text without escapes, and returns its length. Returns `None` for
    /// all others.
    #[inline]
    fn write_plain(&self, series: &SeriesView<'_>, room: &mut [u8; ROOM]) -> Option<usize> {
        let fits = self.open.is_none() && self.short_openings.len() == self.openings.len();
        if !fits || !series.has_plain_values() {
            return None;
        }
        let mut at = 0;
        for (opening, value) in self.short_openings.iter().zip(series.label_values()) {
            set(room, at, &opening.bytes);
            at += opening.length;
            set_exactly(room.as_mut_slice(), at, value.as_bytes());
            at += value.len();
        }
        set(room, at, CLOSING);
        at += CLOSING.len();
        (at <= ROOM - STEP).then_some(at)
    }

    #[cold]
    fn write_any<'a>(
        &self,
        series: &SeriesView<'_>,
        pieces: &Pieces,
        long: &'a mut Vec<u8>,
    ) -> Padded<'a> {
        long.clear();
        match self.open {
            Some(escaping) => write_open(series, escaping, long),
            None => {
                for (opening, value) in self.openings.iter().zip(series.label_values()) {
                    long.extend_from_slice(pieces.get(*opening).text());
                    escape::write_label_value(value, long);
                }
            }
        }
        long.extend_from_slice(pieces.get(self.closing).text());
        let length = long.len();
        // Padding for whole steps, or for one step of this length.
        long.resize(length + LONGEST_TEXT, 0);
        Padded::new(long, length)
    }
}

/// Writes the labels of a series of an open family, up to the last value.
fn write_open(series: &SeriesView<'_>, escaping: Escaping, out: &mut Vec<u8>) {
    for (index, (name, value)) in series.labels().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"\"," });
        family_names::write_label(name, escaping, out);
        escape::write_label_value(value, out);
    }
}

/// The labels of a series after the constant ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OwnLabels {
    /// Named by the family; possibly none.
    Fixed,
    /// Named by each series of an open family; at least one.
    Named,
}

/// The buffers for the label text of one series.
#[derive(Debug)]
pub(crate) struct LabelBuffers {
    short: Box<[u8; ROOM]>,
    long: Vec<u8>,
}

/// The largest capacity that is kept for long texts.
const LARGEST_LONG: usize = 64 * 1024;

/// Room for a short text and its last step. Few series have longer labels.
const ROOM: usize = 512;

impl LabelBuffers {
    /// Frees the memory that a single long series needed.
    pub(crate) fn trim(&mut self) {
        if self.long.capacity() > LARGEST_LONG {
            self.long = Vec::new();
        }
    }
}

impl Default for LabelBuffers {
    fn default() -> Self {
        Self { short: Box::new([0; ROOM]), long: Vec::new() }
    }
}
