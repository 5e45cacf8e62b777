//! The bytes of a chunk, and the fast way to write a line: in fixed steps, to room that was made before.

use crate::digits::Digits;

/// Bytes that are copied at once. The compiler makes a few vector moves of that; a copy of any other length is a call.
pub(crate) const STEP: usize = 32;

/// What a chunk holds before it has to grow: the bytes that it ends after, and a long series.
const INITIAL_BYTES: usize = 80 * 1024;

/// A text that is copied in whole steps. What lies behind it is copied too, and then written over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Padded<'a> {
    /// The text and what makes its last step whole.
    steps: &'a [u8],
    length: usize,
}

impl<'a> Padded<'a> {
    /// The first `length` of these bytes, which go on for as long as the last step does.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], length: usize) -> Self {
        match bytes.get(..length.div_ceil(STEP) * STEP) {
            Some(steps) => Self { steps, length },
            None => Self { steps: &[], length: 0 },
        }
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.length
    }

    /// The text without its last `bytes`.
    #[inline]
    pub(crate) fn shortened(self, bytes: usize) -> Self {
        Self::new(self.steps, self.length.saturating_sub(bytes))
    }

    pub(crate) fn text(self) -> &'a [u8] {
        self.steps.get(..self.length).unwrap_or_default()
    }
}

/// The bytes of a chunk. The memory is filled with zeros once and then used again and again.
#[derive(Debug, Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// Where the next byte goes; what lies behind has no meaning.
    end: usize,
}

impl Output {
    pub(crate) fn clear(&mut self) {
        self.end = 0;
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

    /// A pen at the end of what is written, with room for that many bytes. What it writes counts once
    /// [`advance`](Self::advance) is told of it.
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
        self.bytes.resize(needed.next_multiple_of(4_096).max(INITIAL_BYTES), 0);
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
        let mut steps = text.steps;
        let mut place = self.out.get_mut(self.at..).unwrap_or_default();
        while let (Some((step, more)), Some((to, rest))) = (steps.split_first_chunk(), place.split_first_chunk_mut()) {
            let step: &[u8; STEP] = step;
            *to = *step;
            (steps, place) = (more, rest);
        }
        self.at += text.length;
    }

    /// Writes a number and ends the line.
    #[inline]
    pub(crate) fn put_last(&mut self, digits: Digits) {
        match digits {
            Digits::Short(text, length) => self.put_array(&text.to_le_bytes(), length),
            Digits::Long(text, length) => self.put_array(&text, length),
        }
    }

    /// Writes the first `length` of these bytes, and for a moment all of them.
    #[inline]
    pub(crate) fn put_array<const N: usize>(&mut self, bytes: &[u8; N], length: usize) {
        if let Some(to) = self.out.get_mut(self.at..).and_then(<[u8]>::first_chunk_mut::<N>) {
            *to = *bytes;
        }
        self.at += length;
    }
}
