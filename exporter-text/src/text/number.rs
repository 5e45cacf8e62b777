//! Numbers in the layouts of the formats.

use std::io::Write as _;
use std::iter;
use std::time::SystemTime;

use tickmark::Number;

use crate::checked::head;
use crate::text::digits;

/// Decimal exponents of floats that are written without an exponent.
const PLAIN_EXPONENTS: std::ops::Range<i32> = -4..6;

/// The layout of a float with an integer value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WholeFloat {
    /// `1`
    Bare,
    /// `1.0`, recognizable as a float.
    WithPoint,
}

/// Writes a value. Integers are plain digits.
pub(crate) fn write(number: Number, whole: WholeFloat, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    match number {
        Number::Unsigned(number) => out.extend_from_slice(digits.format(number).as_bytes()),
        Number::Signed(number) => out.extend_from_slice(digits.format(number).as_bytes()),
        Number::Float(number) => write_float(number, whole, out),
    }
}

/// Writes a sum: an integer number of units, divided by `per_unit`, or an undivided
/// float.
pub(crate) fn write_sum(sum: Number, per_unit: u64, whole: WholeFloat, out: &mut Vec<u8>) {
    match sum {
        Number::Unsigned(units) if per_unit > 1 => {
            let (text, length) = digits::decimal(units, per_unit, whole == WholeFloat::WithPoint);
            out.extend_from_slice(without_lf(&text, length));
        }
        sum => write(sum, whole, out),
    }
}

/// The layout of the upper bound of a bucket, and of a quantile. All formats share it: a
/// server would start new series if one had `1` and another `1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundText {
    /// `1.0` and `1e+06`, as OpenMetrics requires.
    Float,
    /// `1` and `1000000`, as older Rust libraries write it.
    Plain,
}

/// Writes the upper bound of a bucket, or a quantile.
pub(crate) fn write_bound(bound: f64, text: BoundText, out: &mut Vec<u8>) {
    if text == BoundText::Float || bound.is_infinite() {
        write_float(bound, WholeFloat::WithPoint, out);
    } else {
        // Writing to a vector cannot fail. The addition makes a negative zero positive.
        _ = write!(out, "{}", bound + 0.0);
    }
}

/// Writes a time as seconds since 1970 with milliseconds: `1520430000.123`. Earlier times
/// are 0.
pub(crate) fn write_time(time: SystemTime, out: &mut Vec<u8>) {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (seconds, length) = digits::of_any(since.as_secs());
    out.extend_from_slice(without_lf(&seconds, length));
    let millis = since.subsec_millis();
    let digit = |divisor: u32| b'0' + (millis / divisor % 10).to_le_bytes()[0];
    out.extend_from_slice(&[b'.', digit(100), digit(10), digit(1)]);
}

/// Returns the digits of a text of [`digits`] without its LF.
fn without_lf(text: &[u8], length: usize) -> &[u8] {
    debug_assert!(text.get(length - 1) == Some(&b'\n'), "no LF at the end of {length} bytes");
    head(text, length - 1)
}

/// Writes a float by the rule of the formats.
fn write_float(value: f64, whole: WholeFloat, out: &mut Vec<u8>) {
    if write_decimal(value, whole, out) {
        return;
    }
    let start = out.len();
    write_shortest(value, out);
    let is_bare = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    if whole == WholeFloat::WithPoint && out.get(start..).is_some_and(is_bare) {
        out.extend_from_slice(b".0");
    }
}

/// Writes a float in [`DECIMALS`] that is a decimal with at most nine places, as most
/// measured values are. Returns whether it is one.
///
/// Distinct decimals of at most 15 digits parse to distinct floats. So the decimal that
/// parses to this float is its shortest text.
#[inline]
fn write_decimal(value: f64, whole: WholeFloat, out: &mut Vec<u8>) -> bool {
    let distance = value.abs();
    if !DECIMALS.contains(&distance) {
        return false;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below 10^15, and not negative"
    )]
    let billionths = (distance * BILLION + 0.5) as u64;
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    let is_exact = billionths as f64 / BILLION == distance;
    if is_exact {
        if value < 0.0 {
            out.push(b'-');
        }
        let (text, length) =
            digits::decimal(billionths, BILLIONTHS, whole == WholeFloat::WithPoint);
        out.extend_from_slice(head(&text, length - 1));
    }
    is_exact
}

/// Floats without an exponent that have at most 15 digits, nine of them after the point.
const DECIMALS: std::ops::Range<f64> = 1e-4..1e6;

const BILLIONTHS: u64 = 1_000_000_000;
const BILLION: f64 = 1e9;

