//! Texts that many lines share, put together once.

use crate::text::steps::{Padded, STEP};

/// Texts in one buffer that is used again for every family.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// The texts one after the other, and a step of zeros.
    bytes: Vec<u8>,
    length: usize,
}

/// Where one of the [`Pieces`] lies.
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

    /// Adds what is written to the end of the buffer that `write` is given.
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Piece {
        let start = self.length;
        self.bytes.truncate(start);
        write(&mut self.bytes);
        self.length = self.bytes.len();
        self.bytes.resize(self.length + STEP, 0);
        Piece { start, length: self.length - start }
    }

    #[inline]
    pub(crate) fn get(&self, piece: Piece) -> Padded<'_> {
        Padded::new(self.bytes.get(piece.start..).unwrap_or_default(), piece.length)
    }
}
