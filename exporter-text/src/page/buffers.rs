//! The pool of buffers for chunks. A chunk takes its buffer with it, and returns it when
//! it is dropped.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::checked::head;

/// Buffers kept in the pool. A scrape has up to three in use: one sent, one ahead, one
/// being written.
const MOST_KEPT: usize = 3;

/// The largest buffer kept. Larger ones were needed for a single long series.
pub(crate) const LARGEST_KEPT: usize = 160 * 1024;

/// A chunk that fills less than this part of its buffer is copied, so that its reader
/// does not keep the rest.
const LEAST_SHARE: usize = 3;

/// Unused buffers. All their bytes are initialized; the values have no meaning.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// Returns a buffer from the pool, or an empty one.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Returns a buffer to the pool. Frees it if it is large or the pool is full.
    pub(crate) fn give_back(&self, buffer: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT && buffer.capacity() > 0 && buffer.capacity() <= LARGEST_KEPT {
            kept.push(buffer);
        }
    }
}

/// The first bytes of a buffer, on their way to a reader.
struct Chunk {
    buffer: Vec<u8>,
    /// At most the length of the buffer.
    length: usize,
    buffers: Arc<Buffers>,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        head(&self.buffer, self.length)
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.buffers.give_back(std::mem::take(&mut self.buffer));
    }
}

/// Returns the first `length` bytes of a buffer, and leaves an empty one. The buffer goes
/// back to `buffers` when the bytes are dropped. Few bytes are a copy, and the buffer
/// stays.
pub(crate) fn hand_out(buffer: &mut Vec<u8>, length: usize, buffers: &Arc<Buffers>) -> Bytes {
    if length < buffer.capacity() / LEAST_SHARE {
        return Bytes::copy_from_slice(head(buffer, length));
    }
    Bytes::from_owner(Chunk {
        buffer: std::mem::take(buffer),
        length,
        buffers: Arc::clone(buffers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 60_000;

    #[test]
    fn buffers_return_when_their_chunks_drop() {
        let buffers = Arc::new(Buffers::default());
        let kept = || buffers.0.lock().unwrap().len();
        let mut chunks: Vec<_> = (0..5)
            .map(|value| {
                let mut buffer = vec![value; LENGTH];
                let chunk = hand_out(&mut buffer, LENGTH - 1, &buffers);
                assert!(buffer.is_empty());
                chunk
            })
            .collect();
        assert_eq!(kept(), 0);
        for (value, chunk) in (0..).zip(&chunks) {
            assert_eq!(chunk, &vec![value; LENGTH - 1]);
        }
        drop(chunks.pop());
        assert_eq!(buffers.take(), vec![4; LENGTH]);
        chunks.clear();
        assert_eq!(kept(), MOST_KEPT);
    }

    #[test]
    fn short_chunks_are_copies() {
        let buffers = Arc::new(Buffers::default());
        let mut buffer = vec![7; LARGEST_KEPT + 1];
        assert_eq!(hand_out(&mut buffer, 50_000, &buffers), [7; 50_000].as_slice());
        assert_eq!(buffer.len(), LARGEST_KEPT + 1);
    }

    #[test]
    fn huge_and_empty_buffers_are_freed() {
        let buffers = Arc::new(Buffers::default());
        let mut buffer = vec![7; LARGEST_KEPT + 1];
        drop(hand_out(&mut buffer, LARGEST_KEPT, &buffers));
        assert!(buffer.is_empty());
        let mut buffer = Vec::with_capacity(LARGEST_KEPT + 1);
        buffer.push(7);
        buffers.give_back(buffer);
        buffers.give_back(Vec::new());
        assert_eq!(buffers.take().capacity(), 0);
    }
}
