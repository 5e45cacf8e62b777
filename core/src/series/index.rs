//! The index from hashes to slots: read without locks, changed by one writer at a time.

use std::iter;

use crate::sync::{AtomicU64, FIRST_CHUNK, NUMBER_BITS, Ordering, Published};

const FIRST_CHUNK_LOG: usize = FIRST_CHUNK.ilog2() as usize;

/// Chunks for twice as many buckets as there are slots, because at most three quarters of
/// the buckets are used.
const CHUNKS: usize = NUMBER_BITS + 2 - FIRST_CHUNK_LOG;

/// An open-addressing index with linear probing, which grows and closes its gaps in
/// place.
///
/// When three quarters of its buckets are used, it doubles: as many buckets are appended,
/// and half of the entries are rehashed into them. A removed entry leaves no tombstone;
/// the entries behind it shift back at once. A writer moves an entry in three steps: it
/// copies the entry to its new bucket, begins another generation, and only then reuses
/// the old bucket. So a search that misses an entry on the move has met the reuse of its
/// old bucket, sees another generation, and retries.
#[derive(Debug)]
pub(crate) struct Index {
    /// The first has `FIRST_CHUNK` buckets, each later one as many as all before it.
    chunks: [Published<Box<[AtomicU64]>>; CHUNKS],
    /// The bits of a [`Generation`].
    generation: AtomicU64,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            chunks: std::array::from_fn(|_| Published::default()),
            generation: AtomicU64::new(0),
        }
    }
}

/// A number that differs after each move of an entry, with the number of buckets.
///
/// The low bits are the binary logarithm of the number of buckets, zero before there are
/// any. The bits above count the generations.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Generation(u64);

impl Generation {
    /// Low bits for the number of buckets.
    const SIZE_BITS: u32 = 8;

    /// Returns the number of buckets, at least one.
    #[inline]
    fn bucket_count(self) -> usize {
        1 << (self.0 & ((1 << Self::SIZE_BITS) - 1))
    }

    /// Returns the generation after this one.
    fn next(self, bucket_count: usize) -> Self {
        let number = (self.0 >> Self::SIZE_BITS) + 1;
        Self((number << Self::SIZE_BITS) | u64::from(bucket_count.ilog2()))
    }
}

/// The index of a slot with the hash of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry(u64);

impl Entry {
    /// An unused bucket, which ends a search.
    const FREE: Self = Self(0);

    /// Combines the two. The index of a slot fits in 32 bits: as many series as that do
    /// not fit in memory.
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

/// Returns the probe sequence of a hash among `bucket_count` buckets, a power of two.
fn probe(hash: u32, bucket_count: usize) -> impl Iterator<Item = usize> {
    (0..bucket_count).map(move |step| (hash as usize + step) & (bucket_count - 1))
}

impl Index {
    /// Returns the slot of an entry with this hash in one of the first two buckets of its
    /// probe sequence. Most entries are there. Lock-free.
    #[inline]
    pub(crate) fn first(&self, hash: u32) -> Option<usize> {
        // Acquire: pairs with the Release in `begin_generation`, as in `find`.
        let generation = Generation(self.generation.load(Ordering::Acquire));
        let position = hash as usize & (generation.bucket_count() - 1);
        let buckets = self.chunk(position)?;
        let in_chunk = position & buckets.len().wrapping_sub(1);
        let mut entries = buckets
            .get(in_chunk..)?
            .iter()
            .take(2)
            // Acquire: pairs with the Release in `store`, as in `find`.
            .map(|bucket| Entry(bucket.load(Ordering::Acquire)));
        entries.find(|entry| entry.hash() == hash).map(Entry::slot)
    }

