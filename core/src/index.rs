//! The index from hashes to slots: read without locks, changed by one writer at a time.

use crate::sync::{AtomicU64, FIRST_CHUNK, NUMBER_BITS, Ordering, Published};

/// Each size is four times the one before, so that the smaller ones, which stay, are a third of the one in use.
const GROWTH_LOG: usize = 2;

/// As many sizes as the numbers of slots need.
const SIZES: usize = (NUMBER_BITS + 1 - FIRST_CHUNK.ilog2() as usize).div_ceil(GROWTH_LOG) + 1;

/// An open-addressing index.
///
/// When three quarters of its places are used, another takes over: a larger one, or its twin of the same size where many
/// places are used by what has been removed. The one before stays, because a reader may be in it. It may be filled anew
/// later, so a reader that finds nothing looks whether another took over meanwhile.
#[derive(Debug)]
pub(crate) struct Index {
    /// Two of each size.
    places: [Published<Box<[AtomicU64]>>; SIZES * 2],
    /// Which of them are in use, in the low bits, and above how often that has changed.
    current: AtomicU64,
}

impl Default for Index {
    fn default() -> Self {
        Self { places: std::array::from_fn(|_| Published::default()), current: AtomicU64::new(0) }
    }
}

/// What only the writer needs to know.
#[derive(Debug, Default)]
pub(crate) struct Occupied {
    /// Places in use that are not free, those of removed entries included.
    used: usize,
    /// Entries that were not removed.
    live: usize,
}

impl Occupied {
    pub(crate) fn live(&self) -> usize {
        self.live
    }
}

/// A slot number with the hash of its series.
#[derive(Clone, Copy, PartialEq)]
struct Entry(u64);

impl Entry {
    /// Ends a search.
    const FREE: Self = Self(0);

    /// Was removed. No slot has this number, so a search passes it like any other entry that does not match.
    const REMOVED: Self = Self(u32::MAX as u64);

    /// A slot number fits in 32 bits: as many series as that do not fit in memory.
    fn new(hash: u32, slot: usize) -> Self {
        Self((u64::from(hash) << 32) | (slot as u64 + 1))
    }

    fn hash(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn slot(self) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the low half")]
        let slot = self.0 as u32 as usize;
        slot.wrapping_sub(1)
    }
}

/// Low bits of `current` that say which places are in use.
const IN_USE_BITS: u32 = 8;

#[inline]
fn number(current: u64) -> usize {
    (current & ((1 << IN_USE_BITS) - 1)) as usize
}

/// The places in which an entry may be, from its own on. The number of places is a power of two.
#[inline]
fn probe(places: &[AtomicU64], hash: u32) -> impl Iterator<Item = &AtomicU64> {
    let mask = places.len().wrapping_sub(1);
    (0..places.len()).filter_map(move |step| places.get((hash as usize + step) & mask))
}

impl Index {
    /// Asks `accept` about each slot that was entered with this hash, until it answers. Lock-free.
    ///
    /// What was entered before the call and is not removed is asked about. Slots may have been given to others meanwhile.
    #[inline]
    pub(crate) fn find<T>(&self, hash: u32, mut accept: impl FnMut(usize) -> Option<T>) -> Option<T> {
        // Acquire: pairs with the Release in `take_over`, so all entries that were taken over are there.
        let mut current = self.current.load(Ordering::Acquire);
        loop {
            for place in probe(self.in_use(current), hash) {
                // Acquire: pairs with the Release in `put`, so the slot is filled, and with that of the clearing in
                // `take_over`.
                let entry = Entry(place.load(Ordering::Acquire));
                if entry.hash() == hash {
                    if let Some(found) = accept(entry.slot()) {
                        return Some(found);
                    }
                }
                if entry == Entry::FREE {
                    break;
                }
            }
            // Acquire: as above. Who met places that were cleared sees here that others took over before that.
            let now = self.current.load(Ordering::Acquire);
            if now == current {
                return None;
            }
            current = now;
        }
    }

    /// The places that `current` means.
    #[inline]
    fn in_use(&self, current: u64) -> &[AtomicU64] {
        self.places.get(number(current)).and_then(Published::get).map_or(&[], |places| places)
    }

    /// How often others took over.
    #[cfg(all(test, tickmark_loom))]
    pub(crate) fn changes(&self) -> u64 {
        // Relaxed: asked by the only writer.
        self.current.load(Ordering::Relaxed) >> IN_USE_BITS
    }

    /// Enters a slot. Only one writer may be at it.
    pub(crate) fn insert(&self, occupied: &mut Occupied, hash: u32, slot: usize) {
        // Relaxed, as all loads of the writer: the lock of the table orders writers.
        let mut places = self.in_use(self.current.load(Ordering::Relaxed));
        if (occupied.used + 1) * 4 > places.len() * 3 {
            places = self.take_over(occupied);
        }
        occupied.live += 1;
        occupied.used += usize::from(put(places, Entry::new(hash, slot)));
    }

    /// Removes the entry of a slot. Only one writer may be at it.
    pub(crate) fn remove(&self, occupied: &mut Occupied, hash: u32, slot: usize) {
        // Relaxed, both: see `insert`.
        let mut places = probe(self.in_use(self.current.load(Ordering::Relaxed)), hash);
        if let Some(place) = places.find(|place| place.load(Ordering::Relaxed) == Entry::new(hash, slot).0) {
            // Relaxed: nothing is published. Who still sees the entry looks at its slot in vain.
            place.store(Entry::REMOVED.0, Ordering::Relaxed);
            occupied.live -= 1;
        }
    }

    /// Puts the entries in use where there is room for twice as many, and lets searches look there.
    fn take_over(&self, occupied: &mut Occupied) -> &[AtomicU64] {
        // Relaxed: see `insert`.
        let before = self.current.load(Ordering::Relaxed);
        let old = self.in_use(before);
        let mut size = number(before) / 2;
        while (FIRST_CHUNK << (GROWTH_LOG * size)) < (occupied.live + 1) * 2 {
            size += 1;
        }
        // The twin of the one in use; the first of any other size.
        let after = if size == number(before) / 2 { number(before) ^ 1 } else { size * 2 };
        let Some(taking_over) = self.places.get(after) else { return old };
        let new = taking_over.get_or_init(|| {
            std::iter::repeat_with(AtomicU64::default).take(FIRST_CHUNK << (GROWTH_LOG * size)).collect()
        });
        for place in new {
            // Release: pairs with the Acquire of a late reader in `find`, who then sees that others took over.
            place.store(Entry::FREE.0, Ordering::Release);
        }
        occupied.used = 0;
        for place in old {
            // Relaxed: see `insert`.
            let entry = Entry(place.load(Ordering::Relaxed));
            if entry != Entry::FREE && entry != Entry::REMOVED {
                occupied.used += usize::from(put(new, entry));
            }
        }
        let changes = (before >> IN_USE_BITS) + 1;
        // Release: pairs with the Acquire in `find`.
        self.current.store((changes << IN_USE_BITS) | after as u64, Ordering::Release);
        new
    }
}

/// Writes an entry in the first place that is free or was that of a removed one; says whether it was free.
fn put(places: &[AtomicU64], entry: Entry) -> bool {
    for place in probe(places, entry.hash()) {
        // Relaxed: only writers store, under one lock.
        let before = Entry(place.load(Ordering::Relaxed));
        if before == Entry::FREE || before == Entry::REMOVED {
            // Release: pairs with the Acquire in `find`, so who meets the entry finds the slot filled.
            place.store(entry.0, Ordering::Release);
            return before == Entry::FREE;
        }
    }
    false
}
