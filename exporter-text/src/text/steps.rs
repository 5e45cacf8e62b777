//! Copies in steps of fixed length.
//!
//! The compiler turns a step into a few vector moves; a copy of variable length is a
//! call. A step may write past the end of its text. The next text overwrites those bytes.

use crate::checked::head;

/// Bytes in one step.
pub(crate) const STEP: usize = 32;

/// A text in front of enough bytes to copy it in whole steps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Padded<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl<'a> Padded<'a> {
    /// Returns the first `length` bytes as a text. Invariant: `bytes` has a whole last
    /// step.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], length: usize) -> Self {
        debug_assert!(
            bytes.len() >= length.next_multiple_of(STEP),
            "the last step of {length} bytes is not whole in {}",
            bytes.len()
        );
        Self { bytes, length }
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.length
    }

    /// Returns the text in whole steps.
    #[inline]
    pub(crate) fn steps(self) -> impl Iterator<Item = &'a [u8; STEP]> {
        let whole = head(self.bytes, self.length.next_multiple_of(STEP));
        whole.chunks_exact(STEP).filter_map(|step| step.first_chunk())
    }

    /// Returns the text as one step of another length. `None` if the text is longer, or
    /// without enough bytes after it.
    #[inline]
    pub(crate) fn in_one<const N: usize>(self) -> Option<(&'a [u8; N], usize)> {
        if self.length <= N { Some((self.bytes.first_chunk()?, self.length)) } else { None }
    }

    /// Returns the text without its last `bytes`.
    #[inline]
    pub(crate) fn shortened(self, bytes: usize) -> Self {
        Self { length: self.length.saturating_sub(bytes), ..self }
    }

    pub(crate) fn text(self) -> &'a [u8] {
        head(self.bytes, self.length)
    }
}

/// A text of at most `N` bytes, copied in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short<const N: usize> {
    pub(crate) bytes: [u8; N],
    pub(crate) length: usize,
}

impl<const N: usize> Short<N> {
    /// Concatenates `parts`. Returns `None` if they are longer than `N` bytes.
    pub(crate) fn of(parts: &[&[u8]]) -> Option<Self> {
        let mut bytes = [0; N];
        let mut length = 0;
        for part in parts {
            bytes.get_mut(length..length + part.len())?.copy_from_slice(part);
            length += part.len();
        }
        Some(Self { bytes, length })
    }
}

/// Writes one step. Skips it without room, which the caller checks afterwards.
#[inline]
pub(crate) fn set<const N: usize>(room: &mut [u8], at: usize, step: &[u8; N]) {
    if let Some(bytes) = room.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *bytes = *step;
    }
}

/// Writes one step. Invariant: its room was reserved.
#[inline]
pub(crate) fn set_reserved<const N: usize>(room: &mut [u8], at: usize, step: &[u8; N]) {
    debug_assert!(at + N <= room.len(), "{N} bytes at {at} of {}", room.len());
    set(room, at, step);
}

/// Writes a text without padding, in overlapping steps. Skips those without room.
#[inline]
pub(crate) fn set_exactly(room: &mut [u8], at: usize, text: &[u8]) {
    let length = text.len();
    if let Some(last) = text.last_chunk::<16>() {
        let (mut rest, mut start) = (text, at);
        while let Some((step, more)) = rest.split_first_chunk::<16>() {
            set(room, start, step);
            (rest, start) = (more, start + step.len());
        }
        set(room, at + length - last.len(), last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        set(room, at, first);
        set(room, at + length - last.len(), last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        set(room, at, first);
        set(room, at + length - last.len(), last);
    } else if let (Some(first), Some(middle), Some(last)) =
        (text.first(), text.get(length / 2), text.last())
    {
        set(room, at, &[*first]);
        set(room, at + length / 2, &[*middle]);
        set(room, at + length - 1, &[*last]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_exactly_touches_the_text_only() {
        for length in 0..80_u8 {
            let text: Vec<u8> = (1..=length).collect();
            let mut room = [0xff; 90];
            set_exactly(&mut room, 5, &text);
            let expected = [&[0xff; 5][..], &text, &vec![0xff; 85 - text.len()]].concat();
            assert_eq!(room, expected.as_slice());
        }
    }

    #[test]
    fn steps_without_room_are_skipped() {
        let mut room = [0; 20];
        set_exactly(&mut room, 15, &[1; 16]);
        set(&mut room, 17, &[2; 4]);
        set(&mut room, 21, &[2; 1]);
        assert_eq!(room, [0; 20]);
        set(&mut room, 16, &[3; 4]);
        assert_eq!(room[15..], [0, 3, 3, 3, 3]);
    }

    #[test]
    fn padded_text_has_whole_steps() {
        let bytes = [7; 2 * STEP];
        let steps = |padded: Padded<'_>| padded.steps().count();
        for (length, count) in [(0, 0), (1, 1), (STEP, 1), (STEP + 1, 2), (2 * STEP, 2)] {
            let padded = Padded::new(&bytes, length);
            assert_eq!(
                (padded.len(), steps(padded), padded.text()),
                (length, count, &bytes[..length])
            );
        }
        let padded = Padded::new(&bytes, STEP + 1);
        assert_eq!((steps(padded.shortened(1)), padded.shortened(100).len()), (1, 0));
        assert!(padded.in_one::<STEP>().is_none() && padded.in_one::<{ 2 * STEP }>().is_some());
        assert!(padded.in_one::<{ 2 * STEP + 1 }>().is_none());
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "the last step of 33 bytes is not whole in 33")]
    fn padded_text_without_padding_panics_in_debug() {
        _ = Padded::new(&[7; STEP + 1], STEP + 1);
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "4 bytes at 1 of 4")]
    fn reserved_step_without_room_panics_in_debug() {
        set_reserved(&mut [0; 4], 1, &[1; 4]);
    }
}
