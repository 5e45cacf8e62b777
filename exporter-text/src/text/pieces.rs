//! Texts shared by many lines, written once.

use crate::checked::tail;
use crate::text::steps::{Padded, STEP};

/// Texts in one buffer, which is reused for every family.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// The texts in a row, then one step of zeros.
    bytes: Vec<u8>,
    length: usize,
}

/// The range of one text in [`Pieces`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Piece {
    start: usize,
    length: usize,
}

impl Pieces {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.length = 0;
    }

    /// Adds the text that `write` appends to the buffer.
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Piece {
        let start = self.length;
        self.bytes.truncate(start);
        write(&mut self.bytes);
        self.length = self.bytes.len();
        self.bytes.resize(self.length + STEP, 0);
        Piece { start, length: self.length - start }
    }

    /// Returns a text that was added since the last [`clear`](Self::clear).
    #[inline]
    pub(crate) fn get(&self, piece: Piece) -> Padded<'_> {
        Padded::new(tail(&self.bytes, piece.start), piece.length)
    }
}
