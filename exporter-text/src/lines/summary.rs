//! The lines of one summary series.

use std::iter;

use tickmark::Number;

use crate::lines::{Lines, is_never_falling};
use crate::number;
use crate::steps::Padded;

impl Lines<'_> {
    /// Writes the values of the quantiles, then the sum and the count. In OpenMetrics a sum never falls; one below zero
    /// is left out.
    pub(super) fn write_summary(&mut self, labels: Padded<'_>, values: &[f64], sum: Number, count: u64) {
        let (text, whole) = (self.text, self.whole_floats());
        for (ending, value) in iter::zip(&text.endings, values) {
            self.draft.clear();
            self.draft.extend_from_slice(text.pieces.get(text.line).text());
            self.draft.extend_from_slice(text.labels.open(labels).text());
            self.draft.extend_from_slice(text.pieces.get(*ending).text());
            number::write(Number::Float(*value), whole, self.draft);
            self.draft.push(b'\n');
            self.output.put(self.draft);
        }
        if !text.is_openmetrics || is_never_falling(sum) {
            self.write_number(text.sum, labels, sum);
        }
        self.write_whole(text.count, labels, count);
    }
}
