//! The hash of label values, which may come from untrusted input.
//!
//! It is the folded product of wyhash and rapidhash: a text gives two words, each is
//! xored with a secret, and the two halves of their product are xored. Without the
//! secrets, no pair of texts with a chosen difference of products is known. So every
//! difference of label sets enters a factor, where a secret covers it:
//!
//! - the first and the last bytes, in two words that may overlap, and the product of the
//!   bytes before the last 16 of a longer text;
//! - the length times a secret, because overlapping words do not distinguish `"aaaa"`
//!   from `"aaaaa"`. The bare length does not suffice: the last byte of a chosen text can
//!   cancel it;
//! - the position among the values, by another secret for each.
//!
//! The last multiplication spreads products that agree in many bits.

use crate::checked::guaranteed;
use crate::names::words::{TWO_WORDS, ends};
use crate::sync::random_seed;

/// The fraction of the golden ratio: an odd number with its bits well spread.
pub(crate) const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hashes label values by its own secrets.
#[derive(Debug)]
pub(crate) struct LabelHasher {
    /// Covers the first word of the first value.
    first: u64,
    /// Covers the last word.
    last: u64,
    /// Multiplied by the length, covers the last word too. An odd number, so that
    /// products of different lengths differ.
    length: u64,
    /// The step of `first` from value to value. Covers the second word of a part too.
    next: u64,
}

impl LabelHasher {
    pub(crate) fn new() -> Self {
        // Under loom all seeds are 1, and the product spreads the bits.
        let secret = |number: u32| random_seed().wrapping_mul(ODD).rotate_left(16 * number);
        Self::with_secrets([secret(0), secret(1), secret(2), secret(3)])
    }

    fn with_secrets([first, last, length, next]: [u64; 4]) -> Self {
        Self { first, last, length: length | 1, next: next | 1 }
    }

    #[inline]
    pub(crate) fn hash(&self, values: &[&str]) -> u32 {
        let (mixed, _) = values.iter().fold((0, self.first), |(mixed, secret), value| {
            (mixed ^ self.of_text(secret, value.as_bytes()), secret.wrapping_add(self.next))
        });
        // Multiplication mixes upwards.
        (mixed.wrapping_mul(ODD) >> 32) as u32
    }

    /// Returns the product of a text, with the secret of its position.
    #[inline]
    fn of_text(&self, secret: u64, text: &[u8]) -> u64 {
        let (before, rest) = match text.len() {
            0..=TWO_WORDS => (secret, text),
            length => (
                self.of_parts(secret, text),
                guaranteed(text.get(length - TWO_WORDS..), "a long text"),
            ),
        };
        let (first, last) = ends(rest);
        let length = (text.len() as u64).wrapping_mul(self.length);
        fold(first ^ before, last ^ self.last.wrapping_add(length))
    }

    /// Returns the product of the parts of 16 bytes that begin before the last 16 bytes
    /// of a text.
    #[inline]
    fn of_parts(&self, secret: u64, text: &[u8]) -> u64 {
        let (part, others) = guaranteed(text.split_at_checked(TWO_WORDS), "a long text");
        let before = self.of_part(secret, part);
        if others.len() <= TWO_WORDS { before } else { self.of_more_parts(before, others) }
    }

    #[inline(never)]
    fn of_more_parts(&self, before: u64, text: &[u8]) -> u64 {
        let all_but_last = text.split_last().map_or(text, |(_, before)| before);
        all_but_last.chunks_exact(TWO_WORDS).fold(before, |before, part| self.of_part(before, part))
    }

    #[inline]
    fn of_part(&self, before: u64, part: &[u8]) -> u64 {
        let (first, last) = ends(part);
        fold(first ^ before, last ^ self.next)
    }
}

