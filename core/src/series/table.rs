//! The series of a family by their label values: looked up without locks, changed under
//! one. `family/removal.rs` decides which of them to remove.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::cells::growing::Growing;
use crate::names::label_hash::LabelHasher;
use crate::series::index::Index;
use crate::series::row::{Row, Rows};
use crate::series::series::Series;
use crate::sync::{Arc, ArcSlot, AtomicUsize, Kept, Mutex, MutexGuard, Ordering, ROW_SLOTS};

/// Series in slots, and an index over them.
#[derive(Debug)]
pub(crate) struct Table {
    hasher: LabelHasher,
    index: Index,
    slots: Growing<ArcSlot<Series>>,
    rows: Rows,
    /// One above the highest slot with a series.
    slot_count: AtomicUsize,
    writing: Mutex<Occupancy>,
}

/// Free slots that a walk passes within one hold of the lock: some 5 us.
const SLOTS_AT_A_TIME: usize = 1_000;

/// State of the writer.
#[derive(Debug, Default)]
struct Occupancy {
    /// The number of series.
    live: usize,
    /// Free slots. Those from `slot_count` on are stale, and dropped when they come up.
    free: BinaryHeap<Reverse<usize>>,
}

/// Reason of a look-up without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    /// The series did not exist at some moment of the look-up.
    Absent,
    /// The series may be mid-removal; retry under the lock.
    Leaving,
}

/// The outcome of an attempt to remove a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// The series is removed.
    Done,
    /// The series has other references.
    Held,
    /// The caller refused the series in its last state.
    Refused,
    /// The series was not there.
    Absent,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            hasher: LabelHasher::new(),
            index: Index::default(),
            slots: Growing::default(),
            rows: Rows::default(),
            slot_count: AtomicUsize::new(0),
            writing: Mutex::new(Occupancy::default()),
        }
    }
}

impl Table {
    #[inline]
    pub(crate) fn hash(&self, values: &[&str]) -> u32 {
        self.hasher.hash(values)
    }

    /// Finds a series in the first buckets of its hash, where most are. Lock-free.
    #[inline]
    pub(crate) fn find_first(&self, hash: u32, values: &[&str]) -> Option<Kept<Series>> {
        let kept = self.slot(self.index.first(hash)?)?;
        kept.get().is_some_and(|series| series.labels.matches(values)).then_some(kept)
    }

    /// Finds a series. Lock-free.
    pub(crate) fn find(&self, hash: u32, values: &[&str]) -> Result<Kept<Series>, Miss> {
        let mut miss = Miss::Absent;
        let found = self.index.find(hash, |slot| {
            let kept = self.slot(slot)?;
            match kept.get() {
                Some(series) => return series.labels.matches(values).then_some(kept),
                None => miss = Miss::Leaving,
            }
            None
        });
        found.ok_or(miss)
    }

    /// Returns the slots that may have series: those of a walk that begins now.
    pub(crate) fn slots(&self) -> Range<usize> {
        // Acquire: pairs with the Releases in `Writer::insert` and `Writer::shrink`, so
        // the slots are filled.
        0..self.slot_count.load(Ordering::Acquire)
    }

    /// Returns the content of a slot. Without the lock, an empty slot may have a series
    /// mid-removal.
    #[inline]
    pub(crate) fn slot(&self, slot: usize) -> Option<Kept<Series>> {
        self.slots.get(slot).map(ArcSlot::load)
    }

    /// Returns the first series in these slots, with its slot. Lock-free up to a free
    /// slot. There it takes the lock for a moment, because a series is not in its slot
    /// during an attempt to remove it.
    #[inline]
    pub(crate) fn first_series(&self, slots: Range<usize>) -> Option<(usize, Kept<Series>)> {
        let slot = slots.clone().next()?;
        let kept = self.slot(slot)?;
        if kept.get().is_some() { Some((slot, kept)) } else { self.first_settled(slots) }
    }

