//! The quick ways: lines of a usual length, written in a few moves of fixed length.
//!
//! What is too long for them is written by the general way, which makes the same line.

use tickmark::{Number, SeriesView, Value};

use crate::digits::Digits;
use crate::kept_labels::LONGEST_TEXT;
use crate::lines::Lines;
use crate::output::{Output, STEP};

/// A text of at most `N` bytes, with what is copied behind it.
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

/// What the number of a line and its end take.
const NUMBER: usize = size_of::<u64>();

impl Output {
    /// Writes a line of two texts and a number. `false` if there was no room for what is copied.
    #[inline]
    pub(crate) fn put_short<const N: usize, const M: usize, const ALL: usize>(
        &mut self,
        first: (&[u8; N], usize),
        second: (&[u8; M], usize),
        (digits, digits_length): (u64, usize),
    ) -> bool {
        let Some(line) = self.window::<ALL>() else { return false };
        let mut at = 0;
        let mut put = |text: &[u8], length| {
            if let Some(place) = line.get_mut(at..at + text.len()) {
                place.copy_from_slice(text);
            }
            at += length;
        };
        put(first.0, first.1);
        put(second.0, second.1);
        put(&digits.to_le_bytes(), digits_length);
        self.advance(at);
        true
    }
}

/// What a bucket line begins with: the name and three labels of a usual length.
pub(crate) const LONGEST_START: usize = 3 * STEP;

impl Lines<'_> {
    /// Writes the line of a counter whose labels were kept. Writes nothing if its name is long, its number large, or if
    /// there is more to say than the number.
    #[inline]
    pub(crate) fn write_quickly(
        &mut self,
        series: &SeriesView<'_>,
        labels: (&[u8; LONGEST_TEXT], usize),
        value: &Value<'_>,
    ) -> bool {
        let (Value::Counter(Number::Unsigned(number)), Some(start)) = (*value, &self.text.short_line) else {
            return false;
        };
        let Some(digits) = Digits::short(number) else { return false };
        if self.text.is_openmetrics && (series.has_exemplars() || series.created().is_some()) {
            return false;
        }
        let start = (&start.bytes, start.length);
        self.output.put_short::<STEP, LONGEST_TEXT, { STEP + LONGEST_TEXT + NUMBER }>(start, labels, digits)
    }

    /// Writes the line of a bucket.
    #[inline]
    pub(super) fn write_bucket_quickly(
        &mut self,
        start: &Short<LONGEST_START>,
        ending: &Short<STEP>,
        digits: Digits,
    ) -> bool {
        let Digits::Short(text, length) = digits else { return false };
        let (start, ending) = ((&start.bytes, start.length), (&ending.bytes, ending.length));
        self.output.put_short::<LONGEST_START, STEP, { LONGEST_START + STEP + NUMBER }>(start, ending, (text, length))
    }
}
