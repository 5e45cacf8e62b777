//! Texts that are copied in steps of fixed length.
//!
//! The compiler makes a few vector moves of such a step; a copy of any other length is a
//! call. What is copied behind the end of a text is written over by what follows it.

/// Bytes that are copied at once.
pub(crate) const STEP: usize = 32;

/// A text with what makes its last step whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Padded<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl<'a> Padded<'a> {
    /// The first `length` of these bytes, which go on for as long as the last step does.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], length: usize) -> Self {
        debug_assert!(
            bytes.len() >= length.next_multiple_of(STEP),
            "a last step that is not whole"
        );
        if bytes.len() >= length.next_multiple_of(STEP) {
            Self { bytes, length }
        } else {
            Self::default()
        }
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.length
    }

    /// The text in steps.
    #[inline]
    pub(crate) fn steps(self) -> impl Iterator<Item = &'a [u8; STEP]> {
        let whole = self.bytes.get(..self.length.next_multiple_of(STEP)).unwrap_or_default();
        whole.chunks_exact(STEP).filter_map(|step| step.first_chunk())
    }

    /// The text in one step of another length, if it fits and what is behind it makes
    /// that whole.
    #[inline]
    pub(crate) fn in_one<const N: usize>(self) -> Option<(&'a [u8; N], usize)> {
        if self.length <= N { Some((self.bytes.first_chunk()?, self.length)) } else { None }
    }

    /// The text without its last `bytes`.
    #[inline]
    pub(crate) fn shortened(self, bytes: usize) -> Self {
        Self { length: self.length.saturating_sub(bytes), ..self }
    }

    pub(crate) fn text(self) -> &'a [u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// A text of at most `N` bytes that is copied in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short<const N: usize> {
    pub(crate) bytes: [u8; N],
    pub(crate) length: usize,
}

impl<const N: usize> Short<N> {
    /// `None` if it is too long.
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

/// Writes one step, if there is room.
#[inline]
pub(crate) fn set<const N: usize>(room: &mut [u8], at: usize, step: &[u8; N]) {
    if let Some(place) = room.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = *step;
    }
}

/// Writes a text of which nobody knows what is behind it, in steps that overlap, as far
/// as there is room.
#[inline]
pub(crate) fn set_exactly(room: &mut [u8], at: usize, text: &[u8]) {
    let length = text.len();
    if let Some(last) = text.last_chunk::<16>() {
        let (mut left, mut place) = (text, at);
        while let Some((part, more)) = left.split_first_chunk::<16>() {
            set(room, place, part);
            (left, place) = (more, place + part.len());
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

    /// Of every length, nothing before it and nothing behind it is touched.
    #[test]
    fn a_text_is_set_exactly() {
        for length in 0..80_u8 {
            let text: Vec<u8> = (1..=length).collect();
            let mut room = [0xff; 90];
            set_exactly(&mut room, 5, &text);
            let expected = [&[0xff; 5][..], &text, &vec![0xff; 85 - text.len()]].concat();
            assert_eq!(room, expected.as_slice());
        }
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        let mut room = [0; 20];
        set_exactly(&mut room, 15, &[1; 16]);
        set(&mut room, 17, &[2; 4]);
        set(&mut room, 21, &[2; 1]);
        assert_eq!(room, [0; 20]);
        set(&mut room, 16, &[3; 4]);
        assert_eq!(room[15..], [0, 3, 3, 3, 3]);
    }

    #[test]
    fn a_padded_text_has_whole_steps() {
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
}
