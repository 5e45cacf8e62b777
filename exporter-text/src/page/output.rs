//! The bytes of a chunk, and the fast way to write a line: in fixed steps, to room that
//! was made before.

use std::sync::Arc;

use bytes::Bytes;

use crate::page::buffers::{self, Buffers, LARGEST_KEPT};
use crate::text::digits;
use crate::text::steps::{Padded, STEP, set};

/// What a chunk holds before it has to grow: the bytes that it ends after, and a series
/// that is not very long.
const INITIAL_BYTES: usize = 80 * 1024;

/// The bytes of a chunk. The memory is filled with zeros once and then used again and
/// again.
#[derive(Debug, Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// Where the next byte goes; what lies behind has no meaning.
    end: usize,
}

impl Output {
    /// Begins a chunk, in memory that was used before if there is any. What a single long
    /// series needed is not used again.
    pub(crate) fn clear(&mut self, memories: &Buffers) {
        if self.bytes.is_empty() || self.bytes.capacity() > LARGEST_KEPT {
            self.bytes = memories.take();
        }
        self.end = 0;
    }

    /// Gives its memory away, for others to use.
    pub(crate) fn end(self, memories: &Buffers) {
        memories.give_back(self.bytes);
    }

    /// What is written, to be kept; it may take the memory with it.
    pub(crate) fn hand_out(&mut self, memories: &Arc<Buffers>) -> Bytes {
        buffers::hand_out(&mut self.bytes, std::mem::take(&mut self.end), memories)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.end == 0
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end
    }

    pub(crate) fn written(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// Writes a text of any length.
    pub(crate) fn put(&mut self, text: &[u8]) {
        if let Some(place) = self.pen(text.len()).out.get_mut(..text.len()) {
            place.copy_from_slice(text);
        }
        self.advance(text.len());
    }

    /// A pen at the end of what is written, with room for that many bytes. What it writes
    /// counts once [`advance`](Self::advance) is told of it.
    #[inline]
    pub(crate) fn pen(&mut self, bytes: usize) -> Pen<'_> {
        // A last step reaches behind its text.
        let needed = self.end + bytes + STEP;
        if self.bytes.len() < needed {
            self.grow(needed);
        }
        Pen { out: self.bytes.get_mut(self.end..).unwrap_or_default(), at: 0 }
    }

    /// The next bytes of the memory, to be written as a pen does.
    #[inline]
    pub(crate) fn window<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.bytes.get_mut(self.end..)?.first_chunk_mut()
    }

    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        debug_assert!(self.end + bytes <= self.bytes.len(), "the pen had too little room");
        self.end += bytes;
    }

    /// Takes the end of the last line back.
    pub(crate) fn reopen_line(&mut self) {
        self.end = self.end.saturating_sub(1);
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        // Half as much again, so that a long series does not grow it line by line.
        let wanted = (needed + needed / 2).next_multiple_of(4_096);
        let wanted = if self.bytes.is_empty() { needed.max(INITIAL_BYTES) } else { wanted };
        self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        self.bytes.resize(wanted, 0);
    }
}

/// Writes to room that was made for it, without a call.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Pen<'_> {
    /// Bytes written so far.
    #[inline]
    pub(crate) fn written(&self) -> usize {
        self.at
    }

    #[inline]
    pub(crate) fn put(&mut self, text: Padded<'_>) {
        for (place, step) in text.steps().enumerate() {
            set(self.out, self.at + STEP * place, step);
        }
        self.at += text.len();
    }

    /// Writes a number and ends the line.
    #[inline]
    pub(crate) fn put_last(&mut self, number: u64) {
        let (text, length) = digits::of_any(number);
        self.put_array(&text, length);
    }

    /// Writes the first `length` of these bytes, and for a moment all of them.
    #[inline]
    pub(crate) fn put_array<const N: usize>(&mut self, bytes: &[u8; N], length: usize) {
        set(self.out, self.at, bytes);
        self.at += length;
    }
}