/// Writes the shortest digits that parse to `value`: `0.25`, `999999`, `1e+06`, `1e-05`,
/// `+Inf`.
fn write_shortest(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value == 0.0 {
        // The negative zero too.
        return out.push(b'0');
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    if value < 0.0 {
        out.push(b'-');
    }
    let mut shortest = zmij::Buffer::new();
    let (digits, exponent) = scientific(shortest.format_finite(value.abs()));
    if PLAIN_EXPONENTS.contains(&exponent) {
        write_plain(digits, exponent, out);
    } else {
        write_with_exponent(digits, exponent, out);
    }
}

/// Returns the significant digits of a positive number in any common layout, and the
/// decimal exponent of the first of them.
fn scientific(text: &str) -> (impl Iterator<Item = u8>, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let significant = mantissa.trim_start_matches(['0', '.']);
    let first = mantissa.len() - significant.len();
    let point = mantissa.find('.').unwrap_or(mantissa.len());
    // The exponent of the first significant digit: 0 right before the point, -1 right
    // after it.
    let distance = if first < point { point - first - 1 } else { first - point };
    let distance = small(distance);
    let position = if first < point { distance } else { -distance };
    let digits = significant.trim_end_matches(['0', '.']).bytes().filter(|byte| *byte != b'.');
    (digits, exponent.parse::<i32>().unwrap_or_default() + position)
}

/// Converts a distance within the text of a float, which has few digits.
fn small(distance: usize) -> i32 {
    debug_assert!(distance < 1_000, "{distance} digits in the text of a float");
    i32::try_from(distance).unwrap_or(i32::MAX)
}

/// Writes `12.5` for the digits `125` and the exponent 1.
fn write_plain(mut digits: impl Iterator<Item = u8>, exponent: i32, out: &mut Vec<u8>) {
    match usize::try_from(exponent) {
        Ok(exponent) => {
            out.extend(digits.by_ref().chain(iter::repeat(b'0')).take(exponent + 1));
            write_fraction(digits, out);
        }
        Err(_) => {
            let zeros = usize::try_from(-1 - exponent).unwrap_or_default();
            out.push(b'0');
            write_fraction(iter::repeat_n(b'0', zeros).chain(digits), out);
        }
    }
}

/// Writes `1.25e+06` for the digits `125` and the exponent 6. The exponent has at least
/// two digits.
fn write_with_exponent(mut digits: impl Iterator<Item = u8>, exponent: i32, out: &mut Vec<u8>) {
    out.extend(digits.next());
    write_fraction(digits, out);
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let exponent = exponent.unsigned_abs();
    if exponent < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
}

/// Writes a point and the digits. Writes nothing without digits.
fn write_fraction(digits: impl Iterator<Item = u8>, out: &mut Vec<u8>) {
    let mut digits = digits.peekable();
    if digits.peek().is_some() {
        out.push(b'.');
        out.extend(digits);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn float(value: f64) -> String {
        let mut out = Vec::new();
        write_float(value, WholeFloat::Bare, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn bound(value: f64) -> String {
        let mut out = Vec::new();
        write_bound(value, BoundText::Float, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn plain_bound(value: f64) -> String {
        let mut out = Vec::new();
        write_bound(value, BoundText::Plain, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn decimal(units: u64, per_unit: u64) -> String {
        let mut out = Vec::new();
        write_sum(Number::Unsigned(units), per_unit, WholeFloat::Bare, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// Writes a float by the simplest form of the rule, over the digits of `core::fmt`.
    fn naive_float(value: f64) -> String {
        if value.is_nan() || value.is_infinite() {
            return if value.is_nan() {
                "NaN".into()
            } else {
                format!("{value:+}").replace("inf", "Inf")
            };
        }
        naive_layout(&format!("{:e}", if value == 0.0 { 0.0 } else { value }))
    }

    fn naive_layout(scientific: &str) -> String {
        let (mantissa, exponent) = scientific.split_once('e').unwrap();
        let exponent: i32 = exponent.parse().unwrap();
        if (-4..6).contains(&exponent) {
            return scientific.parse::<f64>().unwrap().to_string();
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }

    /// Returns whether `text` is a shortest form of `value`.
    ///
    /// A value midway between two candidates for its last digit has two such forms.
    /// `core::fmt` rounds it up, or to the even digit if the number of digits is given.
    fn is_shortest(text: &str, value: f64) -> bool {
        let digits = format!("{value:e}")
            .split('e')
            .next()
            .unwrap()
            .bytes()
            .filter(u8::is_ascii_digit)
            .count();
        text == naive_float(value)
            || (text == naive_layout(&format!("{value:.*e}", digits - 1))
                && text.parse() == Ok(value))
    }

    #[test]
    fn floats_follow_the_format_rule() {
        for (value, text) in [
            (0.0001, "0.0001"),
            (0.000_123_4, "0.0001234"),
            (0.00001, "1e-05"),
            (1.5, "1.5"),
            (10.25, "10.25"),
            (100.0, "100"),
            (100_000.0, "100000"),
            (999_999.0, "999999"),
            (999_999.5, "999999.5"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-0.005, "-0.005"),
            (-0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (1_025_422_717_941.906_3, "1.0254227179419062e+12"),
        ] {
            assert_eq!(float(value), text);
            assert!(is_shortest(text, value));
        }
    }

    #[test]
    fn bounds_read_as_floats() {
        for (value, text) in [
            (0.005, "0.005"),
            (1.0, "1.0"),
            (-1.0, "-1.0"),
            (0.0, "0.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(bound(value), text);
        }
    }

    #[test]
    fn plain_bounds_are_decimals_without_exponent() {
        for (value, text) in [
            (0.005, "0.005"),
            (0.000_01, "0.00001"),
            (1.0, "1"),
            (-1.0, "-1"),
            (0.0, "0"),
            (-0.0, "0"),
            (2.5, "2.5"),
            (1e7, "10000000"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(plain_bound(value), text);
        }
    }

    #[test]
    fn bounds_ignore_the_bytes_before() {
        let mut out = b"x.e".to_vec();
        write_bound(3.0, BoundText::Float, &mut out);
        assert_eq!(out, b"x.e3.0");
    }

    #[test]
    fn only_whole_floats_get_a_point() {
        let written = |number: Number, per_unit| {
            let mut out = Vec::new();
            write_sum(number, per_unit, WholeFloat::WithPoint, &mut out);
            String::from_utf8(out).unwrap()
        };
        for (value, text) in [
            (-0.0, "0.0"),
            (-27.0, "-27.0"),
            (0.5, "0.5"),
            (1e6, "1e+06"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(written(Number::Float(value), 1), text);
        }
        assert_eq!(written(Number::Unsigned(27), 1), "27");
        assert_eq!(written(Number::Signed(-27), 1), "-27");
        assert_eq!(written(Number::Unsigned(2_000), 1_000), "2.0");
        assert_eq!(written(Number::Unsigned(0), 1_000), "0.0");
        assert_eq!(written(Number::Unsigned(2_010), 1_000), "2.01");
    }

    #[test]
    fn times_are_seconds_with_three_digits() {
        let written = |millis: u64| {
            let mut out = Vec::new();
            write_time(SystemTime::UNIX_EPOCH + Duration::from_millis(millis), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(1_520_430_000_123), "1520430000.123");
        assert_eq!(written(1_520_430_000_007), "1520430000.007");
        assert_eq!(written(1_000), "1.000");
        let mut out = Vec::new();
        write_time(SystemTime::UNIX_EPOCH - Duration::from_secs(1), &mut out);
        assert_eq!(out, b"0.000");
    }

    #[test]
    fn decimals_are_exact_and_short() {
        for (units, per_unit, text) in [
            (0, 1, "0"),
            (u64::MAX, 1, "18446744073709551615"),
            (0, 1_000_000_000, "0"),
            (1, 1_000_000_000, "0.000000001"),
            (1_500_000_000, 1_000_000_000, "1.5"),
            (2_000_000_000, 1_000_000_000, "2"),
            (10_000_000_010, 1_000_000_000, "10.00000001"),
            (u64::MAX, 1_000_000_000, "18446744073.709551615"),
            (u64::MAX, 1_000_000, "18446744073709.551615"),
            (u64::MAX, 1_000, "18446744073709551.615"),
        ] {
            assert_eq!(decimal(units, per_unit), text);
        }
    }

    proptest! {
        #[test]
        fn floats_equal_the_naive_version(value in any::<f64>()) {
            prop_assert!(is_shortest(&float(value), value), "{}", float(value));
        }

        #[test]
        fn short_floats_equal_the_naive_version(
            digits in -99_999_999_i64..99_999_999,
            exponent in -14_i32..14,
        ) {
            let value: f64 = format!("{digits}e{exponent}").parse().unwrap();
            prop_assert!(is_shortest(&float(value), value), "{}", float(value));
        }

        #[test]
        fn floats_near_decimals_equal_the_naive_version(
            billionths in 0..2_000_000_000_000_000_u64,
            shift in 0_u32..50,
            away in -2_i64..3,
        ) {
            let decimal: f64 = format!("{}e-9", billionths >> shift).parse().unwrap();
            let neighbour = |value: f64| f64::from_bits(value.to_bits().wrapping_add_signed(away));
            for value in [decimal, -decimal].map(neighbour) {
                prop_assert!(is_shortest(&float(value), value), "{}", float(value));
            }
        }

        #[test]
        fn float_bits_equal_the_naive_version(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assert!(is_shortest(&float(value), value), "{}", float(value));
        }

        #[test]
        fn plain_bounds_read_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = plain_bound(value);
            prop_assert!(!text.contains('e') && text.parse() == Ok(value), "{text}");
        }

        #[test]
        fn decimals_equal_the_naive_version(
            units in any::<u64>(),
            shift in 0_u32..64,
            places in 0_usize..4,
        ) {
            let units = units >> shift;
            let places = 3 * places;
            let per_unit = 10_u64.pow(u32::try_from(places).unwrap());
            let padded = format!("{units:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            let naive = format!("{whole}.{fraction}");
            let naive = naive.trim_end_matches('0').trim_end_matches('.');
            prop_assert_eq!(decimal(units, per_unit), naive);
        }
    }
}
