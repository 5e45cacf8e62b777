//! The labels of a family's series, escaped once and kept for all later pages.

use std::mem;
use std::ops::Range;

use bytes::{BufMut, BytesMut};
use tickmark::{FamilyView, SeriesView};

use crate::escape;

/// The identity of no series: those count up from 0 and never get there.
const VACANT: u64 = u64::MAX;

/// A family's texts may take 4 GiB; what lies beyond is escaped again for every page. Tests reach a smaller limit.
const MOST_KEPT_BYTES: usize = if cfg!(test) { 1_000 } else { u32::MAX as usize };

/// So little unused memory is never worth a copy.
const WORTHLESS_BYTES: usize = 256;

/// Where the text of the series in one slot lies. 16 bytes, for there is one of these per series.
#[derive(Clone, Copy, Debug)]
struct Kept {
    series_id: u64,
    start: u32,
    length: u32,
}

impl Kept {
    const NOTHING: Self = Self { series_id: VACANT, start: 0, length: 0 };

    /// `None` past the limit.
    fn new(series_id: u64, range: &Range<usize>) -> Option<Self> {
        if range.end > MOST_KEPT_BYTES {
            return None;
        }
        let start = u32::try_from(range.start).ok()?;
        let length = u32::try_from(range.len()).ok()?;
        Some(Self { series_id, start, length })
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.length as usize
    }
}

/// The text of every series of one family: `{a="x",b="y"} `, or one space without labels.
///
/// All texts lie in one buffer: no allocation per series, and a page reads them nearly in a row.
#[derive(Debug, Default)]
pub(crate) struct LabelTexts {
    /// By slot.
    kept: Vec<Kept>,
    texts: BytesMut,
    /// Bytes of `texts` that some slot still points to.
    live_bytes: usize,
    /// Where the walk over the series has come to.
    next_slot: usize,
}

impl LabelTexts {
    /// Begins or goes on with a walk over all series, in the order of their slots.
    pub(crate) fn walk_from(&mut self, slot: usize) {
        self.next_slot = slot;
    }

    /// The text of the next series, written now unless it is kept from an earlier walk.
    #[inline]
    pub(crate) fn text(&mut self, family: FamilyView<'_>, series: SeriesView<'_>) -> &[u8] {
        let slot = series.slot();
        if slot > self.next_slot {
            self.forget(self.next_slot..slot);
        }
        self.next_slot = slot + 1;
        let range = match self.kept.get(slot) {
            Some(kept) if kept.series_id == series.id() => kept.range(),
            _ => self.write(family, series),
        };
        self.texts.get(range).unwrap_or_default()
    }

    #[cold]
    fn write(&mut self, family: FamilyView<'_>, series: SeriesView<'_>) -> Range<usize> {
        let slot = series.slot();
        self.forget(slot..slot + 1);
        let start = self.texts.len();
        write_labels(family.label_names(), series.label_values(), &mut self.texts);
        let range = start..self.texts.len();
        if let Some(kept) = Kept::new(series.id(), &range) {
            if self.kept.len() <= slot {
                self.kept.resize(slot + 1, Kept::NOTHING);
            }
            if let Some(place) = self.kept.get_mut(slot) {
                *place = kept;
                self.live_bytes += range.len();
            }
        }
        range
    }

    /// Forgets what is in these slots: the walk met another series there, or none.
    fn forget(&mut self, slots: Range<usize>) {
        let end = slots.end.min(self.kept.len());
        for kept in self.kept.get_mut(slots.start..end).unwrap_or_default() {
            self.live_bytes -= kept.range().len();
            *kept = Kept::NOTHING;
        }
    }

    /// Ends the walk: forgets the series that it did not meet, and gives memory back if much is unused.
    pub(crate) fn end_walk(&mut self) {
        self.forget(self.next_slot..usize::MAX);
        self.kept.truncate(self.next_slot);
        let used_bytes = self.live_bytes + size_of_val(self.kept.as_slice());
        let unused_bytes = self.held_bytes() - used_bytes;
        if unused_bytes > used_bytes / 4 + WORTHLESS_BYTES {
            self.compact();
        }
    }

    fn held_bytes(&self) -> usize {
        self.texts.capacity() + self.kept.capacity() * size_of::<Kept>()
    }

    fn compact(&mut self) {
        // An eighth to spare, so that a family that grows is not copied for each new series.
        let old = mem::replace(&mut self.texts, BytesMut::with_capacity(self.live_bytes + self.live_bytes / 8));
        let mut start = 0;
        for kept in &mut self.kept {
            self.texts.extend_from_slice(old.get(kept.range()).unwrap_or_default());
            kept.start = start;
            start += kept.length;
        }
        self.kept.shrink_to(self.kept.len() + self.kept.len() / 8);
    }
}

