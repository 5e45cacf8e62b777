//! The table from label values to series: read without locks, written under the lock of its family.

use std::sync::Arc;

use crate::growing::Growing;
use crate::labels::LabelHasher;
use crate::series::Series;
use crate::sync::{ArcSlot, AtomicU64, AtomicUsize, FIRST_CHUNK, Kept, Ordering, Published};

/// Sizes that a table can have: each level is twice the one before.
const LEVELS: usize = 32 - FIRST_CHUNK.ilog2() as usize;

/// An open-addressing table of hashes and slot numbers. When it is three quarters full, a level of twice the size takes
/// over; the smaller ones stay, because a reader may be in them.
#[derive(Debug)]
pub(crate) struct Table {
    hasher: LabelHasher,
    levels: [Published<Box<[AtomicU64]>>; LEVELS],
    /// The level that lookups use.
    current: AtomicUsize,
    slots: Growing<ArcSlot<Series>>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            hasher: LabelHasher::new(),
            levels: std::array::from_fn(|_| Published::default()),
            current: AtomicUsize::new(0),
            slots: Growing::default(),
        }
    }
}

/// A slot number with the hash of its series; zero is free.
#[derive(Clone, Copy)]
struct Entry(u64);

impl Entry {
    /// A slot number fits in 32 bits: as many series as that do not fit in memory.
    fn new(hash: u32, slot: usize) -> Self {
        Self((u64::from(hash) << 32) | (slot as u64 + 1))
    }

    fn hash(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn slot(self) -> Option<usize> {
        #[expect(clippy::cast_possible_truncation, reason = "the low half")]
        let slot = self.0 as u32 as usize;
        slot.checked_sub(1)
    }
}

/// The places in which an entry may be, from its own on. The number of places is a power of two.
#[inline]
fn probe(level: &[AtomicU64], hash: u32) -> impl Iterator<Item = &AtomicU64> {
    let mask = level.len() - 1;
    (0..level.len()).filter_map(move |step| level.get((hash as usize + step) & mask))
}

impl Table {
    #[inline]
    pub(crate) fn hash(&self, values: &[&str]) -> u32 {
        self.hasher.hash(values)
    }

    /// The series in a slot, if one was ever put there.
    pub(crate) fn slot(&self, slot: usize) -> Option<Kept<Series>> {
        self.slots.get(slot).map(ArcSlot::load)
    }

    /// Finds a series. Lock-free, and wait-free but for the slot, whose load may retry while it is being replaced.
    #[inline]
    pub(crate) fn find(&self, hash: u32, values: &[&str]) -> Option<Kept<Series>> {
        // Acquire: pairs with the Release in `insert`, so the level is there with all entries that it took over.
        let level = self.levels.get(self.current.load(Ordering::Acquire))?.get()?;
        for place in probe(level, hash) {
            // Acquire: pairs with the Release in `add`, so the slot is filled.
            let entry = Entry(place.load(Ordering::Acquire));
            let slot = entry.slot()?;
            if entry.hash() == hash {
                let kept = self.slots.get(slot)?.load();
                if kept.get().is_some_and(|series| series.labels.matches(values)) {
                    return Some(kept);
                }
            }
        }
        None
    }

    /// Adds a series that is not there, in a free slot. The caller holds the lock of the family.
    pub(crate) fn insert(&self, hash: u32, slot: usize, series: Arc<Series>) {
        self.slots.grow(slot).store(series);
        // Relaxed: stored under the same lock.
        let current = self.current.load(Ordering::Relaxed);
        // Slots are dense, so `slot` is also the number of entries before.
        let full = |level: usize| (slot + 1) * 4 > (FIRST_CHUNK << level) * 3;
        if !full(current) || self.levels.get(current + 1).is_none() {
            self.add(current, Entry::new(hash, slot));
            return;
        }
        for place in self.levels.get(current).and_then(Published::get).into_iter().flatten() {
            // Relaxed: stored under the same lock.
            let entry = Entry(place.load(Ordering::Relaxed));
            if entry.slot().is_some() {
                self.add(current + 1, entry);
            }
        }
        self.add(current + 1, Entry::new(hash, slot));
        // Release: pairs with the Acquire in `find`.
        self.current.store(current + 1, Ordering::Release);
    }

    fn add(&self, level: usize, entry: Entry) {
        let Some(places) = self.levels.get(level) else { return };
        let places =
            places.get_or_init(|| std::iter::repeat_with(AtomicU64::default).take(FIRST_CHUNK << level).collect());
        // Relaxed: stored under the same lock.
        if let Some(free) = probe(places, entry.hash()).find(|place| place.load(Ordering::Relaxed) == 0) {
            // Release: pairs with the Acquire in `find`.
            free.store(entry.0, Ordering::Release);
        }
    }
}
