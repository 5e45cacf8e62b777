//! Rows: series of neighbouring slots that a walk keeps together.
//!
//! To keep one series alive costs a walk some 15 ns, and where it lies the memory is
//! cold: several times what it takes to read a counter. So a walk keeps a list of them
//! instead, with what is asked of each most. The list is made when a walk first comes by,
//! and thrown away as soon as one of its series comes, or is to go.

use crate::cells::growing::Growing;
use crate::series::series::Series;
use crate::sync::{Arc, ArcSlot, Kept, Published, ROW_SLOTS};

/// Fewer series in a row are not worth the memory, which is that of its slots.
const FEWEST: usize = ROW_SLOTS.div_ceil(4);

/// The series of one row of slots: 16 bytes for each slot.
#[derive(Debug)]
pub(crate) struct Row {
    series: [Option<Arc<Series>>; ROW_SLOTS],
    /// The lowest identity, and how far above it each is.
    first_id: u64,
    ids: [u32; ROW_SLOTS],
    /// Where the cells of each begin.
    starts: [u32; ROW_SLOTS],
}

/// A series in a row, and copies of what it says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) slot: usize,
    pub(crate) id: u64,
    pub(crate) start: u32,
    pub(crate) series: &'a Series,
}

impl Row {
    /// The row that a slot lies in. `None` if it has few series, or if their identities
    /// are too far apart or their cells too far out to be noted here.
    pub(crate) fn new(slot: usize, series: impl Fn(usize) -> Option<Arc<Series>>) -> Option<Self> {
        let first_slot = slot - slot % ROW_SLOTS;
        let series: [_; ROW_SLOTS] = std::array::from_fn(|place| series(first_slot + place));
        if series.iter().flatten().count() < FEWEST {
            return None;
        }
        let first_id = series.iter().flatten().map(|series| series.id).min().unwrap_or_default();
        let (mut ids, mut starts) = ([0; ROW_SLOTS], [0; ROW_SLOTS]);
        for ((series, id), start) in series.iter().zip(&mut ids).zip(&mut starts) {
            if let Some(series) = series {
                *id = u32::try_from(series.id - first_id).ok()?;
                *start = u32::try_from(series.run.start()).ok()?;
            }
        }
        Some(Self { series, first_id, ids, starts })
    }

    /// The first cells of those in the slots from this one on; of a slot without a
    /// series, some cell.
    #[inline]
    pub(crate) fn starts(&self, slot: usize) -> &[u32] {
        self.starts.get(slot % ROW_SLOTS..).unwrap_or_default()
    }

    /// Returns whether a handle or another row keeps the series in a slot, beside the
    /// slot and this.
    pub(crate) fn is_held(&self, slot: usize) -> bool {
        let series = self.series.get(slot % ROW_SLOTS).and_then(Option::as_ref);
        series.is_some_and(|series| Arc::strong_count(series) > 2)
    }

    /// What is in the slots from this one on.
    #[inline]
    pub(crate) fn members(&self, slot: usize) -> impl Iterator<Item = Option<Member<'_>>> {
        let from = slot % ROW_SLOTS;
        let of = self.series.iter().zip(&self.ids).zip(&self.starts).skip(from);
        of.zip(slot..).map(|(((series, id), start), slot)| {
            let series = series.as_deref()?;
            Some(Member { slot, id: self.first_id + u64::from(*id), start: *start, series })
        })
    }
}

/// The rows of a table. Put and forgotten under the lock of the table only.
#[derive(Debug, Default)]
pub(crate) struct Rows(Published<Box<Growing<ArcSlot<Row>>>>);

impl Rows {
    /// The row that a slot lies in, if it was made.
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Kept<Row> {
        self.place(slot).load()
    }

    pub(crate) fn put(&self, slot: usize, row: Arc<Row>) {
        self.place(slot).store(row);
    }

    #[inline]
    fn place(&self, slot: usize) -> &ArcSlot<Row> {
        self.0.get_or_init(Box::default).grow(slot / ROW_SLOTS)
    }

    /// Has the row that a slot lies in made anew by the next walk. Walks that are in it
    /// keep it that long.
    pub(crate) fn forget(&self, slot: usize) {
        let Some(place) = self.0.get().and_then(|rows| rows.get(slot / ROW_SLOTS)) else { return };
        // To look is cheap; to take asks every thread that may be in it.
        if place.load().get().is_some() {
            drop(place.take());
        }
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::names::labels::LabelValues;

    #[test]
    fn what_is_far_apart_or_nearly_empty_is_no_row() {
        // With an identity that far above the others.
        let series = |above: u64| {
            let mut series = Series::new(LabelValues::new(&["a"]), 1, None);
            Arc::get_mut(&mut series).unwrap().id = 7 + above;
            series
        };
        let row = |last: u64, count: usize| {
            Row::new(40, |slot| {
                (slot < 32 + count).then(|| series(if slot + 1 == 32 + count { last } else { 0 }))
            })
        };
        let far = u64::from(u32::MAX);
        let id = |row: Row| row.members(63).next().unwrap().map(|member| (member.slot, member.id));
        assert_eq!(id(row(far, 32).unwrap()), Some((63, 7 + far)));
        assert!(row(far + 1, 32).is_none());
        assert_eq!(id(row(0, 8).unwrap()), None);
        assert!(row(0, 7).is_none());
    }
}