fn write_labels<'a>(names: impl Iterator<Item = &'a str>, values: impl Iterator<Item = &'a str>, out: &mut BytesMut) {
    let mut opening = b'{';
    for (name, value) in names.zip(values) {
        out.put_u8(opening);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escape::write_label_value(value, out);
        out.put_u8(b'"');
        opening = b',';
    }
    out.extend_from_slice(if opening == b',' { b"} " } else { b" " });
}

#[cfg(test)]
impl LabelTexts {
    /// Series whose texts are kept.
    pub(crate) fn series_count(&self) -> usize {
        self.kept.iter().filter(|kept| kept.series_id != VACANT).count()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::prelude::*;
    use tickmark::{Registry, Scratch};

    use super::*;

    /// Asks for the texts of the series in those slots of the family that `meets` has, as a page does.
    fn walk(texts: &mut LabelTexts, family: FamilyView<'_>, meets: impl Fn(usize) -> bool) -> Vec<String> {
        let mut seen = Vec::new();
        texts.walk_from(0);
        let _ = family.visit(0, &mut Scratch::default(), |series, _| {
            if meets(series.slot()) {
                seen.push(String::from_utf8(texts.text(family, series).to_vec()).unwrap());
            }
            ControlFlow::Continue(())
        });
        texts.end_walk();
        seen
    }

    /// Registries with one family each: the slots are the same, the series are not.
    fn registries(count: usize, series_count: usize) -> Vec<Registry> {
        let registry = |marker: usize| {
            let registry = Registry::new();
            let family = registry.counter_family("x", "X.", ["a", "b"]).unwrap();
            for slot in 0..series_count {
                let _ = family.with([&format!("{marker}\"{slot}"), &"b".repeat(slot % 16 * 7)]);
            }
            registry
        };
        (0..count).map(registry).collect()
    }

    fn naive_text(marker: usize, slot: usize) -> String {
        format!(r#"{{a="{marker}\"{slot}",b="{}"}} "#, "b".repeat(slot % 16 * 7))
    }

    #[test]
    fn labels_without_a_name_are_one_space() {
        let registry = Registry::new();
        let _ = registry.counter("x", "X.").unwrap();
        let families = registry.families();
        let seen = walk(&mut LabelTexts::default(), families.iter().next().unwrap(), |_| true);
        assert_eq!(seen, [" "]);
    }

    #[test]
    fn a_text_is_written_once() {
        let families = registries(1, 8)[0].families();
        let family = families.iter().next().unwrap();
        let mut texts = LabelTexts::default();
        let _ = walk(&mut texts, family, |_| true);
        let bytes = texts.texts.len();
        let _ = walk(&mut texts, family, |_| true);
        assert_eq!(texts.texts.len(), bytes);
        assert_eq!(texts.live_bytes, bytes);
    }

    #[test]
    fn what_no_walk_meets_gives_its_memory_back() {
        let families = registries(1, 100)[0].families();
        let family = families.iter().next().unwrap();
        let mut texts = LabelTexts::default();
        let _ = walk(&mut texts, family, |slot| slot < 12);
        assert_eq!(texts.kept.len(), 12);
        let _ = walk(&mut texts, family, |slot| slot == 2);
        assert_eq!(texts.kept.len(), 3);
        assert_eq!(texts.live_bytes, naive_text(0, 2).len());
        let _ = walk(&mut texts, family, |slot| slot % 16 == 0);
        assert_eq!(texts.kept.len(), 97);
        let _ = walk(&mut texts, family, |_| false);
        assert_eq!((texts.kept.len(), texts.live_bytes), (0, 0));
        assert!(texts.held_bytes() <= WORTHLESS_BYTES);
    }

    proptest! {
        /// Walks over series that come, go, and take each other's slots; together their texts pass the limit.
        #[test]
        fn every_text_is_that_of_its_series(walks in proptest::collection::vec((0_usize..3, any::<u16>()), 1..12)) {
            let registries = registries(3, 16);
            let mut texts = LabelTexts::default();
            for (marker, slots) in walks {
                let families = registries[marker].families();
                let meets = |slot| slots >> slot & 1 == 1;
                let seen = walk(&mut texts, families.iter().next().unwrap(), meets);
                let naive: Vec<_> = (0..16).filter(|slot| meets(*slot)).map(|slot| naive_text(marker, slot)).collect();
                prop_assert_eq!(seen, naive);

                let used_bytes = texts.live_bytes + texts.kept.len() * size_of::<Kept>();
                prop_assert!(texts.live_bytes <= MOST_KEPT_BYTES);
                prop_assert!(texts.held_bytes() <= used_bytes + used_bytes / 4 + WORTHLESS_BYTES);
            }
        }
    }
}
