//! The lines of a histogram.

use std::iter;

use tickmark::export::{Number, SeriesView};

use crate::page::lines::{FALLING_SUM, Lines, is_never_falling};
use crate::text::digits::Digits;
use crate::text::number;
use crate::text::steps::{Padded, Short};

/// Reason of an omission: sum and count of a histogram that may observe negative values.
const NEGATIVE_BOUND: &str = "bound below zero";

impl Lines<'_> {
    /// Writes the cumulative buckets, then the sum and the count.
    ///
    /// In OpenMetrics a sum cannot decrease, and a count requires a sum. If observations
    /// may be negative, both lines are omitted and reported. The bucket `+Inf` has the
    /// same number as the count.
    pub(super) fn write_histogram(
        &mut self,
        series: &SeriesView<'_>,
        labels: Padded<'_>,
        buckets: &[u64],
        sum: Number,
    ) {
        let is_openmetrics = self.text.is_openmetrics;
        let exemplars = if is_openmetrics { series.exemplars() } else { None };
        let count = match exemplars {
            Some(exemplars) => self.write_buckets(labels, buckets, |lines, index| {
                lines.add_exemplar(&exemplars, index)
            }),
            None => self.write_buckets(labels, buckets, |_, _| {}),
        };
        match self.refusal_of_sum(sum) {
            Some(reason) => self.family.report_omission(reason),
            None => self.write_sum_and_count(labels, sum, count),
        }
        if is_openmetrics {
            self.write_created(series, labels);
        }
    }

    /// Returns why the format cannot express the sum, if so.
    #[inline]
    fn refusal_of_sum(&self, sum: Number) -> Option<&'static str> {
        if !self.text.is_openmetrics {
            None
        } else if !self.text.has_growing_sum {
            Some(NEGATIVE_BOUND)
        } else {
            (!is_never_falling(sum)).then_some(FALLING_SUM)
        }
    }

    #[inline]
    fn write_sum_and_count(&mut self, labels: Padded<'_>, sum: Number, count: u64) {
        if !self.write_sum_quickly(labels, sum) {
            let (per_one, whole) = (self.text.units_per_one, self.whole_floats());
            self.write_buffered(self.text.sum, labels, |out| {
                number::write_sum(sum, per_one, whole, out)
            });
        }
        // The same number as in the bucket +Inf, so that the two cannot differ.
        if !self.write_count_quickly(labels, count) {
            self.write_whole(self.text.count, labels, count);
        }
    }

    /// Writes the buckets, and calls `add` after each line. Returns the number of
    /// observations, which is the number in the last line.
    fn write_buckets(
        &mut self,
        labels: Padded<'_>,
        buckets: &[u64],
        add: impl Fn(&mut Self, usize),
    ) -> u64 {
        let text = self.text;
        let start =
            Short::of(&[text.pieces.get(text.line).text(), text.labels.open(labels).text()]);
        let mut count = 0_u64;
        let mut digits = Some(Digits::ZERO);
        let endings = iter::zip(&text.endings, &text.short_endings);
        for (index, ((ending, short_ending), in_bucket)) in iter::zip(endings, buckets).enumerate()
        {
            // The number of an empty bucket is that of the line above.
            if *in_bucket > 0 {
                // Saturates, because cumulative counts never fall within a page.
                count = count.saturating_add(*in_bucket);
                digits = Digits::new(count);
            }
            let is_written = match (&start, short_ending, digits) {
                (Some(start), Some(ending), Some(digits)) => {
                    self.write_bucket_quickly(start, ending, digits)
                }
                _ => false,
            };
            if !is_written {
                self.write_extended(labels, *ending, count);
            }
            add(self, index);
        }
        count
    }
}
