//! Exemplars, behind the values of counters and buckets.

use tickmark::{Exemplar, SeriesExemplars};

use crate::names::escape;
use crate::page::lines::Lines;
use crate::text::number::{self, WholeFloat};

impl Lines<'_> {
    /// Adds the exemplar of that bucket, if there is one, to the line that was written
    /// last. OpenMetrics only, whose limits the engine keeps.
    pub(super) fn add_exemplar(&mut self, exemplars: &SeriesExemplars, place: usize) {
        self.draft.clear();
        if exemplars.show(place, |exemplar| write(exemplar, self.draft)).is_some() {
            self.output.reopen_line();
            self.output.put(self.draft);
        }
    }
}

/// Writes ` # {trace_id="abc"} 0.67 1520879607.789` and ends the line.
fn write(exemplar: &Exemplar, out: &mut Vec<u8>) {
    out.extend_from_slice(b" # {");
    for (place, (name, value)) in exemplar.labels().enumerate() {
        out.extend_from_slice(if place == 0 { b"" } else { b"," });
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
