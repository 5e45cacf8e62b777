//! Exemplars, after the values of counters and buckets.

use tickmark::export::{Exemplar, SeriesExemplars};

use crate::page::lines::Lines;
use crate::text::escape;
use crate::text::number::{self, WholeFloat};

impl Lines<'_> {
    /// Adds the exemplar of the bucket `index`, if any, to the last line. OpenMetrics
    /// only; the engine enforces its limits.
    pub(super) fn add_exemplar(&mut self, exemplars: &SeriesExemplars, index: usize) {
        self.buffer.clear();
        if exemplars.show(index, |exemplar| write(exemplar, self.buffer)).is_some() {
            self.output.reopen_line();
            self.output.put(self.buffer);
        }
    }
}

/// Writes ` # {trace_id="abc"} 0.67 1520879607.789` and LF.
fn write(exemplar: &Exemplar, out: &mut Vec<u8>) {
    out.extend_from_slice(b" # {");
    for (index, (name, value)) in exemplar.labels().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escape::write_label_value(value, out);
        out.push(b'"');
    }
    out.extend_from_slice(b"} ");
    number::write(exemplar.value(), WholeFloat::WithPoint, out);
    out.push(b' ');
    number::write_time(exemplar.time(), out);
    out.push(b'\n');
}