    #[cold]
    fn first_settled(&self, mut slots: Range<usize>) -> Option<(usize, Kept<Series>)> {
        while !slots.is_empty() {
            // In portions, so that writers do not wait long.
            let _writing = self.writing.lock();
            let found = slots.by_ref().take(SLOTS_AT_A_TIME).find_map(|slot| {
                let kept = self.slot(slot)?;
                kept.get().is_some().then_some((slot, kept))
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Returns the row around a slot. `None` in a small table, where rows would take most
    /// of the memory, and where a row is [not worth it](Row::new). Lock-free if no series
    /// of the row was added or removed since the last call. Otherwise it takes the lock
    /// for a moment.
    #[inline]
    pub(crate) fn row(&self, slot: usize) -> Option<Kept<Row>> {
        if self.slots().end < ROW_SLOTS {
            return None;
        }
        let kept = self.rows.get(slot);
        if kept.get().is_some() { Some(kept) } else { self.build_row(slot) }
    }

    #[cold]
    fn build_row(&self, slot: usize) -> Option<Kept<Row>> {
        // Under the lock every series is in its slot, and every later change invalidates
        // the row.
        let _writing = self.writing.lock();
        // Another walk may have built it meanwhile.
        let kept = self.rows.get(slot);
        if kept.get().is_some() {
            return Some(kept);
        }
        let row = Arc::new(Row::new(slot, |slot| self.slots.get(slot)?.load_full())?);
        self.rows.put(slot, Arc::clone(&row));
        Some(Kept::from(row))
    }

    /// Returns the number of series. Takes the lock for a moment.
    pub(crate) fn series_count(&self) -> usize {
        self.writing.lock().live
    }

    /// Takes the lock, and returns the right to change the table.
    pub(crate) fn write(&self) -> Writer<'_> {
        Writer { table: self, occupancy: self.writing.lock() }
    }
}

/// The only writer of a table, as long as it lives.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    table: &'a Table,
    occupancy: MutexGuard<'a, Occupancy>,
}

impl Writer<'_> {
    /// Returns all slots, each with its series.
    pub(crate) fn series(&self) -> impl Iterator<Item = Kept<Series>> {
        self.table.slots().filter_map(|slot| self.table.slot(slot))
    }

    /// Returns the slot and the id of a series.
    pub(crate) fn slot_of(&self, values: &[&str]) -> Option<(usize, u64)> {
        self.table.index.find(self.table.hash(values), |slot| {
            let kept = self.table.slot(slot)?;
            kept.get()
                .filter(|series| series.labels.matches(values))
                .map(|series| (slot, series.id))
        })
    }

    /// Returns the slot of the next series: the first free one, so that free slots gather
    /// at the end.
    pub(crate) fn next_slot(&self) -> usize {
        let end = self.table.slots().end;
        self.occupancy.free.peek().map_or(end, |Reverse(slot)| end.min(*slot))
    }

    /// Adds a series, which is absent from the table.
    pub(crate) fn insert(&mut self, hash: u32, series: Arc<Series>) {
        let table = self.table;
        let end = table.slots().end;
        let slot = self.next_slot();
        if slot < end {
            _ = self.occupancy.free.pop();
        } else {
            self.occupancy.free.clear();
        }
        table.slots.grow(slot).store(series);
        table.rows.invalidate(slot);
        table.index.insert(self.occupancy.live, hash, slot);
        self.occupancy.live += 1;
        // Release: pairs with the Acquire in `slots`.
        table.slot_count.store(end.max(slot + 1), Ordering::Release);
    }

    /// Drops the free slots at the end, so that walks need not pass them.
    fn shrink(&self) {
        let mut slots = self.table.slots();
        let is_free = |slot| self.table.slot(slot).is_none_or(|kept| kept.get().is_none());
        while slots.next_back().is_some_and(is_free) {
            // Release: pairs with the Acquire in `slots`.
            self.table.slot_count.store(slots.end, Ordering::Release);
        }
    }

    /// Removes an unheld series with this id if `may_go` returns true.
    ///
    /// `may_go` sees the series when no other thread can reach it, with all its records.
    pub(crate) fn remove(
        &mut self,
        slot: usize,
        id: u64,
        may_go: impl FnOnce(&Series) -> bool,
    ) -> Removal {
        let Some(found) = self.table.slots.get(slot) else { return Removal::Absent };
        if found.load().get().is_none_or(|series| series.id != id) {
            return Removal::Absent;
        }
        // The row of a walk in progress keeps its series, and counts as any other
        // reference.
        self.table.rows.invalidate(slot);
        // Handles are seen here, so the slot is rarely emptied in vain. Emptying checks
        // the debts of every thread with a look-up.
        if found.is_shared() {
            return Removal::Held;
        }
        // From here on no look-up reaches the series, and every earlier one is in its
        // reference count.
        let Some(mut series) = found.take() else { return Removal::Absent };
        let removal = match Arc::get_mut(&mut series) {
            None => Removal::Held,
            Some(series) if !may_go(series) => Removal::Refused,
            Some(_) => Removal::Done,
        };
        if removal == Removal::Done {
            let hash = self.table.hash(&series.labels.iter().collect::<Vec<_>>());
            self.table.index.remove(hash, slot);
            self.occupancy.live -= 1;
            self.occupancy.free.push(Reverse(slot));
            self.shrink();
        } else {
            found.store(series);
        }
        removal
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    #[test]
    fn label_sets_differ_by_hash() {
        let table = Table::default();
        assert_ne!(table.hash(&["a"]), table.hash(&["b"]));
        assert_eq!(table.hash(&["a"]), table.hash(&["a"]));
    }
}