    /// Calls `accept` for each slot with this hash until it returns `Some`. Lock-free.
    ///
    /// Every entry that was inserted before the call, and is not removed, is visited. A
    /// visited slot may have another series by now, may be visited twice, or may not
    /// exist.
    #[inline]
    pub(crate) fn find<T>(
        &self,
        hash: u32,
        mut accept: impl FnMut(usize) -> Option<T>,
    ) -> Option<T> {
        // Acquire: pairs with the Release in `begin_generation`, so all copies made
        // before are visible.
        let mut generation = Generation(self.generation.load(Ordering::Acquire));
        loop {
            let mask = generation.bucket_count() - 1;
            let mut position = hash as usize & mask;
            'search: for _ in 0..=CHUNKS {
                let Some(buckets) = self.chunk(position) else { break };
                let mut in_chunk = position & buckets.len().wrapping_sub(1);
                while let Some(bucket) = buckets.get(in_chunk) {
                    // Acquire: pairs with the Release in `store`, so the slot is filled,
                    // and the generation that preceded the reuse of a bucket is visible.
                    let entry = Entry(bucket.load(Ordering::Acquire));
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
                position = ((position | buckets.len().wrapping_sub(1)) + 1) & mask;
            }
            // Acquire: pairs as above. A search that met a reused bucket sees the
            // generation before the reuse.
            let now = Generation(self.generation.load(Ordering::Acquire));
            if now == generation {
                return None;
            }
            generation = now;
        }
    }

    /// Returns the chunk of a position, if it is allocated. A chunk begins at the
    /// position that equals its length, the first at zero. So the low bits of a position
    /// are the index in the chunk.
    #[inline]
    fn chunk(&self, position: usize) -> Option<&[AtomicU64]> {
        let chunk = (position | (FIRST_CHUNK - 1)).ilog2() as usize + 1 - FIRST_CHUNK_LOG;
        self.chunks.get(chunk)?.get().map(|buckets| &**buckets)
    }

    fn bucket(&self, position: usize) -> Option<&AtomicU64> {
        let buckets = self.chunk(position);
        debug_assert!(buckets.is_some() || position == 0, "no bucket at position {position}");
        let buckets = buckets?;
        buckets.get(position & buckets.len().wrapping_sub(1))
    }

    /// Inserts the entry of a slot beside `live` others. For a single writer.
    pub(crate) fn insert(&self, live: usize, hash: u32, slot: usize) {
        if (live + 1) * 4 > self.bucket_count() * 3 {
            self.grow();
        }
        self.put(Entry::new(hash, slot), self.bucket_count());
    }

    /// Removes the entry of a slot. For a single writer.
    pub(crate) fn remove(&self, hash: u32, slot: usize) {
        let bucket_count = self.bucket_count();
        if let Some(position) = self.position_of(Entry::new(hash, slot), bucket_count) {
            self.free(position, bucket_count);
        }
    }

    /// Doubles the number of buckets.
    fn grow(&self) {
        // Relaxed: as in `bucket_count`.
        let before = Generation(self.generation.load(Ordering::Relaxed)).bucket_count();
        let after = if before == 1 { FIRST_CHUNK } else { before * 2 };
        let Some(chunk) = self.chunks.get(after.ilog2() as usize - FIRST_CHUNK_LOG) else { return };
        let len = if before == 1 { FIRST_CHUNK } else { before };
        _ = chunk.get_or_init(|| iter::repeat_with(AtomicU64::default).take(len).collect());
        // A search among the larger number of buckets finds the other entries by copies.
        for position in 0..before {
            let entry = self.load(position);
            if entry != Entry::FREE && self.position_of(entry, after).is_none() {
                self.put(entry, after);
            }
        }
        self.begin_generation(after);
        // Originals that a search no longer meets first are freed, and so are those that
        // shift into their buckets.
        for position in 0..before {
            while self.load(position) != Entry::FREE
                && self.position_of(self.load(position), after) != Some(position)
            {
                self.free(position, after);
            }
        }
    }

