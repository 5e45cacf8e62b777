//! Fast paths: lines of a usual length, written in a few steps of fixed length.
//!
//! A fast path that returns `false` has written nothing. The general path then writes the
//! same line.

use tickmark::export::{Number, SeriesView, Value};

use crate::page::lines::Lines;
use crate::text::digits::{self, Digits};
use crate::text::label_text::LONGEST_TEXT;
use crate::text::steps::{Padded, STEP, Short};

/// Room for an integer and LF, and for a decimal and LF.
const NUMBER: usize = 2 * size_of::<u64>();
const DECIMAL: usize = digits::MOST_DECIMAL_BYTES;

/// Room for a line with a short name, short labels, and an integer or a decimal.
const NUMBER_LINE: usize = STEP + LONGEST_TEXT + NUMBER;
const DECIMAL_LINE: usize = STEP + LONGEST_TEXT + DECIMAL;

/// The longest start of a fast bucket line: the name and three labels of a usual length.
pub(crate) const LONGEST_START: usize = 3 * STEP;

/// Room for the line of a bucket.
const BUCKET_LINE: usize = LONGEST_START + STEP + NUMBER;

impl Lines<'_> {
    /// Writes the line of a counter with a short name, short labels and a number below
    /// 10^15. Does not write counters with an exemplar or a creation time.
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
        if self.text.is_openmetrics_counter
            && (series.has_exemplars() || series.created().is_some())
        {
            return false;
        }
        self.output.put_short::<STEP, LONGEST_TEXT, NUMBER, NUMBER_LINE>(
            (&start.bytes, start.length),
            labels,
            digits.bytes(),
        )
    }

    /// Writes the sum of a histogram with a short name and short labels. Does not write
    /// floats and sums in whole units.
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

    /// Writes the count of a histogram with a short name, short labels and a number below
    /// 10^15.
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
