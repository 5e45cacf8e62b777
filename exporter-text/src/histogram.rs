//! The lines of one histogram series.

use std::iter;

use bytes::{BufMut, Bytes, BytesMut};
use tickmark::{FamilyView, Number};

use crate::number;

/// The parts that all series of one histogram family share.
#[derive(Debug)]
pub(crate) struct HistogramLines {
    bucket_name: Bytes,
    sum_name: Bytes,
    count_name: Bytes,
    /// What follows the labels in a bucket line: `,le="0.1"} `, the last one `+Inf`.
    bounds: Box<[Bytes]>,
    /// Of the sum: 1,000,000,000 for nanoseconds that are exposed as seconds.
    units_per_one: u64,
    /// The name and the labels of the bucket lines of one series: put together once, copied into each of them.
    line_start: BytesMut,
}

impl HistogramLines {
    pub(crate) fn new(family: FamilyView<'_>) -> Self {
        let name = family.name();
        let opening = if family.label_names().len() == 0 { b'{' } else { b',' };
        let bound_text = |bound: f64| {
            let mut text = BytesMut::new();
            text.put_u8(opening);
            text.extend_from_slice(b"le=\"");
            number::write_bound(bound, &mut text);
            text.extend_from_slice(b"\"} ");
            text.freeze()
        };
        Self {
            bucket_name: format!("{name}_bucket").into(),
            sum_name: format!("{name}_sum").into(),
            count_name: format!("{name}_count").into(),
            bounds: family.bounds().iter().copied().chain(iter::once(f64::INFINITY)).map(bound_text).collect(),
            units_per_one: family.scale().per_unit(),
            line_start: BytesMut::new(),
        }
    }

    /// Writes the buckets, cumulated, then the sum and the count.
    ///
    /// `labels` is the text of the series as [`LabelTexts`](crate::label_texts::LabelTexts) keeps it.
    pub(crate) fn write(&mut self, labels: &[u8], buckets: &[u64], sum: Number, page: &mut BytesMut) {
        self.line_start.clear();
        self.line_start.extend_from_slice(&self.bucket_name);
        self.line_start.extend_from_slice(labels.strip_suffix(b"} ").unwrap_or_default());

        let mut digits = itoa::Buffer::new();
        let mut count = 0_u64;
        let mut count_text = digits.format(count);
        for (bound, in_bucket) in iter::zip(&self.bounds, buckets) {
            // Many buckets are empty: their number is that of the line above.
            if *in_bucket > 0 {
                count = count.wrapping_add(*in_bucket);
                count_text = digits.format(count);
            }
            page.extend_from_slice(&self.line_start);
            page.extend_from_slice(bound);
            page.extend_from_slice(count_text.as_bytes());
            page.put_u8(b'\n');
        }

        page.extend_from_slice(&self.sum_name);
        page.extend_from_slice(labels);
        number::write_sum(sum, self.units_per_one, page);
        page.put_u8(b'\n');
        // The very text of the +Inf bucket: the two can never differ.
        page.extend_from_slice(&self.count_name);
        page.extend_from_slice(labels);
        page.extend_from_slice(count_text.as_bytes());
        page.put_u8(b'\n');
    }
}
