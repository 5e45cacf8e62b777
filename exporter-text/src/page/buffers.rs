//! The memory that chunks are written in: handed out with them, and used again when they
//! are dropped.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Buffers that are kept for later. A scrape has up to three under way: one that is
/// sent, one ahead, one being written.
const MOST_KEPT: usize = 3;

/// One that is larger was needed for a single long series, and is not kept.
pub(crate) const LARGEST_KEPT: usize = 160 * 1024;

/// A chunk that takes less of its memory is copied: whoever keeps it should not keep the
/// rest as well.
const LEAST_SHARE: usize = 3;

/// Buffers without a chunk. All bytes of each have a value, which means nothing.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// One that was used before, or an empty one.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a memory for later, unless it is large or there are enough.
    pub(crate) fn give_back(&self, memory: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT && memory.capacity() > 0 && memory.capacity() <= LARGEST_KEPT {
            kept.push(memory);
        }
    }
}

/// The first bytes of a memory, on their way to a reader.
struct Chunk {
    memory: Vec<u8>,
    length: usize,
    memories: Arc<Buffers>,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.memories.give_back(std::mem::take(&mut self.memory));
    }
}

/// The first `length` bytes of a memory. It goes back to `memories` when they are
/// dropped, or stays here if they are few.
pub(crate) fn hand_out(memory: &mut Vec<u8>, length: usize, memories: &Arc<Buffers>) -> Bytes {
    if length < memory.capacity() / LEAST_SHARE {
        return Bytes::copy_from_slice(memory.get(..length).unwrap_or_default());
    }
    Bytes::from_owner(Chunk {
        memory: std::mem::take(memory),
        length,
        memories: Arc::clone(memories),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 60_000;

    #[test]
    fn memories_come_back_when_their_chunks_are_dropped() {
        let memories = Arc::new(Buffers::default());
        let kept = || memories.0.lock().unwrap().len();
        let mut chunks: Vec<_> = (0..5)
            .map(|value| {
                let mut memory = vec![value; LENGTH];
                let chunk = hand_out(&mut memory, LENGTH - 1, &memories);
                assert!(memory.is_empty());
                chunk
            })
            .collect();
        assert_eq!(kept(), 0);
        for (value, chunk) in (0..).zip(&chunks) {
            assert_eq!(chunk, &vec![value; LENGTH - 1]);
        }
        drop(chunks.pop());
        assert_eq!(memories.take(), vec![4; LENGTH]);
        chunks.clear();
        assert_eq!(kept(), MOST_KEPT);
    }

    #[test]
    fn short_chunks_are_copies_and_huge_memories_are_not_kept() {
        let memories = Arc::new(Buffers::default());
        let mut memory = vec![7; LARGEST_KEPT + 1];
        assert_eq!(hand_out(&mut memory, 50_000, &memories), [7; 50_000].as_slice());
        assert_eq!(memory.len(), LARGEST_KEPT + 1);
        drop(hand_out(&mut memory, LARGEST_KEPT, &memories));
        assert!(memory.is_empty());
        let mut memory = Vec::with_capacity(LARGEST_KEPT + 1);
        memory.push(7);
        memories.give_back(memory);
        memories.give_back(Vec::new());
        assert_eq!(memories.take().capacity(), 0);
    }
}
