//! Texts as words of eight bytes: short texts need neither a call nor a loop.

/// Bytes of two words.
pub(crate) const TWO_WORDS: usize = 16;

/// Returns the first and the last bytes of a text of up to 16 bytes. They may overlap.
/// Together with the length they determine the text.
///
/// Methods and statuses of HTTP mostly take one branch, which is then predicted.
#[inline]
pub(crate) fn ends(text: &[u8]) -> (u64, u64) {
    match text.len() {
        0 | 1 => (text.first().copied().unwrap_or_default().into(), 0),
        2..=4 => both_ends(text, |bytes| u16::from_le_bytes(bytes).into()),
        5..=8 => both_ends(text, |bytes| u32::from_le_bytes(bytes).into()),
        _ => both_ends(text, u64::from_le_bytes),
    }
}

#[inline]
fn both_ends<const N: usize>(text: &[u8], word: impl Fn([u8; N]) -> u64) -> (u64, u64) {
    let of = |end: Option<&[u8; N]>| end.map_or(0, |bytes| word(*bytes));
    (of(text.first_chunk()), of(text.last_chunk()))
}

/// Returns whether two texts of equal length are equal.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() <= TWO_WORDS {
        ends(one) == ends(other)
    } else if one.len() <= 2 * TWO_WORDS {
        // As vectors, which may overlap.
        one.first_chunk::<TWO_WORDS>() == other.first_chunk()
            && one.last_chunk::<TWO_WORDS>() == other.last_chunk()
    } else {
        one == other
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn comparison_equals_that_of_slices(
            (one, other) in (0..40_usize).prop_flat_map(|length| {
                let bytes = || prop::collection::vec(0..2_u8, length);
                (bytes(), bytes())
            }),
        ) {
            prop_assert_eq!(is_same(&one, &other), one == other);
        }
    }

    #[test]
    fn every_byte_of_a_text_matters() {
        for length in 0..40 {
            let text = vec![b'a'; length];
            assert!(is_same(&text, &text));
            for byte in 0..length {
                let mut other = text.clone();
                other[byte] ^= 1;
                assert!(!is_same(&text, &other), "byte {byte} of {length}");
            }
        }
    }
}
