//! The series of a family by their label values: found without locks, changed under one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::cells::growing::Growing;
use crate::names::label_hash::LabelHasher;
use crate::series::index::Index;
use crate::series::row::{Row, Rows};
use crate::series::series::Series;
use crate::sync::{Arc, ArcSlot, AtomicUsize, Kept, Mutex, MutexGuard, Ordering, ROW_SLOTS};

/// Series in numbered slots, and an index over them.
#[derive(Debug)]
pub(crate) struct Table {
    hasher: LabelHasher,
    index: Index,
    slots: Growing<ArcSlot<Series>>,
    rows: Rows,
    /// One more than the highest slot with a series.
    slot_count: AtomicUsize,
    writing: Mutex<Occupancy>,
}

/// Free slots that a walk passes under one lock: some 5 us.
const SLOTS_AT_A_TIME: usize = 1_000;

/// What only the writer needs to know.
#[derive(Debug, Default)]
struct Occupancy {
    /// How many series there are.
    live: usize,
    /// Slots that are free; those from `slot_count` on are forgotten when they come up.
    free: BinaryHeap<Reverse<usize>>,
}

/// Why a look-up found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    /// There was no such series at some moment of the look-up.
    Absent,
    /// It may be one that somebody tries to remove at this moment: who has the lock will
    /// know.
    Leaving,
}

/// What became of an attempt to remove a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It is gone.
    Done,
    /// Somebody holds it.
    Held,
    /// It is not as the caller thought.
    Refused,
    /// It was gone before.
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

    /// Finds a series where most are. Lock-free.
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

    /// The slots in which series may be: those of a walk that begins now.
    pub(crate) fn slots(&self) -> Range<usize> {
        // Acquire: pairs with the Release in `Writer::insert`, so the slots are filled.
        0..self.slot_count.load(Ordering::Acquire)
    }

    /// What is in a slot, as it seems without the lock.
    #[inline]
    pub(crate) fn slot(&self, slot: usize) -> Option<Kept<Series>> {
        self.slots.get(slot).map(ArcSlot::load)
    }

    /// The first series in these slots, with the number of its slot. Lock-free but for
    /// free slots: where it meets one it takes the lock for a moment, because a series is
    /// not in its slot while its removal is tried.
    #[inline]
    pub(crate) fn first_series(&self, slots: Range<usize>) -> Option<(usize, Kept<Series>)> {
        let slot = slots.clone().next()?;
        let kept = self.slot(slot)?;
        if kept.get().is_some() { Some((slot, kept)) } else { self.first_settled(slots) }
    }

    #[cold]
    fn first_settled(&self, mut slots: Range<usize>) -> Option<(usize, Kept<Series>)> {
        while !slots.is_empty() {
            // For some at a time, so that nobody waits long.
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

    /// The series around a slot, kept together. `None` in a small table, where the memory
    /// for that would be the most of it, and where a row is [not worth it](Row::new).
    /// Lock-free for a row in which no series came or went since it was last asked for;
    /// otherwise it takes the lock for a moment.
    #[inline]
    pub(crate) fn row(&self, slot: usize) -> Option<Kept<Row>> {
        if self.slots().end < ROW_SLOTS {
            return None;
        }
        let kept = self.rows.get(slot);
        if kept.get().is_some() { Some(kept) } else { self.make_row(slot) }
    }

    #[cold]
    fn make_row(&self, slot: usize) -> Option<Kept<Row>> {
        // Under the lock every series is in its slot, and whatever changes later takes
        // the row away again.
        let _writing = self.writing.lock();
        // Another walk may have been faster.
        let kept = self.rows.get(slot);
        if kept.get().is_some() {
            return Some(kept);
        }
        let row = Arc::new(Row::new(slot, |slot| self.slots.get(slot)?.load_full())?);
        self.rows.put(slot, Arc::clone(&row));
        Some(Kept::from(row))
    }

    /// How many series there are. Takes the lock for a moment.
    pub(crate) fn series_count(&self) -> usize {
        self.writing.lock().live
    }

    /// The right to change the table: takes the lock.
    pub(crate) fn write(&self) -> Writer<'_> {
        Writer { table: self, occupancy: self.writing.lock() }
    }
}

/// The only one that changes a table, as long as it lives.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    table: &'a Table,
    occupancy: MutexGuard<'a, Occupancy>,
}

impl Writer<'_> {
    /// All series.
    pub(crate) fn series(&self) -> impl Iterator<Item = Kept<Series>> {
        self.table.slots().filter_map(|slot| self.table.slot(slot))
    }

    /// The slot and the identity of a series.
    pub(crate) fn slot_of(&self, values: &[&str]) -> Option<(usize, u64)> {
        self.table.index.find(self.table.hash(values), |slot| {
            let kept = self.table.slot(slot)?;
            kept.get()
                .filter(|series| series.labels.matches(values))
                .map(|series| (slot, series.id))
        })
    }

    /// The slot of the next series: the first that is free, so that the last ones come to
    /// be free together.
    pub(crate) fn next_slot(&self) -> usize {
        let end = self.table.slots().end;
        self.occupancy.free.peek().map_or(end, |Reverse(slot)| end.min(*slot))
    }

    /// Adds a series that is not there.
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
        table.rows.forget(slot);
        table.index.insert(self.occupancy.live, hash, slot);
        self.occupancy.live += 1;
        // Release: pairs with the Acquire in `slots`.
        table.slot_count.store(end.max(slot + 1), Ordering::Release);
    }

    /// Gives up the slots at the end that are free: walks need not pass them.
    fn shrink(&self) {
        let mut slots = self.table.slots();
        let is_free = |slot| self.table.slot(slot).is_none_or(|kept| kept.get().is_none());
        while slots.next_back().is_some_and(is_free) {
            // Release: as in `insert`.
            self.table.slot_count.store(slots.end, Ordering::Release);
        }
    }

    /// Removes the series with this identity from its slot, if nobody holds it and
    /// `may_go` agrees.
    ///
    /// `may_go` sees the series when nobody else can any more: all that was ever recorded
    /// is in it.
    pub(crate) fn remove(
        &mut self,
        slot: usize,
        id: u64,
        may_go: impl FnOnce(&Series) -> bool,
    ) -> Removal {
        let Some(place) = self.table.slots.get(slot) else { return Removal::Absent };
        if place.load().get().is_none_or(|series| series.id != id) {
            return Removal::Absent;
        }
        // A row that a walk is in goes on to keep its series, which shows as any other
        // handle does.
        self.table.rows.forget(slot);
        // Handles show at once. So the slot is seldom emptied in vain: that asks every
        // thread that looked up a series.
        if place.is_shared() {
            return Removal::Held;
        }
        // From here on no look-up reaches it, and every one that did is in its reference
        // count.
        let Some(mut series) = place.take() else { return Removal::Absent };
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
            place.store(series);
        }
        removal
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    #[test]
    fn label_sets_are_told_apart_by_their_hashes() {
        let table = Table::default();
        assert_ne!(table.hash(&["a"]), table.hash(&["b"]));
        assert_eq!(table.hash(&["a"]), table.hash(&["a"]));
    }
}
