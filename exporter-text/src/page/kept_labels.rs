//! Label texts that are kept from page to page, in a memory that does not grow with the
//! number of series.

use crate::text::label_text::LONGEST_TEXT;

/// Series whose texts can be kept: 10,000 with labels of a usual length are served from
/// here, 800 KiB in all. The cost of the others is that of writing their labels anew.
const CELLS: usize = 10_240;

/// After so many pages without its series, a text makes way for that of another series.
/// More than one, because pages that are written at the same time count apart.
const PAGES_KEPT: u8 = 8;

/// The identity of no series: those count up from 0 and never get there.
const VACANT: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Cell {
    series_id: u64,
    /// The number of the last page that the text was on, modulo 256.
    page: u8,
    length: u8,
    text: [u8; LONGEST_TEXT],
}

/// The texts, each in the cell that the identity of its series leads to.
///
/// Series that are created one after the other have neighbouring cells, so that a page
/// reads the memory in a row.
#[derive(Debug, Default)]
pub(crate) struct KeptLabels {
    /// Empty until the first text.
    cells: Vec<Cell>,
    page: u8,
    is_off: bool,
}

/// Whether the text of a series is worth looking for, by the place of the series in its
/// family: of a family with more series than there are cells, the first ones have them.
#[inline]
pub(crate) fn has_cell(slot: usize) -> bool {
    slot < CELLS
}

impl KeptLabels {
    /// Keeps nothing.
    pub(crate) fn none() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    pub(crate) fn begin_page(&mut self) {
        self.page = self.page.wrapping_add(1);
    }

    #[inline]
    fn cell(&mut self, series_id: u64) -> Option<&mut Cell> {
        // The remainder fits.
        let place = usize::try_from(series_id % CELLS as u64).unwrap_or_default();
        self.cells.get_mut(place)
    }

    /// The text of that series and its length, if it is kept.
    #[inline]
    pub(crate) fn find(&mut self, series_id: u64) -> Option<(&[u8; LONGEST_TEXT], usize)> {
        let page = self.page;
        let cell = self.cell(series_id).filter(|cell| cell.series_id == series_id)?;
        cell.page = page;
        Some((&cell.text, cell.length.into()))
    }

    /// Keeps the text of a series that was not found, unless it is too long or the cell
    /// is in use.
    pub(crate) fn offer(&mut self, series_id: u64, text: &[u8]) {
        let page = self.page;
        let Ok(length) = u8::try_from(text.len()) else { return };
        if self.cells.is_empty() && !self.is_off {
            self.cells =
                vec![Cell { series_id: VACANT, page, length: 0, text: [0; LONGEST_TEXT] }; CELLS];
        }
        let Some(cell) = self.cell(series_id) else { return };
        let is_free = cell.series_id == VACANT || page.wrapping_sub(cell.page) >= PAGES_KEPT;
        if let (true, Some(place)) = (is_free, cell.text.get_mut(..text.len())) {
            place.copy_from_slice(text);
            (cell.series_id, cell.page, cell.length) = (series_id, page, length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kept: &mut KeptLabels, series_id: u64) -> Option<Vec<u8>> {
        kept.find(series_id).map(|(text, length)| text[..length].to_vec())
    }

    #[test]
    fn a_text_is_found_by_its_series_only() {
        let mut kept = KeptLabels::default();
        assert_eq!(found(&mut kept, 7), None);
        kept.offer(7, b"seven");
        assert_eq!(found(&mut kept, 7), Some(b"seven".to_vec()));
        assert_eq!(found(&mut kept, 8), None);
        assert_eq!(found(&mut kept, 7 + CELLS as u64), None);
    }

    #[test]
    fn a_text_in_use_stays_and_an_unused_one_makes_way() {
        let (old, new) = (7, 7 + CELLS as u64);
        let mut kept = KeptLabels::default();
        kept.offer(old, b"old");
        for _ in 0..1_000 {
            kept.begin_page();
            assert!(found(&mut kept, old).is_some());
            kept.offer(new, b"new");
            assert_eq!(found(&mut kept, new), None);
        }
        for _ in 0..PAGES_KEPT {
            kept.begin_page();
        }
        kept.offer(new, b"new");
        assert_eq!((found(&mut kept, old), found(&mut kept, new)), (None, Some(b"new".to_vec())));
    }

    #[test]
    fn long_texts_are_not_kept() {
        let mut kept = KeptLabels::default();
        kept.offer(0, &[b'x'; LONGEST_TEXT]);
        assert_eq!(found(&mut kept, 0), Some(vec![b'x'; LONGEST_TEXT]));
        for length in [LONGEST_TEXT + 1, 256, 257] {
            kept.offer(1, &vec![b'x'; length]);
            assert_eq!(found(&mut kept, 1), None);
        }
    }

    #[test]
    fn one_that_keeps_nothing_has_no_memory() {
        let mut kept = KeptLabels::none();
        kept.offer(0, b"text");
        assert_eq!((found(&mut kept, 0), kept.cells.len()), (None, 0));
    }
}
