//! Whole numbers at the end of a line, made in a register instead of memory.

/// The digits of a whole number and the end of the line, so that lines with the same number share them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Digits {
    /// The text from the lowest byte on, and how long it is.
    Short(u64, usize),
    /// The text with what is behind it, and how long it is.
    Long([u8; Digits::MOST], usize),
}

impl Digits {
    /// No number is longer with a sign and the end of the line.
    pub(crate) const MOST: usize = 24;

    #[inline]
    pub(crate) fn new(number: u64) -> Self {
        match Self::short(number) {
            Some((text, length)) => Self::Short(text, length),
            None => Self::of_text(itoa::Buffer::new().format(number)),
        }
    }

    /// With a sign, if it is negative.
    pub(crate) fn signed(number: i64) -> Self {
        match u64::try_from(number) {
            Ok(number) => Self::new(number),
            Err(_) => Self::of_text(itoa::Buffer::new().format(number)),
        }
    }

    /// The text of a number below 10,000,000 from the lowest byte on, and how long it is.
    ///
    /// The number is halved into its upper and lower four digits, these into two, those into one, all halves of a step
    /// in one multiplication. Dividing by 100 is multiplying by 10,486 / 2^20, exact below 10,000; by 10 it is
    /// 103 / 2^10, exact below 100.
    #[inline]
    pub(crate) fn short(number: u64) -> Option<(u64, usize)> {
        if number >= EIGHT_DIGITS {
            return None;
        }
        let upper = number / 10_000;
        let fours = upper | (number - 10_000 * upper) << 32;
        let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
        let twos = hundreds | (fours - 100 * hundreds) << 16;
        let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
        let ones = tens | (twos - 10 * tens) << 8;
        // Zero has one digit too: the last is never skipped. The first of the eight always is, it is zero.
        let skipped_bits = (ones | 1 << 56).trailing_zeros() & !7;
        let digits = (ones | 0x3030_3030_3030_3030) >> skipped_bits;
        let digit_bits = u64::BITS - skipped_bits;
        Some((digits | u64::from(b'\n') << digit_bits, (digit_bits / 8 + 1) as usize))
    }

    #[inline(never)]
    fn of_text(text: &str) -> Self {
        let mut bytes = [0; Self::MOST];
        for (place, byte) in bytes.iter_mut().zip(text.bytes().chain([b'\n'])) {
            *place = byte;
        }
        Self::Long(bytes, text.len() + 1)
    }
}

/// The first number with eight digits: with the end of the line they are one more than a register holds.
const EIGHT_DIGITS: u64 = 10_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(digits: Digits) -> String {
        let (bytes, length) = match digits {
            Digits::Short(word, length) => (word.to_le_bytes().to_vec(), length),
            Digits::Long(bytes, length) => (bytes.to_vec(), length),
        };
        let line = String::from_utf8(bytes[..length].to_vec()).unwrap();
        line.strip_suffix('\n').unwrap().to_owned()
    }

    #[test]
    fn digits_of_every_length() {
        for power in 0..20 {
            let number = 10_u64.pow(power);
            for number in [number - 1, number, number + 1, u64::MAX / number] {
                assert_eq!(text(Digits::new(number)), number.to_string());
            }
        }
        for number in [0, -1, i64::MIN, i64::MAX, -9_999_999, 9_999_999, 10_000_000] {
            assert_eq!(text(Digits::signed(number)), number.to_string());
        }
    }

    #[test]
    fn every_group_of_four_digits() {
        for number in 0..10_000 {
            for number in [number, number * 1_000, number * 1_000 + 999] {
                assert_eq!(text(Digits::new(number)), number.to_string());
            }
        }
    }

    proptest! {
        #[test]
        fn digits_equal_the_naive_version(number in any::<u64>(), shift in 0_u32..64) {
            let number = number >> shift;
            prop_assert_eq!(text(Digits::new(number)), number.to_string());
            let signed = number as i64;
            prop_assert_eq!(text(Digits::signed(signed)), signed.to_string());
        }
    }
}
