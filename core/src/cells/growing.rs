//! Append-only tables that never move an entry.

use crate::sync::{FIRST_CHUNK, NUMBER_BITS, Published};

const FIRST_CHUNK_LOG: usize = FIRST_CHUNK.ilog2() as usize;

/// Chunks for every index of a slot or a block.
const CHUNKS: usize = NUMBER_BITS - FIRST_CHUNK_LOG + 1;

/// Entries by index, in chunks of doubling size. Reading is wait-free; growing allocates
/// one chunk.
#[derive(Debug)]
pub(crate) struct Growing<T> {
    chunks: [Published<Box<[T]>>; CHUNKS],
}

impl<T> Default for Growing<T> {
    fn default() -> Self {
        Self { chunks: std::array::from_fn(|_| Published::default()) }
    }
}

/// Returns the chunk of an entry, and the entry's index in it plus the length of the
/// chunk. The first chunk holds `FIRST_CHUNK` entries, each later one twice as many.
#[inline]
fn locate(index: usize) -> (usize, usize) {
    // `usize::MAX` wraps to an index below the first chunk, where no chunk is either.
    let shifted = index.wrapping_add(FIRST_CHUNK);
    ((shifted.ilog2() as usize).wrapping_sub(FIRST_CHUNK_LOG), shifted)
}

impl<T: Default> Growing<T> {
    /// Returns the entry, if the table has grown that far. Wait-free.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let (chunk, shifted) = locate(index);
        let entries = self.chunks.get(chunk)?.get()?;
        entries.get(shifted.wrapping_sub(entries.len()))
    }

    /// Returns all allocated entries, in the order of their indices.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().map_while(Published::get).flatten()
    }

    /// Returns the entry, and grows the table to it where needed. The index fits in 32
    /// bits.
    #[expect(
        clippy::indexing_slicing,
        reason = "indices have 32 bits, and locate stays within each chunk"
    )]
    pub(crate) fn grow(&self, index: usize) -> &T {
        let (chunk, shifted) = locate(index);
        let entries = self.chunks[chunk].get_or_init(|| {
            std::iter::repeat_with(T::default).take(FIRST_CHUNK << chunk).collect()
        });
        &entries[shifted - entries.len()]
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_one_dense_place() {
        let mut expected = (0, 0);
        for index in 0..10_000 {
            let (chunk, shifted) = locate(index);
            assert_eq!((chunk, shifted - (FIRST_CHUNK << chunk)), expected, "index {index}");
            expected.1 += 1;
            if expected.1 == FIRST_CHUNK << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
    }

    #[test]
    fn chunks_match_32_bit_indices() {
        let (last, _) = locate(usize::try_from(u32::MAX).unwrap());
        assert_eq!(last + 1, CHUNKS);
        assert_eq!(Growing::<u64>::default().chunks.len(), CHUNKS);
    }

    #[test]
    fn a_grown_entry_stays() {
        let table = Growing::<std::sync::atomic::AtomicU64>::default();
        assert!(table.get(5_000).is_none());
        let before: *const _ = table.grow(5_000);
        _ = table.grow(1_000_000);
        assert!(std::ptr::eq(before, table.get(5_000).unwrap()));
        assert!(table.get(usize::MAX).is_none());
    }
}
