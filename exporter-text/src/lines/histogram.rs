//! The lines of one histogram series.

use std::iter;

use tickmark::{Number, SeriesView};

use crate::digits::Digits;
use crate::lines::quick::Short;
use crate::lines::{Lines, is_never_falling};
use crate::number;
use crate::output::Padded;

impl Lines<'_> {
    /// Writes the buckets, cumulated, then the sum and the count.
    ///
    /// In OpenMetrics a sum never falls, and there is no count without a sum; so there is neither if there are negative
    /// observations or may be.
    pub(super) fn write_histogram(
        &mut self,
        series: &SeriesView<'_>,
        labels: Padded<'_>,
        buckets: &[u64],
        sum: Number,
    ) {
        let is_openmetrics = self.text.is_openmetrics;
        let count = if is_openmetrics && series.has_exemplars() {
            self.write_buckets_with_exemplars(series, labels, buckets)
        } else {
            self.write_buckets(labels, buckets)
        };
        if !is_openmetrics || (self.text.has_growing_sum && is_never_falling(sum)) {
            let (per_one, whole) = (self.text.units_per_one, self.whole_floats());
            self.write_drafted(self.text.sum, labels, |out| number::write_sum(sum, per_one, whole, out));
            // The very digits of the +Inf bucket: the two can never differ.
            self.write_digits(self.text.count, labels, count);
        }
        if is_openmetrics {
            self.write_created(series, labels);
        }
    }

    /// Returns the digits of the last line.
    fn write_buckets(&mut self, labels: Padded<'_>, buckets: &[u64]) -> Digits {
        let text = self.text;
        let start = Short::of(&[text.pieces.get(text.line).text(), text.labels.open(labels).text()]);
        let mut total = Total::default();
        for ((ending, short_ending), in_bucket) in iter::zip(iter::zip(&text.endings, &text.short_endings), buckets) {
            total.add(*in_bucket);
            let is_written = match (&start, short_ending) {
                (Some(start), Some(ending)) => self.write_bucket_quickly(start, ending, total.digits),
                _ => false,
            };
            if !is_written {
                self.write_extended(labels, *ending, total.digits);
            }
        }
        total.digits
    }

    fn write_buckets_with_exemplars(&mut self, series: &SeriesView<'_>, labels: Padded<'_>, buckets: &[u64]) -> Digits {
        let text = self.text;
        let mut total = Total::default();
        for (place, (ending, in_bucket)) in iter::zip(&text.endings, buckets).enumerate() {
            total.add(*in_bucket);
            self.write_extended(labels, *ending, total.digits);
            self.add_exemplar(series, place);
        }
        total.digits
    }
}

/// The number of the observations up to a bound.
#[derive(Debug)]
struct Total {
    count: u64,
    digits: Digits,
}

impl Default for Total {
    fn default() -> Self {
        Self { count: 0, digits: Digits::new(0) }
    }
}

impl Total {
    #[inline]
    fn add(&mut self, in_bucket: u64) {
        // Many buckets are empty: their number is that of the line above.
        if in_bucket > 0 {
            self.count = self.count.wrapping_add(in_bucket);
            self.digits = Digits::new(self.count);
        }
    }
}