    /// Returns the position where a search meets an entry first.
    fn position_of(&self, entry: Entry, bucket_count: usize) -> Option<usize> {
        let positions = probe(entry.hash(), bucket_count)
            .take_while(|position| self.load(*position) != Entry::FREE);
        positions.into_iter().find(|position| self.load(*position) == entry)
    }

    /// Puts an entry in the first free bucket of its probe sequence.
    fn put(&self, entry: Entry, bucket_count: usize) {
        let free =
            probe(entry.hash(), bucket_count).find(|position| self.load(*position) == Entry::FREE);
        debug_assert!(free.is_some(), "a quarter of the buckets is free");
        if let Some(position) = free {
            self.store(position, entry);
        }
    }

    /// Frees a bucket. Entries that a search would no longer reach shift back.
    fn free(&self, position: usize, bucket_count: usize) {
        let distance = |from: usize, to: usize| to.wrapping_sub(from) & (bucket_count - 1);
        let (mut free, mut next) = (position, position);
        loop {
            next = (next + 1) & (bucket_count - 1);
            let entry = self.load(next);
            if entry == Entry::FREE {
                break;
            }
            if distance(entry.hash() as usize, next) >= distance(free, next) {
                self.store(free, entry);
                self.begin_generation(bucket_count);
                free = next;
            }
        }
        self.store(free, Entry::FREE);
    }

    /// Begins another generation with this number of buckets.
    fn begin_generation(&self, bucket_count: usize) {
        // Relaxed: only writers store, under one lock.
        let last = Generation(self.generation.load(Ordering::Relaxed));
        // Release: pairs with the Acquire in `find` and `first`.
        self.generation.store(last.next(bucket_count).0, Ordering::Release);
    }

    /// Returns the number of buckets. For the writer.
    fn bucket_count(&self) -> usize {
        // Relaxed, as all loads of the writer: the lock of the table orders writers.
        Generation(self.generation.load(Ordering::Relaxed)).bucket_count()
    }

    /// Returns the entry at a position. For the writer.
    fn load(&self, position: usize) -> Entry {
        // Relaxed: as in `bucket_count`.
        self.bucket(position).map_or(Entry::FREE, |bucket| Entry(bucket.load(Ordering::Relaxed)))
    }