/// Multiplies, and xors both halves of the product.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    #[expect(clippy::cast_possible_truncation, reason = "the low half")]
    let low = product as u64;
    low ^ (product >> 64) as u64
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

    use std::array;
    use std::collections::BTreeSet;

    use super::*;

    type Secrets = [u64; 4];

    /// Sets of secrets per test.
    const SECRETS: usize = 16;

    /// Returns the same secrets in each run (splitmix64).
    fn secrets() -> impl Iterator<Item = Secrets> {
        let mut state = 0_u64;
        let mut next = move || {
            state = state.wrapping_add(ODD);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        };
        (0..SECRETS).map(move |_| array::from_fn(|_| next()))
    }

    fn text(length: usize, byte: impl Fn(usize) -> u8) -> String {
        String::from_utf8((0..length).map(byte).collect()).unwrap()
    }

    /// Returns 4,096 numbers, each as a label set.
    fn sets<const N: usize>(values: impl Fn(usize) -> [String; N]) -> BTreeSet<Vec<String>> {
        (0..4_096).map(|number| values(number).to_vec()).collect()
    }

    /// Returns six bits of a number, from this one on.
    fn part(number: usize, from: usize) -> usize {
        number >> from & 63
    }

    fn small(number: usize) -> u8 {
        u8::try_from(number).unwrap()
    }

    /// Returns label sets chosen against parts of the hash.
    fn chosen() -> Vec<(&'static str, BTreeSet<Vec<String>>)> {
        let bit = |number: usize, bit: usize| number >> bit & 1 == 1;
        let flipped = |length: usize, positions: &[usize]| {
            text(length, |byte| {
                let flips = positions
                    .iter()
                    .filter(|position| *position / 7 == byte)
                    .map(|position| 1 << (position % 7));
                flips.fold(b'@', |text, flip: u8| text ^ flip)
            })
        };
        let words = [
            "AAAAAAAA", "BBBBBBBB", "CCCCCCCC", "DDDDDDDD", "aaaaaaaa", "bbbbbbbb", "cccccccc",
            "dddddddd",
        ];
        vec![
            ("numbers", sets(|number| [number.to_string()])),
            ("numbers of one length", sets(|number| [format!("{number:016}")])),
            (
                "numbers within",
                sets(|number| [format!("/api/v1/users/{number:08}/items/of/a/long/path")]),
            ),
            (
                "two numbers",
                sets(|number| [part(number, 0).to_string(), part(number, 6).to_string()]),
            ),
            (
                "one to three bytes",
                sets(|number| [text(1 + number % 3, |byte| small(33 + part(number, 4 * byte)))]),
            ),
            (
                "lengths of two values",
                sets(|number| ["a".repeat(part(number, 0)), "a".repeat(part(number, 6))]),
            ),
            (
                "lengths of nothing",
                sets(|number| ["\0".repeat(part(number, 0)), "\0".repeat(part(number, 6))]),
            ),
            (
                "lengths of many values",
                sets(|number| {
                    array::from_fn::<_, 12, _>(|position| {
                        if bit(number, position) { "aaaaa".into() } else { "aaaa".into() }
                    })
                }),
            ),
            (
                "bytes that make up for lengths",
                sets(|number| {
                    let [first, second, third] =
                        [0, 2, 4].map(|from| b'`' ^ small(number >> from & 7));
                    [text(4 + number / 512, |byte| {
                        if byte == 0 {
                            first
                        } else if byte == 1 {
                            second
                        } else {
                            third
                        }
                    })]
                }),
            ),
            (
                "values that make up for lengths",
                sets(|number| {
                    [
                        "a".repeat(part(number, 0)),
                        text(9, |byte| if byte == 0 { small(32 + part(number, 6)) } else { b'x' }),
                    ]
                }),
            ),
            (
                "pairs that are alike, at every position",
                sets(|number| {
                    array::from_fn::<_, 12, _>(|position| {
                        if bit(number, position) { "`abbbb".into() } else { "`abbb".into() }
                    })
                }),
            ),
            (
                "one bit",
                (1..48)
                    .flat_map(|length| {
                        (0..7 * length).map(move |position| vec![flipped(length, &[position])])
                    })
                    .collect(),
            ),
            (
                "two bits",
                (0..16 * 7)
                    .flat_map(|one| (0..one).map(move |other| vec![flipped(16, &[one, other])]))
                    .collect(),
            ),
            (
                "high bits of both words",
                sets(|number| {
                    [text(16, |byte| {
                        b'@' ^ small(part(number, 6 * (byte / 8)) >> (7 - byte % 8).min(5) & 1) << 5
                    })]
                }),
            ),
            (
                "low bits of both words",
                sets(|number| {
                    [text(16, |byte| {
                        if byte % 8 == 0 { small(64 + part(number, 6 * (byte / 8))) } else { b'@' }
                    })]
                }),
            ),
            (
                "where values end",
                sets(|number| {
                    let (one, two) = (part(number, 0), part(number, 6));
                    [
                        "abc".repeat(21)[..one.min(two)].into(),
                        "abc".repeat(21)[one.min(two)..one.max(two)].into(),
                        "abc".repeat(21)[one.max(two)..].into(),
                    ]
                }),
            ),
            (
                "the order of values",
                sets(|number| [0, 4, 8].map(|from| (number >> from & 15).to_string())),
            ),
            (
                "the order of words",
                sets(|number| [[0, 3, 6, 9].map(|from| words[number >> from & 7]).concat()]),
            ),
            ("the middle", sets(|number| [format!("{0}{number:04x}{0}", "a".repeat(16))])),
            (
                "the middle of a long text",
                sets(|number| [format!("{0}{number:04x}{0}", "a".repeat(70))]),
            ),
            (
                "complements",
                sets(|number| {
                    [
                        (0..12)
                            .map(|position| if bit(number, position) { "\u{e9}" } else { "<V" })
                            .take(8)
                            .collect(),
                        (8..12)
                            .map(|position| if bit(number, position) { "\u{e9}" } else { "<V" })
                            .collect(),
                    ]
                }),
            ),
            (
                "values at the positions of others",
                sets(|number| {
                    array::from_fn::<_, 70, _>(|position| {
                        let (pair, is_late) = (position % 64, position >= 64);
                        if pair < 6 && bit(number, pair) == is_late {
                            format!("x{}", (number >> (6 + pair)) & 1)
                        } else {
                            "y".into()
                        }
                    })
                }),
            ),
        ]
    }

    /// Compares a hash with random numbers. At most one of 10 million pairs has equal
    /// hashes, and at most a fifth more pairs share one of 1,024 buckets.
    fn spreads(sets: &BTreeSet<Vec<String>>, hash: impl Fn(Secrets, &[&str]) -> u32) -> bool {
        let sets: Vec<Vec<&str>> =
            sets.iter().map(|set| set.iter().map(String::as_str).collect()).collect();
        let pairs = sets.len() * (sets.len() - 1) / 2;
        let mut equal = 0;
        let is_even = secrets().all(|secrets| {
            let mut hashes: Vec<u32> = sets.iter().map(|set| hash(secrets, set)).collect();
            hashes.sort_unstable();
            equal += hashes.windows(2).filter(|two| two[0] == two[1]).count();
            let mut buckets = [0_usize; 1_024];
            hashes.iter().for_each(|hash| buckets[*hash as usize % 1_024] += 1);
            let shared: usize =
                buckets.iter().map(|count| count * count.saturating_sub(1) / 2).sum();
            shared * 1_024 * 5 <= pairs * 6
        });
        is_even && equal <= pairs * SECRETS / 10_000_000
    }

    #[test]
    fn chosen_label_sets_spread_like_random_ones() {
        for (name, sets) in chosen() {
            assert!(
                spreads(&sets, |secrets, values| LabelHasher::with_secrets(secrets).hash(values)),
                "{name}"
            );
        }
    }

    /// Without one of its parts, the hash fails.
    #[test]
    fn weaker_hashes_spread_badly() {
        let chosen = chosen();
        let spreads = |name: &str, product: &dyn Fn(Secrets, u64, &str) -> u64, odd: u64| {
            let (_, sets) = chosen.iter().find(|(chosen, _)| *chosen == name).unwrap();
            spreads(sets, |secrets, values| {
                let mixed = values.iter().fold(0, |mixed, value| product(secrets, mixed, value));
                (mixed.wrapping_mul(odd) >> 32) as u32
            })
        };
        let of_text = |secrets: Secrets, value: &str| {
            LabelHasher::with_secrets(secrets).of_text(secrets[0], value.as_bytes())
        };
        let bare_length = |[one, two, ..]: Secrets, mixed: u64, value: &str| {
            let (first, last) = ends(value.as_bytes());
            fold(first ^ one ^ mixed, last ^ two ^ value.len() as u64)
        };
        assert!(!spreads("pairs that are alike, at every position", &bare_length, ODD));
        let without_positions = |secrets, mixed, value: &str| mixed ^ of_text(secrets, value);
        assert!(!spreads("the order of values", &without_positions, ODD));
        let rotated =
            |secrets, mixed: u64, value: &str| mixed.rotate_left(21) ^ of_text(secrets, value);
        assert!(!spreads("values at the positions of others", &rotated, ODD));
        for name in ["numbers", "lengths of many values", "low bits of both words"] {
            assert!(spreads(name, &rotated, ODD), "{name}");
            assert!(!spreads(name, &rotated, 1), "{name}, not multiplied");
        }
    }

    #[test]
    fn hashers_differ() {
        let [one, other] = [(); 2].map(|()| LabelHasher::new());
        let hash =
            |hasher: &LabelHasher, number: usize| hasher.hash(&["the same", &number.to_string()]);
        let hashes: BTreeSet<_> = (0..1_000).map(|number| hash(&one, number)).collect();
        assert!((0..1_000).filter(|number| hashes.contains(&hash(&other, *number))).count() < 10);
    }
}
