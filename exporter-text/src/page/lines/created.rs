//! The creation time of a series.

use tickmark::export::SeriesView;

use crate::page::lines::Lines;
use crate::text::number;
use crate::text::steps::Padded;

impl Lines<'_> {
    /// Writes the line `_created` of a counter or a histogram, if the time is known.
    /// OpenMetrics only.
    #[inline]
    pub(super) fn write_created(&mut self, series: &SeriesView<'_>, labels: Padded<'_>) {
        if let Some(created) = series.created() {
            self.write_buffered(self.text.created, labels, |out| number::write_time(created, out));
        }
    }
}
