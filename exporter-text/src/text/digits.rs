//! Integers and decimals at the end of a line, built in registers instead of memory.

use crate::text::steps::set_reserved;

/// The digits of an integer and LF.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    /// The text from the lowest byte of the first word on. The bytes after it are
    /// arbitrary.
    words: [u64; 2],
    length: usize,
}

impl Digits {
    /// `0` and LF.
    pub(crate) const ZERO: Self = Self { words: [0x0a30, 0x0a], length: 2 };

    /// Returns `None` from 1,000,000,000,000,000 on: the digits and LF exceed 16 bytes.
    #[inline]
    pub(crate) fn new(number: u64) -> Option<Self> {
        if number < EIGHT_DIGITS {
            Some(Self::of_one_word(number))
        } else {
            Self::of_two_words(number)
        }
    }

    #[inline]
    fn of_one_word(number: u64) -> Self {
        let digits = eight_digits(number);
        // The last digit is never skipped, so that zero has one.
        let skipped_bits = (digits | 1 << 56).trailing_zeros() & !7;
        let bits = u64::BITS - skipped_bits;
        // LF is shifted out of the first word if that is full.
        let first = (digits | ZEROS) >> skipped_bits | END << (bits - 8) << 8;
        Self { words: [first, END], length: (bits / 8 + 1) as usize }
    }

    #[inline(never)]
    fn of_two_words(number: u64) -> Option<Self> {
        let (upper, lower) = (number / EIGHT_DIGITS, number % EIGHT_DIGITS);
        if upper >= EIGHT_DIGITS / 10 {
            return None;
        }
        let (upper, lower) = (eight_digits(upper), eight_digits(lower) | ZEROS);
        // `upper` is not 0, so at least one digit remains.
        let skipped_bits = upper.trailing_zeros() & !7;
        let bits = u64::BITS - skipped_bits;
        let words =
            [(upper | ZEROS) >> skipped_bits | lower << bits, lower >> skipped_bits | END << bits];
        Some(Self { words, length: (bits / 8 + 9) as usize })
    }

    /// Returns the text, followed by arbitrary bytes, and its length.
    #[inline]
    pub(crate) fn bytes(self) -> ([u8; 2 * size_of::<u64>()], usize) {
        let [first, second] = self.words.map(u128::from);
        ((first | second << u64::BITS).to_le_bytes(), self.length)
    }
}

/// Returns the digits of any integer and LF, followed by arbitrary bytes, and their
/// length.
#[inline]
pub(crate) fn of_any(number: u64) -> ([u8; MOST_BYTES], usize) {
    match Digits::new(number) {
        Some(digits) => {
            let (text, length) = digits.bytes();
            let mut bytes = [0; MOST_BYTES];
            set_reserved(&mut bytes, 0, &text);
            (bytes, length)
        }
        None => of_long(number),
    }
}

/// Room for any integer and LF: at most 21 bytes.
pub(crate) const MOST_BYTES: usize = 24;

#[inline(never)]
fn of_long(number: u64) -> ([u8; MOST_BYTES], usize) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(number);
    let mut bytes = [0; MOST_BYTES];
    for (to, from) in bytes.iter_mut().zip(text.bytes().chain([b'\n'])) {
        *to = from;
    }
    (bytes, text.len() + 1)
}

/// Returns `units / per_unit` as an exact decimal and LF, followed by arbitrary bytes,
/// and their length. `per_unit` is a power of ten up to 1,000,000,000.
///
/// Trailing zeros of the fraction are cut, as in `1.5`. An integer is `2.0` if
/// `has_point`, otherwise `2`.
#[inline]
pub(crate) fn decimal(
    units: u64,
    per_unit: u64,
    has_point: bool,
) -> ([u8; MOST_DECIMAL_BYTES], usize) {
    let mut bytes = [0; MOST_DECIMAL_BYTES];
    let (whole, length) = of_any(units / per_unit);
    set_reserved(&mut bytes, 0, &whole);
    // Overwrites the LF.
    let mut at = length - 1;
    let billionths = units % per_unit * (BILLION / per_unit);
    if billionths > 0 {
        // Nine digits: the first, then eight.
        let (first, rest) = (billionths / EIGHT_DIGITS, eight_digits(billionths % EIGHT_DIGITS));
        let significant = (u64::BITS - rest.leading_zeros()).div_ceil(8) as usize;
        let point = u64::from(b'.') | (first | u64::from(b'0')) << 8;
        set_reserved(&mut bytes, at, &point.to_le_bytes());
        set_reserved(&mut bytes, at + 2, &(rest | ZEROS).to_le_bytes());
        at += 2 + significant;
    } else if has_point {
        set_reserved(&mut bytes, at, b".0");
        at += 2;
    }
    set_reserved(&mut bytes, at, b"\n");
    (bytes, at + 1)
}

/// Room for any decimal and LF, and for the last step copied past them.
pub(crate) const MOST_DECIMAL_BYTES: usize = 40;

const BILLION: u64 = 1_000_000_000;

/// The smallest number with nine digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The digit zero in each byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The end of a line: LF.
const END: u64 = b'\n' as u64;

/// Returns the values of eight digits, the first in the lowest byte.
///
/// Three steps halve the number: into four digits each, into two, into one. A step
/// divides all halves by one multiplication. Division by 100 is multiplication by 10,486
/// / 2^20, exact below 10,000. Division by 10 is multiplication by 103 / 2^10, exact
/// below 100.
#[inline]
fn eight_digits(number: u64) -> u64 {
    let upper = number / 10_000;
    let fours = upper | (number - 10_000 * upper) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (twos - 10 * tens) << 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_written(number: u64) {
        let expected = format!("{number}\n");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (bytes, length) = of_any(number);
        assert_eq!(text(&bytes[..length]), expected);
        let digits = Digits::new(number);
        assert_eq!(digits.is_some(), number < 1_000_000_000_000_000);
        if let Some((bytes, length)) = digits.map(Digits::bytes) {
            assert_eq!(text(&bytes[..length]), expected);
        }
    }

    #[test]
    fn digits_of_every_length_are_written() {
        for power in 0..20 {
            let number = 10_u64.pow(power);
            for number in [number - 1, number, number + 1, u64::MAX / number] {
                assert_written(number);
            }
        }
        assert_eq!(Digits::ZERO.bytes(), Digits::new(0).unwrap().bytes());
    }

    #[test]
    fn every_group_of_four_digits_is_written() {
        for number in 0..10_000 {
            for shift in [1, 10_000, 100_000_000, 1_000_000_000_000] {
                assert_written(number * shift);
                assert_written(number * shift + 9_999 * shift / 10_000);
            }
        }
    }

    proptest! {
        #[test]
        fn digits_equal_the_naive_version(number in any::<u64>(), shift in 0_u32..64) {
            assert_written(number >> shift);
        }
    }
}
