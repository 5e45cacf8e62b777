//! The label values of a series in one string, the key of a look-up.

use std::sync::Arc;

use crate::checked::guaranteed;
use crate::names::words::is_same;

/// Labels shared by all series of a family, names with values.
pub(crate) type ConstantLabels = Arc<[(Box<str>, Box<str>)]>;

/// Bits of a length in one character.
const LENGTH_BITS: u32 = 6;
/// Set in every character of a length except the last.
const MORE: u8 = 1 << LENGTH_BITS;

/// The first character of a key: whether all values are plain.
const PLAIN: char = 'p';
const SPECIAL: char = 's';

/// Label values, each behind its length, so that different lists never have one key.
///
/// A length is written in ASCII characters of six bits, the lowest first. So the key is a
/// string, and a value is a part of it without another UTF-8 check. The first character
/// says whether all values are plain.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LabelValues(Box<str>);

impl LabelValues {
    pub(crate) fn new(values: &[&str]) -> Self {
        let mut key =
            String::with_capacity(1 + values.iter().map(|value| value.len() + 2).sum::<usize>());
        key.push(if values.iter().all(|value| is_plain(value)) { PLAIN } else { SPECIAL });
        for value in values {
            let mut left = value.len();
            while left >= usize::from(MORE) {
                key.push(char::from(MORE | low_bits(left)));
                left >>= LENGTH_BITS;
            }
            key.push(char::from(low_bits(left)));
            key.push_str(value);
        }
        Self(key.into_boxed_str())
    }

    #[inline]
    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter(guaranteed(self.0.get(1..), "a key begins with one character"))
    }

    /// Returns whether no value has a quotation mark, a backslash or a control character.
    #[inline]
    pub(crate) fn are_plain(&self) -> bool {
        self.0.starts_with(PLAIN)
    }

    /// Returns whether these are the values, without building their key.
    #[inline]
    pub(crate) fn matches(&self, values: &[&str]) -> bool {
        let key = guaranteed(self.0.as_bytes().get(1..), "a key begins with one character");
        let rest = values.iter().try_fold(key, |rest, value| {
            let mut rest = rest;
            let mut left = value.len();
            while left >= usize::from(MORE) {
                rest = strip_byte(rest, MORE | low_bits(left))?;
                left >>= LENGTH_BITS;
            }
            let (text, rest) = strip_byte(rest, low_bits(left))?.split_at_checked(value.len())?;
            is_same(text, value.as_bytes()).then_some(rest)
        });
        rest.is_some_and(<[u8]>::is_empty)
    }
}

/// Returns whether a text has none of the characters that formats escape.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'"' | b'\\') || byte.is_ascii_control())
}

#[inline]
fn strip_byte(bytes: &[u8], expected: u8) -> Option<&[u8]> {
    bytes.split_first().filter(|(first, _)| **first == expected).map(|(_, rest)| rest)
}

#[inline]
fn low_bits(length: usize) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "six bits")]
    let bits = (length & usize::from(MORE - 1)) as u8;
    bits
}

/// Iterates over the values, in the order of their label names.
#[derive(Debug, Clone)]
pub(crate) struct Iter<'a>(&'a str);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let first = *self.0.as_bytes().first()?;
        let (start, length) =
            if first & MORE == 0 { (1, first.into()) } else { long_length(self.0) };
        let (head, rest) = self.0.split_at_checked(start + length)?;
        self.0 = rest;
        head.get(start..)
    }
}

/// Returns how many characters a long length takes, and the length.
#[cold]
fn long_length(text: &str) -> (usize, usize) {
    let count = text.bytes().take_while(|byte| byte & MORE != 0).count() + 1;
    let bits = |byte: u8| usize::from(byte & (MORE - 1));
    (
        count,
        text.bytes().take(count).rev().fold(0, |length, byte| length << LENGTH_BITS | bits(byte)),
    )
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_round_trip(values in prop::collection::vec(".{0,200}", 0..5)) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let key = LabelValues::new(&values);
            prop_assert_eq!(key.iter().collect::<Vec<_>>(), &values[..]);
            prop_assert!(key.matches(&values));
        }

        #[test]
        fn only_equal_values_match(
            one in prop::collection::vec("[a\u{1}@A]{0,3}", 3),
            two in prop::collection::vec("[a\u{1}@A]{0,3}", 3),
        ) {
            let [one, two]: [Vec<&str>; 2] =
                [&one, &two].map(|values| values.iter().map(String::as_str).collect());
            prop_assert_eq!(LabelValues::new(&one).matches(&two), one == two);
            prop_assert_eq!(LabelValues::new(&one) == LabelValues::new(&two), one == two);
        }
    }

    #[test]
    fn long_values_round_trip() {
        for length in [0, 1, 63, 64, 65, 4095, 4096, 1 << 20] {
            let value = "x".repeat(length);
            assert_eq!(
                LabelValues::new(&["a", &value, "b"]).iter().collect::<Vec<_>>(),
                ["a", &value, "b"]
            );
        }
    }
}
