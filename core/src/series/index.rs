//! The index from hashes to slots: read without locks, changed by one writer at a time.

use crate::sync::{AtomicU64, FIRST_CHUNK, NUMBER_BITS, Ordering, Published};

const FIRST_CHUNK_LOG: usize = FIRST_CHUNK.ilog2() as usize;

/// Twice as many places as there are numbers of slots, because at most three quarters are
/// used.
const CHUNKS: usize = NUMBER_BITS + 2 - FIRST_CHUNK_LOG;

/// An open-addressing index with linear probing, which grows and closes its gaps in
/// place.
///
/// When three quarters of its places are used, as many again are added behind them, and
/// half of the entries move there. An entry that is removed frees its place at once:
/// those behind it move up. A writer moves an entry in three steps: it copies it to its
/// new place, changes the generation, and only then uses the old place for something
/// else. So a search that misses an entry on the move has met what replaced it, sees
/// another generation, and begins again.
#[derive(Debug)]
pub(crate) struct Index {
    /// The first has `FIRST_CHUNK` places, each later one as many as all before it.
    chunks: [Published<Box<[AtomicU64]>>; CHUNKS],
    /// The binary logarithm of the number of places in the low bits, zero before there
    /// are any; the generation above.
    current: AtomicU64,
}

impl Default for Index {
    fn default() -> Self {
        Self { chunks: std::array::from_fn(|_| Published::default()), current: AtomicU64::new(0) }
    }
}

/// A slot number with the hash of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry(u64);

impl Entry {
    /// Ends a search.
    const FREE: Self = Self(0);

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

/// Low bits of `current` that tell the number of places.
const SIZE_BITS: u32 = 8;

/// The number of places that `current` tells, at least one.
#[inline]
fn size(current: u64) -> usize {
    1 << (current & ((1 << SIZE_BITS) - 1))
}

/// The positions in which an entry may be, from its own on, among `size`: a power of two.
fn probe(hash: u32, size: usize) -> impl Iterator<Item = usize> {
    (0..size).map(move |step| (hash as usize + step) & (size - 1))
}

impl Index {
    /// Returns a slot that was entered with this hash, if it is in one of the first two
    /// places of the hash. Most are. Lock-free.
    #[inline]
    pub(crate) fn first(&self, hash: u32) -> Option<usize> {
        // Acquire, both: as in `find`.
        let position = hash as usize & (size(self.current.load(Ordering::Acquire)) - 1);
        let places = self.chunk(position)?;
        let in_chunk = position & places.len().wrapping_sub(1);
        let mut entries = places
            .get(in_chunk..)?
            .iter()
            .take(2)
            .map(|place| Entry(place.load(Ordering::Acquire)));
        entries.find(|entry| entry.hash() == hash).map(Entry::slot)
    }

    /// Asks `accept` about each slot that was entered with this hash, until it answers.
    /// Lock-free.
    ///
    /// What was entered before the call and is not removed is asked about. Slots may have
    /// been given to others meanwhile, one may be asked about twice, and a number that no
    /// slot has may be as well.
    #[inline]
    pub(crate) fn find<T>(
        &self,
        hash: u32,
        mut accept: impl FnMut(usize) -> Option<T>,
    ) -> Option<T> {
        // Acquire: pairs with the Release in `change`, so all copies that were made
        // before are there.
        let mut current = self.current.load(Ordering::Acquire);
        loop {
            let mask = size(current) - 1;
            let mut position = hash as usize & mask;
            'search: for _ in 0..=CHUNKS {
                let Some(places) = self.chunk(position) else { break };
                let mut in_chunk = position & places.len().wrapping_sub(1);
                while let Some(place) = places.get(in_chunk) {
                    // Acquire: pairs with the Release in `store`, so the slot is filled,
                    // and the change of the generation is seen that came before the place
                    // was used again.
                    let entry = Entry(place.load(Ordering::Acquire));
                    if entry.hash() == hash {
                        if let Some(found) = accept(entry.slot()) {
                            return Some(found);
                        }
                    }
                    if entry == Entry::FREE {
                        break 'search;
                    }
                    in_chunk += 1;
                }
                position = ((position | places.len().wrapping_sub(1)) + 1) & mask;
            }
            // Acquire: as above. A search that met a place which was used again sees the
            // change before that.
            let now = self.current.load(Ordering::Acquire);
            if now == current {
                return None;
            }
            current = now;
        }
    }

    /// The chunk that a position lies in, if there is memory for it. It begins at the
    /// position that is its own length, the first at zero, so the low bits of a position
    /// are the place in the chunk.
    #[inline]
    fn chunk(&self, position: usize) -> Option<&[AtomicU64]> {
        let chunk = (position | (FIRST_CHUNK - 1)).ilog2() as usize + 1 - FIRST_CHUNK_LOG;
        self.chunks.get(chunk)?.get().map(|places| &**places)
    }

