//! Rows: series of neighbouring slots that a walk pins together.
//!
//! Pinning one series costs a walk some 15 ns, in cold memory: several times the cost of
//! reading a counter. So a walk pins a list of series instead, with copies of their most
//! used fields. The first walk builds the list. It is invalidated when one of its series
//! is added, or may be removed.

use crate::cells::growing::Growing;
use crate::checked::guaranteed;
use crate::series::series::Series;
use crate::sync::{Arc, ArcSlot, Kept, Published, ROW_SLOTS};

/// The fewest series of a row. Fewer are not worth the memory, which depends on the
/// slots.
const FEWEST: usize = ROW_SLOTS.div_ceil(4);

/// The series of one row of slots, 16 bytes for each slot.
#[derive(Debug)]
pub(crate) struct Row {
    series: [Option<Arc<Series>>; ROW_SLOTS],
    /// The lowest id, and the distance of each id above it.
    first_id: u64,
    ids: [u32; ROW_SLOTS],
    /// The first cell of each series.
    starts: [u32; ROW_SLOTS],
}

/// A series in a row, with copies of its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) slot: usize,
    pub(crate) id: u64,
    pub(crate) start: u32,
    pub(crate) series: &'a Series,
}

impl Row {
    /// Builds the row of a slot. `None` if it has few series, if their ids are too far
    /// apart, or if their cells are too far out for 32 bits.
    pub(crate) fn new(slot: usize, series: impl Fn(usize) -> Option<Arc<Series>>) -> Option<Self> {
        let first_slot = slot - slot % ROW_SLOTS;
        let series: [_; ROW_SLOTS] = std::array::from_fn(|index| series(first_slot + index));
        if series.iter().flatten().count() < FEWEST {
            return None;
        }
        let first_id =
            guaranteed(series.iter().flatten().map(|series| series.id).min(), "the row has series");
        let (mut ids, mut starts) = ([0; ROW_SLOTS], [0; ROW_SLOTS]);
        for ((series, id), start) in series.iter().zip(&mut ids).zip(&mut starts) {
            if let Some(series) = series {
                *id = u32::try_from(series.id - first_id).ok()?;
                *start = u32::try_from(series.run.start()).ok()?;
            }
        }
        Some(Self { series, first_id, ids, starts })
    }

    /// Returns the first cells of the series from this slot on; any cell for a slot
    /// without a series.
    #[inline]
    pub(crate) fn starts(&self, slot: usize) -> &[u32] {
        guaranteed(self.starts.get(slot % ROW_SLOTS..), "the index lies within the row")
    }

    /// Returns whether the series in a slot has references besides the slot and this row.
    pub(crate) fn is_held(&self, slot: usize) -> bool {
        let series = self.series.get(slot % ROW_SLOTS).and_then(Option::as_ref);
        series.is_some_and(|series| Arc::strong_count(series) > 2)
    }

    /// Returns the members from this slot on, `None` for a slot without a series.
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

/// The rows of a table. Changed only under the lock of the table.
#[derive(Debug, Default)]
pub(crate) struct Rows(Published<Box<Growing<ArcSlot<Row>>>>);

impl Rows {
    /// Returns the row of a slot, if it is built.
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Kept<Row> {
        self.row_slot(slot).load()
    }

    pub(crate) fn put(&self, slot: usize, row: Arc<Row>) {
        self.row_slot(slot).store(row);
    }

    #[inline]
    fn row_slot(&self, slot: usize) -> &ArcSlot<Row> {
        self.0.get_or_init(Box::default).grow(slot / ROW_SLOTS)
    }

    /// Invalidates the row of a slot; the next walk rebuilds it. Walks in progress keep
    /// the old one.
    pub(crate) fn invalidate(&self, slot: usize) {
        let Some(row) = self.0.get().and_then(|rows| rows.get(slot / ROW_SLOTS)) else { return };
        // A load is cheap; taking the row checks the debts of every thread.
        if row.load().get().is_some() {
            drop(row.take());
        }
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::names::labels::LabelValues;

    #[test]
    fn sparse_slots_form_no_row() {
        // The distance of the id above those of the others.
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
