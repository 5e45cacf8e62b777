//! The lines of one summary series.

use std::iter;

use bytes::{BufMut, Bytes, BytesMut};
use tickmark::{FamilyView, Number};

use crate::number;

/// The parts that all series of one summary family share.
#[derive(Debug)]
pub(crate) struct SummaryLines {
    name: Bytes,
    sum_name: Bytes,
    count_name: Bytes,
    /// What follows the labels in the line of a quantile: `,quantile="0.5"} `.
    quantiles: Box<[Bytes]>,
}

impl SummaryLines {
    pub(crate) fn new(family: FamilyView<'_>) -> Self {
        let name = family.name();
        let opening = if family.label_names().len() == 0 { b'{' } else { b',' };
        let quantile_text = |quantile: f64| {
            let mut text = BytesMut::new();
            text.put_u8(opening);
            text.extend_from_slice(b"quantile=\"");
            number::write_bound(quantile, &mut text);
            text.extend_from_slice(b"\"} ");
            text.freeze()
        };
        Self {
            name: name.to_owned().into(),
            sum_name: format!("{name}_sum").into(),
            count_name: format!("{name}_count").into(),
            quantiles: family.quantiles().iter().copied().map(quantile_text).collect(),
        }
    }

    /// Writes the values of the quantiles, then the sum and the count.
    ///
    /// `labels` is the text of the series as [`LabelTexts`](crate::label_texts::LabelTexts) keeps it.
    pub(crate) fn write(&self, labels: &[u8], values: &[f64], sum: Number, count: u64, page: &mut BytesMut) {
        let open_labels = labels.strip_suffix(b"} ").unwrap_or_default();
        for (quantile, value) in iter::zip(&self.quantiles, values) {
            page.extend_from_slice(&self.name);
            page.extend_from_slice(open_labels);
            page.extend_from_slice(quantile);
            number::write(Number::Float(*value), page);
            page.put_u8(b'\n');
        }
        for (name, number) in [(&self.sum_name, sum), (&self.count_name, Number::Unsigned(count))] {
            page.extend_from_slice(name);
            page.extend_from_slice(labels);
            number::write(number, page);
            page.put_u8(b'\n');
        }
    }
}
