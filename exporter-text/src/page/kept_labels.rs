//! Label texts kept from page to page, in memory that does not grow with the number of
//! series.

use crate::text::label_text::LONGEST_TEXT;

/// Texts that can be kept, 800 KiB in all: enough for 10,000 series with labels of a
/// usual length. The labels of other series are written for every page.
const MOST_KEPT: usize = 10_240;

/// Pages without its series until a text may be evicted. More than one, as simultaneous
/// pages count separately.
const PAGES_KEPT: u8 = 8;

/// The id of no series. Ids count up from 0 and do not reach it.
const VACANT: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct KeptText {
    series_id: u64,
    /// The number of the last page with this text, modulo 256.
    page: u8,
    length: u8,
    text: [u8; LONGEST_TEXT],
}

/// The texts, indexed by the id of their series modulo [`MOST_KEPT`].
///
/// Series created in a row have neighbouring texts, so a page reads the memory
/// sequentially.
#[derive(Debug, Default)]
pub(crate) struct KeptLabels {
    /// Empty until the first text.
    texts: Vec<KeptText>,
    page: u8,
    /// Whether nothing is kept.
    is_off: bool,
}

/// Returns whether the text of the series in this slot of its family may be kept. In a
/// family with more series than [`MOST_KEPT`], the first ones are kept.
#[inline]
pub(crate) fn may_keep(slot: usize) -> bool {
    slot < MOST_KEPT
}

impl KeptLabels {
    /// Returns a store that keeps nothing.
    pub(crate) fn none() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// Counts a page, for the eviction of texts.
    pub(crate) fn begin_page(&mut self) {
        self.page = self.page.wrapping_add(1);
    }

    #[inline]
    fn text(&mut self, series_id: u64) -> Option<&mut KeptText> {
        let index = usize::try_from(series_id % MOST_KEPT as u64).ok()?;
        self.texts.get_mut(index)
    }

    /// Returns the text of a series and its length, if it is kept.
    #[inline]
    pub(crate) fn find(&mut self, series_id: u64) -> Option<(&[u8; LONGEST_TEXT], usize)> {
        let page = self.page;
        let kept = self.text(series_id).filter(|kept| kept.series_id == series_id)?;
        kept.page = page;
        Some((&kept.text, kept.length.into()))
    }

    /// Keeps the text of a series that was not found, unless it is too long or another
    /// text is kept at its index.
    pub(crate) fn offer(&mut self, series_id: u64, text: &[u8]) {
        let page = self.page;
        let Ok(length) = u8::try_from(text.len()) else { return };
        if self.texts.is_empty() && !self.is_off {
            let vacant = KeptText { series_id: VACANT, page, length: 0, text: [0; LONGEST_TEXT] };
            self.texts = vec![vacant; MOST_KEPT];
        }
        let Some(kept) = self.text(series_id) else { return };
        let is_free = kept.series_id == VACANT || page.wrapping_sub(kept.page) >= PAGES_KEPT;
        if let (true, Some(room)) = (is_free, kept.text.get_mut(..text.len())) {
            room.copy_from_slice(text);
            (kept.series_id, kept.page, kept.length) = (series_id, page, length);
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
    fn text_is_found_by_its_series_only() {
        let mut kept = KeptLabels::default();
        assert_eq!(found(&mut kept, 7), None);
        kept.offer(7, b"seven");
        assert_eq!(found(&mut kept, 7), Some(b"seven".to_vec()));
        assert_eq!(found(&mut kept, 8), None);
        assert_eq!(found(&mut kept, 7 + MOST_KEPT as u64), None);
    }

    #[test]
    fn unused_text_is_evicted() {
        let (old, new) = (7, 7 + MOST_KEPT as u64);
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
    fn store_that_is_off_allocates_nothing() {
        let mut kept = KeptLabels::none();
        kept.offer(0, b"text");
        assert_eq!((found(&mut kept, 0), kept.texts.len()), (None, 0));
    }
}
