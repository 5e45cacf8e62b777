//! The quick ways: lines of a usual length, written in a few moves of fixed length.
//!
//! What is too long for them is written by the general way, which makes the same line.

use tickmark::{Number, SeriesView, Value};

use crate::page::lines::Lines;
use crate::page::output::Output;
use crate::text::digits::{self, Digits};
use crate::text::label_text::LONGEST_TEXT;
use crate::text::steps::{Padded, STEP, Short, set};

/// What the number of a line and its end take, and those of a decimal.
const NUMBER: usize = 2 * size_of::<u64>();
const DECIMAL: usize = digits::MOST_DECIMAL_BYTES;

/// Room for a line of a short name, short labels and a number or a decimal.
const NUMBER_LINE: usize = STEP + LONGEST_TEXT + NUMBER;
const DECIMAL_LINE: usize = STEP + LONGEST_TEXT + DECIMAL;

impl Output {
    /// Writes a line of two texts and a number. `false` if there was no room for what is
    /// copied.
    #[inline]
    fn put_short<const N: usize, const M: usize, const NUMBER: usize, const ALL: usize>(
        &mut self,
        first: (&[u8; N], usize),
        second: (&[u8; M], usize),
        (number, length): ([u8; NUMBER], usize),
    ) -> bool {
        let Some(line) = self.window::<ALL>() else { return false };
        set(line, 0, first.0);
        set(line, first.1, second.0);
        set(line, first.1 + second.1, &number);
        self.advance(first.1 + second.1 + length);
        true
    }
}

/// What a bucket line begins with: the name and three labels of a usual length.
pub(crate) const LONGEST_START: usize = 3 * STEP;

/// Room for the line of a bucket.
const BUCKET_LINE: usize = LONGEST_START + STEP + NUMBER;

impl Lines<'_> {
    /// Writes the line of a counter with short labels. Writes nothing if its name is
    /// long, its number large, or if there is more to say than the number.
    #[inline]
    pub(crate) fn write_quickly(
        &mut self,
        series: &SeriesView<'_>,
        labels: (&[u8; LONGEST_TEXT], usize),
        value: &Value<'_>,
    ) -> bool {
        let (Value::Counter(Number::Unsigned(number)), Some(start)) =
            (*value, &self.text.short_line)
        else {
            return false;
        };
        let Some(digits) = Digits::new(number) else { return false };
        if self.text.is_openmetrics && (series.has_exemplars() || series.created().is_some()) {
            return false;
        }
        self.output.put_short::<STEP, LONGEST_TEXT, NUMBER, NUMBER_LINE>(
            (&start.bytes, start.length),
            labels,
            digits.bytes(),
        )
    }

    /// Writes the sum of a histogram. Writes nothing if its name or its labels are long,
    /// or if it is no whole number of parts of a unit.
    pub(super) fn write_sum_quickly(&mut self, labels: Padded<'_>, sum: Number) -> bool {
        let text = self.text;
        let (Number::Unsigned(units), 2.., Some(start), Some(labels)) =
            (sum, text.units_per_one, &text.short_sum, labels.in_one::<LONGEST_TEXT>())
        else {
            return false;
        };
        let decimal = digits::decimal(units, text.units_per_one, text.is_openmetrics);
        self.output.put_short::<STEP, LONGEST_TEXT, DECIMAL, DECIMAL_LINE>(
            (&start.bytes, start.length),
            labels,
            decimal,
        )
    }

    /// Writes the count of a histogram. Writes nothing if its name or its labels are
    /// long, or the number large.
    pub(super) fn write_count_quickly(&mut self, labels: Padded<'_>, count: u64) -> bool {
        let (Some(start), Some(labels), Some(digits)) =
            (&self.text.short_count, labels.in_one::<LONGEST_TEXT>(), Digits::new(count))
        else {
            return false;
        };
        self.output.put_short::<STEP, LONGEST_TEXT, NUMBER, NUMBER_LINE>(
            (&start.bytes, start.length),
            labels,
            digits.bytes(),
        )
    }

    /// Writes the line of a bucket.
    #[inline]
    pub(super) fn write_bucket_quickly(
        &mut self,
        start: &Short<LONGEST_START>,
        ending: &Short<STEP>,
        digits: Digits,
    ) -> bool {
        let (start, ending) = ((&start.bytes, start.length), (&ending.bytes, ending.length));
        self.output.put_short::<LONGEST_START, STEP, NUMBER, BUCKET_LINE>(
            start,
            ending,
            digits.bytes(),
        )
    }
}
