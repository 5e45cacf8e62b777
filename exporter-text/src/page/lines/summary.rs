//! The lines of a summary.

use std::iter;

use tickmark::Number;

use crate::page::lines::{FALLING_SUM, Lines, is_never_falling};
use crate::text::number;
use crate::text::steps::Padded;

/// Reason of an omission: the value of a quantile. NaN is allowed.
const NEGATIVE_VALUE: &str = "quantile value below zero";

impl Lines<'_> {
    /// Writes the values of the quantiles, then the sum and the count.
    ///
    /// OpenMetrics does not allow values and sums below zero. Their lines are omitted and
    /// reported.
    pub(super) fn write_summary(
        &mut self,
        labels: Padded<'_>,
        values: &[f64],
        sum: Number,
        count: u64,
    ) {
        let (text, whole) = (self.text, self.whole_floats());
        for (ending, value) in iter::zip(&text.endings, values) {
            if text.is_openmetrics && *value < 0.0 {
                self.family.report_omission(NEGATIVE_VALUE);
                continue;
            }
            self.buffer.clear();
            self.buffer.extend_from_slice(text.pieces.get(text.line).text());
            self.buffer.extend_from_slice(text.labels.open(labels).text());
            self.buffer.extend_from_slice(text.pieces.get(*ending).text());
            number::write(Number::Float(*value), whole, self.buffer);
            self.buffer.push(b'\n');
            self.output.put(self.buffer);
        }
        if !text.is_openmetrics || is_never_falling(sum) {
            self.write_number(text.sum, labels, sum);
        } else {
            self.family.report_omission(FALLING_SUM);
        }
        self.write_whole(text.count, labels, count);
    }
}
