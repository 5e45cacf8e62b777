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

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    /// An index, and what is in it.
    #[derive(Default)]
    struct Tested {
        index: Index,
        occupied: Occupied,
        entries: BTreeSet<(u32, usize)>,
        most: usize,
        next_slot: usize,
    }

    impl Tested {
        fn current(&self) -> u64 {
            self.index.current.load(Ordering::Relaxed)
        }

        fn places(&self) -> usize {
            self.index.in_use(self.current()).len()
        }

        fn changes(&self) -> u64 {
            self.current() >> IN_USE_BITS
        }

        fn insert(&mut self, hash: u32) {
            let (places, changes) = (self.places(), self.changes());
            let is_used_up = (self.occupied.used + 1) * 4 > places * 3;
            self.index.insert(&mut self.occupied, hash, self.next_slot);
            assert!(self.entries.insert((hash, self.next_slot)));
            self.next_slot += 1;
            self.most = self.most.max(self.entries.len());
            // Another takes over if and only if three quarters are used, and is never smaller.
            assert_eq!(self.changes(), changes + u64::from(is_used_up));
            assert!(!is_used_up || self.occupied.used == self.entries.len());
            assert!(self.places() >= places);
            self.check();
        }

        fn remove(&mut self, place: usize) {
            if let Some((hash, slot)) = self.entries.iter().copied().nth(place % self.entries.len().max(1)) {
                self.index.remove(&mut self.occupied, hash, slot);
                assert!(self.entries.remove(&(hash, slot)));
                self.check();
            }
        }

        fn check(&self) {
            assert_eq!(self.occupied.live(), self.entries.len());
            assert!(self.occupied.used >= self.entries.len() && self.occupied.used * 4 <= self.places() * 3);
            let size = number(self.current()) / 2;
            assert_eq!(self.places(), FIRST_CHUNK << (GROWTH_LOG * size));
            // Room for twice as many, and for less than eight times as many.
            assert!(self.places() == FIRST_CHUNK || self.places() < 8 * (self.most + 1), "{}", self.places());
        }

        /// The slots that are asked about, but for the number that no slot has.
        fn asked(&self, hash: u32) -> Vec<usize> {
            let mut asked = Vec::new();
            let found = self.index.find(hash, |slot| {
                if slot < self.next_slot {
                    asked.push(slot);
                }
                None::<()>
            });
            assert_eq!(found, None);
            asked.sort_unstable();
            asked
        }

        fn check_hash(&self, hash: u32) {
            let entered: Vec<_> = self.entries.range((hash, 0)..=(hash, usize::MAX)).map(|(_, slot)| *slot).collect();
            assert_eq!(self.asked(hash), entered, "hash {hash}");
        }
    }

    /// Few, so that entries share one; neighbours, so that they push each other on, also past the end.
    const HASHES: [u32; 6] = [0, 1, 2, 15, 63, u32::MAX];

    proptest! {
        #[test]
        fn what_was_entered_is_asked_about_and_nothing_else(
            changes in prop::collection::vec((any::<bool>(), 0..HASHES.len(), any::<usize>()), 0..200),
        ) {
            let mut tested = Tested::default();
            for (inserts, hash, place) in changes {
                if inserts { tested.insert(HASHES[hash]) } else { tested.remove(place) }
                HASHES.iter().for_each(|hash| tested.check_hash(*hash));
            }
        }
    }

    #[test]
    fn there_are_as_many_sizes_as_numbers_of_32_bits_need() {
        let places = |size: usize| (FIRST_CHUNK as u64) << (GROWTH_LOG * size);
        let needed = 2 * (1_u64 << 32);
        assert!(places(SIZES - 2) < needed && needed <= places(SIZES - 1));
        assert_eq!(Index::default().places.len(), 2 * SIZES);
    }

    #[test]
    fn an_index_grows_and_keeps_what_is_there() {
        let mut tested = Tested::default();
        (0..1_000).for_each(|hash: u32| tested.insert(hash.wrapping_mul(0x9E37_79B9)));
        let sizes = tested.index.places.iter().flat_map(Published::get).map(|places| places.len());
        assert_eq!(sizes.collect::<Vec<_>>(), [16, 64, 256, 1_024, 4_096]);
        (0..1_000).for_each(|hash: u32| tested.check_hash(hash.wrapping_mul(0x9E37_79B9)));
    }

    #[test]
    fn an_index_whose_entries_come_and_go_takes_turns_with_its_twin() {
        for live in [3, 20, 100] {
            let mut tested = Tested::default();
            (0..live).for_each(|hash| tested.insert(hash));
            let places = tested.places();
            for hash in live..live + 2_000 {
                tested.insert(hash);
                tested.remove(0);
                tested.check_hash(hash);
            }
            assert_eq!(tested.places(), places);
            assert_eq!(
                tested.index.places.iter().flat_map(Published::get).filter(|some| some.len() == places).count(),
                2
            );
        }
    }

    #[test]
    fn the_next_one_has_room_for_twice_as_many() {
        // All twelve that three quarters are, of which so many are left when the thirteenth comes.
        for (left, places) in [(7, 16), (8, 64), (12, 64)] {
            let mut tested = Tested::default();
            (0..12).for_each(|hash| tested.insert(hash));
            assert_eq!((tested.places(), tested.changes()), (16, 1));
            (left..12).for_each(|_| tested.remove(0));
            tested.insert(12);
            assert_eq!((tested.places(), tested.changes()), (places, 2));
        }
    }
}