    fn place(&self, position: usize) -> Option<&AtomicU64> {
        let places = self.chunk(position)?;
        places.get(position & places.len().wrapping_sub(1))
    }

    /// Enters a slot beside `live` others. Only one writer may be at it.
    pub(crate) fn insert(&self, live: usize, hash: u32, slot: usize) {
        if (live + 1) * 4 > self.size() * 3 {
            self.grow();
        }
        self.put(Entry::new(hash, slot), self.size());
    }

    /// Removes the entry of a slot. Only one writer may be at it.
    pub(crate) fn remove(&self, hash: u32, slot: usize) {
        let size = self.size();
        if let Some(position) = self.position_of(Entry::new(hash, slot), size) {
            self.free(position, size);
        }
    }

    /// Doubles the number of places.
    fn grow(&self) {
        // Relaxed: as in `size`.
        let before = size(self.current.load(Ordering::Relaxed));
        let after = if before == 1 { FIRST_CHUNK } else { before * 2 };
        let Some(chunk) = self.chunks.get(after.ilog2() as usize - FIRST_CHUNK_LOG) else { return };
        let len = if before == 1 { FIRST_CHUNK } else { before };
        let _ =
            chunk.get_or_init(|| std::iter::repeat_with(AtomicU64::default).take(len).collect());
        // Entries that a search among the larger number would not find, it finds by a
        // copy.
        for position in 0..before {
            let entry = self.load(position);
            if entry != Entry::FREE && self.position_of(entry, after).is_none() {
                self.put(entry, after);
            }
        }
        self.change(after);
        // Entries that a search does not find at their place have moved, and so have
        // those that follow them there.
        for position in 0..before {
            while self.load(position) != Entry::FREE
                && self.position_of(self.load(position), after) != Some(position)
            {
                self.free(position, after);
            }
        }
    }

    /// Where a search for an entry meets it first.
    fn position_of(&self, entry: Entry, size: usize) -> Option<usize> {
        let positions =
            probe(entry.hash(), size).take_while(|position| self.load(*position) != Entry::FREE);
        positions.into_iter().find(|position| self.load(*position) == entry)
    }

    /// Enters an entry in the first place that is free.
    fn put(&self, entry: Entry, size: usize) {
        if let Some(position) =
            probe(entry.hash(), size).find(|position| self.load(*position) == Entry::FREE)
        {
            self.store(position, entry);
        }
    }

    /// Frees a place. Entries that a search would no longer reach move up.
    fn free(&self, position: usize, size: usize) {
        let distance = |from: usize, to: usize| to.wrapping_sub(from) & (size - 1);
        let (mut free, mut next) = (position, position);
        loop {
            next = (next + 1) & (size - 1);
            let entry = self.load(next);
            if entry == Entry::FREE {
                break;
            }
            if distance(entry.hash() as usize, next) >= distance(free, next) {
                self.store(free, entry);
                self.change(size);
                free = next;
            }
        }
        self.store(free, Entry::FREE);
    }

    /// Begins another generation with so many places.
    fn change(&self, size: usize) {
        // Relaxed: only writers store, under one lock.
        let generation = (self.current.load(Ordering::Relaxed) >> SIZE_BITS) + 1;
        // Release: pairs with the Acquire in `find`.
        self.current.store((generation << SIZE_BITS) | u64::from(size.ilog2()), Ordering::Release);
    }

    /// The number of places, to the writer.
    fn size(&self) -> usize {
        // Relaxed, as all loads of the writer: the lock of the table orders writers.
        size(self.current.load(Ordering::Relaxed))
    }

    /// What is at a position, to the writer.
    fn load(&self, position: usize) -> Entry {
        // Relaxed: as in `size`.
        self.place(position).map_or(Entry::FREE, |place| Entry(place.load(Ordering::Relaxed)))
    }

