//! The bytes of a chunk, and the fast way to write a line: fixed steps into reserved
//! room.

use std::sync::Arc;

use bytes::Bytes;

use crate::checked::{head, tail_mut};
use crate::page::buffers::{self, Buffers, LARGEST_KEPT};
use crate::text::digits;
use crate::text::steps::{Padded, STEP, set_reserved};

/// The initial size of a buffer: a full chunk, and one series of a usual length past it.
const INITIAL_BYTES: usize = 80 * 1024;

/// The bytes of a chunk. The buffer is zeroed once and then reused.
#[derive(Debug, Default)]
pub(crate) struct Output {
    buffer: Vec<u8>,
    /// The length of the text. The bytes after it have no meaning.
    end: usize,
}

impl Output {
    /// Begins a chunk, in a buffer of the pool if it has one. Frees the buffer of a
    /// single long series.
    pub(crate) fn clear(&mut self, buffers: &Buffers) {
        if self.buffer.is_empty() || self.buffer.capacity() > LARGEST_KEPT {
            self.buffer = buffers.take();
        }
        self.end = 0;
    }

    /// Returns its buffer to the pool.
    pub(crate) fn end(self, buffers: &Buffers) {
        buffers.give_back(self.buffer);
    }

    /// Returns the text, which may take the buffer with it.
    pub(crate) fn hand_out(&mut self, buffers: &Arc<Buffers>) -> Bytes {
        buffers::hand_out(&mut self.buffer, std::mem::take(&mut self.end), buffers)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.end == 0
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end
    }

    pub(crate) fn written(&self) -> &[u8] {
        head(&self.buffer, self.end)
    }

    /// Writes a text of any length.
    pub(crate) fn put(&mut self, text: &[u8]) {
        let room = self.pen(text.len()).room.get_mut(..text.len());
        debug_assert!(room.is_some(), "no room for {} bytes", text.len());
        if let Some(room) = room {
            room.copy_from_slice(text);
            self.advance(text.len());
        }
    }

    /// Reserves room for `bytes` and the last step past them, and returns a pen there.
    /// Its text counts after [`advance`](Self::advance).
    #[inline]
    pub(crate) fn pen(&mut self, bytes: usize) -> Pen<'_> {
        let needed = self.end + bytes + STEP;
        if self.buffer.len() < needed {
            self.grow(needed);
        }
        Pen { room: tail_mut(&mut self.buffer, self.end), at: 0 }
    }

    /// Returns the next bytes of the buffer, to be written like those of a pen. `None` if
    /// the buffer ends before.
    #[inline]
    fn window<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.buffer.get_mut(self.end..)?.first_chunk_mut()
    }

    /// Writes a line of two texts and a number, each in one step. Returns `false`, and
    /// writes nothing, without room for `LINE` bytes.
    #[inline]
    pub(crate) fn put_short<
        const N: usize,
        const M: usize,
        const NUMBER: usize,
        const LINE: usize,
    >(
        &mut self,
        first: (&[u8; N], usize),
        second: (&[u8; M], usize),
        (number, length): ([u8; NUMBER], usize),
    ) -> bool {
        const { assert!(N + M + NUMBER <= LINE) };
        let Some(line) = self.window::<LINE>() else { return false };
        set_reserved(line, 0, first.0);
        set_reserved(line, first.1, second.0);
        set_reserved(line, first.1 + second.1, &number);
        self.advance(first.1 + second.1 + length);
        true
    }

    /// Extends the text by bytes that a pen or a window has. Invariant: they were
    /// reserved.
    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        debug_assert!(self.end + bytes <= self.buffer.len(), "{bytes} bytes were not reserved");
        self.end += bytes;
    }

    /// Removes the LF of the last line.
    pub(crate) fn reopen_line(&mut self) {
        debug_assert!(self.written().ends_with(b"\n"), "the last line is open");
        self.end = self.end.saturating_sub(1);
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        // By half as much again, so that a long series does not grow it line by line.
        let wanted = (needed + needed / 2).next_multiple_of(4_096);
        let wanted = if self.buffer.is_empty() { needed.max(INITIAL_BYTES) } else { wanted };
        self.buffer.reserve_exact(wanted.saturating_sub(self.buffer.len()));
        self.buffer.resize(wanted, 0);
    }
}

/// Writes to reserved room, in steps that the compiler inlines.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    room: &'a mut [u8],
    at: usize,
}

impl Pen<'_> {
    /// Returns the number of bytes written.
    #[inline]
    pub(crate) fn written(&self) -> usize {
        self.at
    }

    #[inline]
    pub(crate) fn put(&mut self, text: Padded<'_>) {
        for (index, step) in text.steps().enumerate() {
            set_reserved(self.room, self.at + STEP * index, step);
        }
        self.at += text.len();
    }

    /// Writes an integer and LF.
    #[inline]
    pub(crate) fn put_last(&mut self, number: u64) {
        let (text, length) = digits::of_any(number);
        set_reserved(self.room, self.at, &text);
        self.at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_appended() {
        let mut output = Output::default();
        let texts = [&b"a"[..], &[b'b'; 2 * INITIAL_BYTES], b"", b"c\n"];
        texts.iter().for_each(|text| output.put(text));
        output.reopen_line();
        output.put(b"d");
        assert_eq!(output.written(), [&texts.concat()[..2 * INITIAL_BYTES + 2], b"d"].concat());
        assert_eq!(output.len(), output.written().len());
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "33 bytes at ")]
    fn pen_past_its_room_panics_in_debug() {
        let mut output = Output { buffer: vec![0; STEP], end: 0 };
        let Pen { room, at } = output.pen(0);
        set_reserved(room, at, &[0; STEP + 1]);
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "1 bytes were not reserved")]
    fn advance_past_the_buffer_panics_in_debug() {
        Output::default().advance(1);
    }
}