    fn store(&self, position: usize, entry: Entry) {
        if let Some(bucket) = self.bucket(position) {
            // Release: pairs with the Acquire in `find` and `first`.
            bucket.store(entry.0, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    /// An index with its expected entries.
    #[derive(Default)]
    struct Tested {
        index: Index,
        entries: BTreeSet<(u32, usize)>,
        most: usize,
        next_slot: usize,
    }

    impl Tested {
        /// Returns the number of allocated buckets.
        fn buckets(&self) -> usize {
            self.index.chunks.iter().flat_map(Published::get).map(|buckets| buckets.len()).sum()
        }

        fn insert(&mut self, hash: u32) {
            self.index.insert(self.entries.len(), hash, self.next_slot);
            assert!(self.entries.insert((hash, self.next_slot)));
            self.next_slot += 1;
            self.most = self.most.max(self.entries.len());
            self.check();
        }

        fn remove(&mut self, index: usize) {
            if let Some((hash, slot)) =
                self.entries.iter().copied().nth(index % self.entries.len().max(1))
            {
                self.index.remove(hash, slot);
                assert!(self.entries.remove(&(hash, slot)));
                self.check();
            }
        }

        /// Checks that each entry has one bucket, and that there are no more buckets than
        /// the largest number of entries needed.
        fn check(&self) {
            let buckets = self.buckets();
            assert_eq!(buckets, self.index.bucket_count());
            let mut entries: Vec<_> =
                (0..buckets).map(|position| self.index.load(position)).collect();
            entries.retain(|entry| *entry != Entry::FREE);
            assert_eq!(entries.len(), self.entries.len());
            let entered: BTreeSet<_> =
                entries.iter().map(|entry| (entry.hash(), entry.slot())).collect();
            assert_eq!(entered, self.entries);
            assert!(
                self.most * 4 <= buckets * 3
                    && (buckets == FIRST_CHUNK || self.most * 4 > buckets / 2 * 3)
            );
        }

        /// Returns the visited slots, without the index of no slot.
        fn visited(&self, hash: u32) -> Vec<usize> {
            let mut visited = Vec::new();
            let found = self.index.find(hash, |slot| {
                if slot < self.next_slot {
                    visited.push(slot);
                }
                None::<()>
            });
            assert_eq!(found, None);
            visited.sort_unstable();
            visited
        }

        fn check_hash(&self, hash: u32) {
            let entered: Vec<_> =
                self.entries.range((hash, 0)..=(hash, usize::MAX)).map(|(_, slot)| *slot).collect();
            assert_eq!(self.visited(hash), entered, "hash {hash}");
        }
    }

    /// Few hashes, so that entries share one, and neighbours, so that entries displace
    /// each other, even past the end of any size.
    const HASHES: [u32; 9] = [0, 1, 2, 15, 31, 32, 63, 127, u32::MAX];

    proptest! {
        #[test]
        fn searches_visit_exactly_the_entries(
            changes in prop::collection::vec(
                (prop::bool::weighted(0.6), 0..HASHES.len(), any::<usize>()),
                0..300,
            ),
        ) {
            let mut tested = Tested::default();
            for (inserts, hash, index) in changes {
                if inserts { tested.insert(HASHES[hash]) } else { tested.remove(index) }
                HASHES.iter().for_each(|hash| tested.check_hash(*hash));
            }
        }
    }

    #[test]
    fn an_empty_index_visits_nothing() {
        let tested = Tested::default();
        assert_eq!((tested.visited(0), tested.visited(7), tested.buckets()), (vec![], vec![], 0));
    }

    #[test]
    fn buckets_suffice_for_32_bit_slots() {
        let buckets = (FIRST_CHUNK as u64) << (CHUNKS - 1);
        assert_eq!(buckets, 1 << 33);
        assert!(buckets / 2 * 3 < (1_u64 << 32) * 4 && (1_u64 << 32) * 4 <= buckets * 3);
    }

    #[test]
    fn a_growing_index_keeps_its_entries() {
        let mut tested = Tested::default();
        let mut sizes = BTreeSet::new();
        for hash in 0..1_000_u32 {
            tested.insert(hash.wrapping_mul(0x9E37_79B9));
            _ = sizes.insert(tested.buckets());
        }
        assert_eq!(
            sizes.into_iter().collect::<Vec<_>>(),
            [16, 32, 64, 128, 256, 512, 1_024, 2_048]
        );
        (0..1_000).for_each(|hash: u32| tested.check_hash(hash.wrapping_mul(0x9E37_79B9)));
    }

    #[test]
    fn replaced_entries_need_no_more_buckets() {
        for live in [3, 20, 100] {
            let mut tested = Tested::default();
            (0..live).for_each(|hash| tested.insert(hash));
            for hash in live..live + 2_000 {
                tested.insert(hash.wrapping_mul(0x9E37_79B9));
                tested.remove(0);
            }
            assert!(
                tested.buckets() * 3 / 2 < 4 * (live as usize + 1).max(FIRST_CHUNK),
                "{}",
                tested.buckets()
            );
        }
    }

    /// Covers cases outside of the models: many entries that share buckets, and orders
    /// that loom does not try.
    #[test]
    fn entries_on_the_move_are_found() {
        const ENTRIES: usize = 20;
        // Seven hashes for all, so that each change moves other entries.
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
                // A second entry behind all others before the removal of the first, so
                // that the number is always present.
                index.insert(ENTRIES, hash(number), number);
                index.remove(hash(number), number);
            }
            writing.store(false, Ordering::Relaxed);
        });
        assert_eq!(index.bucket_count(), 32);
    }
}