    fn store(&self, position: usize, entry: Entry) {
        if let Some(place) = self.place(position) {
            // Release: pairs with the Acquire in `find`.
            place.store(entry.0, Ordering::Release);
        }
    }
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
        entries: BTreeSet<(u32, usize)>,
        most: usize,
        next_slot: usize,
    }

    impl Tested {
        /// The number of places, as memory was allocated for them.
        fn places(&self) -> usize {
            self.index.chunks.iter().flat_map(Published::get).map(|places| places.len()).sum()
        }

        fn insert(&mut self, hash: u32) {
            self.index.insert(self.entries.len(), hash, self.next_slot);
            assert!(self.entries.insert((hash, self.next_slot)));
            self.next_slot += 1;
            self.most = self.most.max(self.entries.len());
            self.check();
        }

        fn remove(&mut self, place: usize) {
            if let Some((hash, slot)) =
                self.entries.iter().copied().nth(place % self.entries.len().max(1))
            {
                self.index.remove(hash, slot);
                assert!(self.entries.remove(&(hash, slot)));
                self.check();
            }
        }

        /// Each entry has one place, and there are no more places than the most entries
        /// ever needed.
        fn check(&self) {
            let places = self.places();
            assert_eq!(places, self.index.size());
            let mut entries: Vec<_> =
                (0..places).map(|position| self.index.load(position)).collect();
            entries.retain(|entry| *entry != Entry::FREE);
            assert_eq!(entries.len(), self.entries.len());
            let entered: BTreeSet<_> =
                entries.iter().map(|entry| (entry.hash(), entry.slot())).collect();
            assert_eq!(entered, self.entries);
            assert!(
                self.most * 4 <= places * 3
                    && (places == FIRST_CHUNK || self.most * 4 > places / 2 * 3)
            );
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
            let entered: Vec<_> =
                self.entries.range((hash, 0)..=(hash, usize::MAX)).map(|(_, slot)| *slot).collect();
            assert_eq!(self.asked(hash), entered, "hash {hash}");
        }
    }

    /// Few, so that entries share one; neighbours, so that they push each other on, also
    /// past the end of any size.
    const HASHES: [u32; 9] = [0, 1, 2, 15, 31, 32, 63, 127, u32::MAX];

    proptest! {
        #[test]
        fn entries_and_nothing_else_are_asked_about(
            changes in prop::collection::vec((prop::bool::weighted(0.6), 0..HASHES.len(), any::<usize>()), 0..300),
        ) {
            let mut tested = Tested::default();
            for (inserts, hash, place) in changes {
                if inserts { tested.insert(HASHES[hash]) } else { tested.remove(place) }
                HASHES.iter().for_each(|hash| tested.check_hash(*hash));
            }
        }
    }

    #[test]
    fn an_empty_index_asks_about_nothing() {
        let tested = Tested::default();
        assert_eq!((tested.asked(0), tested.asked(7), tested.places()), (vec![], vec![], 0));
    }

    #[test]
    fn places_suffice_for_numbers_of_32_bits() {
        let places = (FIRST_CHUNK as u64) << (CHUNKS - 1);
        assert_eq!(places, 1 << 33);
        assert!(places / 2 * 3 < (1_u64 << 32) * 4 && (1_u64 << 32) * 4 <= places * 3);
    }

    #[test]
    fn a_growing_index_keeps_its_entries() {
        let mut tested = Tested::default();
        let mut sizes = BTreeSet::new();
        for hash in 0..1_000_u32 {
            tested.insert(hash.wrapping_mul(0x9E37_79B9));
            _ = sizes.insert(tested.places());
        }
        assert_eq!(
            sizes.into_iter().collect::<Vec<_>>(),
            [16, 32, 64, 128, 256, 512, 1_024, 2_048]
        );
        (0..1_000).for_each(|hash: u32| tested.check_hash(hash.wrapping_mul(0x9E37_79B9)));
    }

    #[test]
    fn entries_that_come_and_go_need_no_more_places() {
        for live in [3, 20, 100] {
            let mut tested = Tested::default();
            (0..live).for_each(|hash| tested.insert(hash));
            for hash in live..live + 2_000 {
                tested.insert(hash.wrapping_mul(0x9E37_79B9));
                tested.remove(0);
            }
            assert!(
                tested.places() * 3 / 2 < 4 * (live as usize + 1).max(FIRST_CHUNK),
                "{}",
                tested.places()
            );
        }
    }

    /// What the models leave out: many entries that share places, and orders that loom
    /// does not try.
    #[test]
    fn entries_on_the_move_are_found() {
        const ENTRIES: usize = 20;
        // Seven places for all, so that each change moves others.
        let hash = |number: usize| u32::try_from(number % 7).unwrap();
        let index = Index::default();
        (0..ENTRIES).for_each(|number| index.insert(number, hash(number), number));
        let is_found = |number: usize| {
            index.find(hash(number), |slot| (slot == number).then_some(())).is_some()
        };
        let writing = std::sync::atomic::AtomicBool::new(true);
        std::thread::scope(|scope| {
            let reader = || {
                let mut searches = 0;
                while writing.load(Ordering::Relaxed) || searches == 0 {
                    assert!((0..ENTRIES).all(is_found));
                    searches += 1;
                }
            };
            _ = [(); 2].map(|()| scope.spawn(reader));
            for number in (0..ENTRIES).cycle().take(50_000) {
                // Twice, behind all others, before the first goes: so it is there all the
                // time.
                index.insert(ENTRIES, hash(number), number);
                index.remove(hash(number), number);
            }
            writing.store(false, Ordering::Relaxed);
        });
        assert_eq!(index.size(), 32);
    }
}
