//! Slices whose bounds an invariant guarantees.
//!
//! A page must not panic in the host, so these functions do not index. A debug build
//! panics on a broken invariant, with the bounds. A release build returns the bytes that
//! exist.

/// Returns the first `length` bytes. Invariant: `bytes` has as many.
#[inline]
pub(crate) fn head(bytes: &[u8], length: usize) -> &[u8] {
    debug_assert!(length <= bytes.len(), "the first {length} of {} bytes", bytes.len());
    bytes.get(..length).unwrap_or(bytes)
}

/// Returns the bytes from `start` on. Invariant: `start` is not past the end.
#[inline]
pub(crate) fn tail(bytes: &[u8], start: usize) -> &[u8] {
    debug_assert!(start <= bytes.len(), "the bytes from {start} on of {}", bytes.len());
    bytes.get(start..).unwrap_or_default()
}

/// Like [`tail`], for bytes that are written.
#[inline]
pub(crate) fn tail_mut(bytes: &mut [u8], start: usize) -> &mut [u8] {
    debug_assert!(start <= bytes.len(), "the bytes from {start} on of {}", bytes.len());
    bytes.get_mut(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_within_bounds_are_exact() {
        let mut bytes = *b"abc";
        assert_eq!(head(&bytes, 0), b"");
        assert_eq!(head(&bytes, 3), b"abc");
        assert_eq!(tail(&bytes, 1), b"bc");
        assert_eq!(tail(&bytes, 3), b"");
        assert_eq!(tail_mut(&mut bytes, 2), b"c");
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "the first 4 of 3 bytes")]
    fn head_past_the_end_panics_in_debug() {
        _ = head(b"abc", 4);
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "the bytes from 4 on of 3")]
    fn tail_past_the_end_panics_in_debug() {
        _ = tail(b"abc", 4);
    }

    #[cfg(not(debug_assertions))]
    #[test]
    fn slices_past_the_end_are_cut() {
        assert_eq!(head(b"abc", 4), b"abc");
        assert_eq!(tail(b"abc", 4), b"");
    }
}
