//! The lines of a series.

mod created;
mod exemplar;
mod histogram;
pub(crate) mod quick;
mod state_set;
mod summary;

use tickmark::export::{FamilyView, Number, SeriesView, Value};

use crate::page::output::Output;
use crate::text::digits;
use crate::text::family_text::FamilyText;
use crate::text::number::{self, WholeFloat};
use crate::text::pieces::Piece;
use crate::text::steps::Padded;

/// Writes the series of one family.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    pub(crate) family: FamilyView<'a>,
    pub(crate) text: &'a FamilyText,
    pub(crate) output: &'a mut Output,
    /// Memory for texts that are not copied in fixed steps.
    pub(crate) buffer: &'a mut Vec<u8>,
}

impl Lines<'_> {
    /// Writes the next series by another text.
    pub(crate) fn with_text<'a>(&'a mut self, text: &'a FamilyText) -> Lines<'a> {
        Lines { family: self.family, text, output: self.output, buffer: self.buffer }
    }

    /// Writes all lines of a series.
    #[inline(never)]
    pub(crate) fn write(&mut self, series: &SeriesView<'_>, labels: Padded<'_>, value: &Value<'_>) {
        match *value {
            Value::Counter(number) => {
                self.write_sample(labels, number);
                if self.text.is_openmetrics_counter {
                    if let Some(exemplars) = series.exemplars() {
                        self.add_exemplar(&exemplars, 0);
                    }
                    self.write_created(series, labels);
                }
            }
            Value::Gauge(number) | Value::Unknown(number) => self.write_sample(labels, number),
            // The information is in the labels.
            Value::Info => self.write_sample(labels, Number::Unsigned(1)),
            Value::Histogram { buckets, sum } => self.write_histogram(series, labels, buckets, sum),
            Value::Summary { values, sum, count } => self.write_summary(labels, values, sum, count),
            Value::StateSet(states) => self.write_state_set(labels, states),
            // A family of an unknown kind is not on the page.
            _ => {}
        }
    }

    /// Writes the first line of a series, or the only one.
    #[inline]
    fn write_sample(&mut self, labels: Padded<'_>, number: Number) {
        match number {
            Number::Unsigned(number) => self.write_whole(self.text.line, labels, number),
            Number::Signed(number) if number >= 0 => {
                self.write_whole(self.text.line, labels, number.unsigned_abs())
            }
            Number::Signed(_) | Number::Float(_) => {
                self.write_number(self.text.line, labels, number)
            }
        }
    }

    /// Writes a line that begins with `start` and ends with an integer.
    #[inline]
    fn write_whole(&mut self, start: Piece, labels: Padded<'_>, number: u64) {
        let start = self.text.pieces.get(start);
        let mut pen = self.output.pen(start.len() + labels.len() + digits::MOST_BYTES);
        pen.put(start);
        pen.put(labels);
        pen.put_last(number);
        let written = pen.written();
        self.output.advance(written);
    }

    /// Writes the line of a bucket or a state, in which `ending` follows the labels.
    #[inline(never)]
    fn write_extended(&mut self, labels: Padded<'_>, ending: Piece, number: u64) {
        let text = self.text;
        let (start, labels, ending) =
            (text.pieces.get(text.line), text.labels.open(labels), text.pieces.get(ending));
        let mut pen =
            self.output.pen(start.len() + labels.len() + ending.len() + digits::MOST_BYTES);
        pen.put(start);
        pen.put(labels);
        pen.put(ending);
        pen.put_last(number);
        let written = pen.written();
        self.output.advance(written);
    }

    /// Writes a line that begins with `start` and ends with any number.
    #[inline(never)]
    fn write_number(&mut self, start: Piece, labels: Padded<'_>, number: Number) {
        let whole = self.whole_floats();
        self.write_buffered(start, labels, |out| number::write(number, whole, out));
    }

    /// Writes a line that begins with `start` and ends with the text of `write`.
    fn write_buffered(
        &mut self,
        start: Piece,
        labels: Padded<'_>,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.buffer.clear();
        write(self.buffer);
        self.buffer.push(b'\n');
        let start = self.text.pieces.get(start);
        let mut pen = self.output.pen(start.len() + labels.len());
        pen.put(start);
        pen.put(labels);
        let written = pen.written();
        self.output.advance(written);
        self.output.put(self.buffer);
    }

    fn whole_floats(&self) -> WholeFloat {
        if self.text.is_openmetrics { WholeFloat::WithPoint } else { WholeFloat::Bare }
    }
}

/// Reason of an omission: a sum that OpenMetrics does not allow.
const FALLING_SUM: &str = "sum below zero or NaN";

/// Returns whether OpenMetrics allows the sum of a histogram or a summary.
fn is_never_falling(sum: Number) -> bool {
    match sum {
        Number::Unsigned(_) => true,
        Number::Signed(sum) => sum >= 0,
        Number::Float(sum) => sum >= 0.0,
    }
}
