//! Exemplars, behind the values of counters and buckets.

use tickmark::{Exemplar, SeriesView};

use crate::escape;
use crate::lines::Lines;
use crate::number::{self, WholeFloat};

impl Lines<'_> {
    /// Adds the exemplar of that bucket, if there is one, to the line that was written
    /// last. OpenMetrics only, whose limits the engine keeps.
    #[inline]
    pub(super) fn add_exemplar(&mut self, series: &SeriesView<'_>, place: usize) {
        if series.has_exemplars() {
            self.add_set_exemplar(series, place);
        }
    }

    #[cold]
    fn add_set_exemplar(&mut self, series: &SeriesView<'_>, place: usize) {
        let Some(exemplar) = series.exemplar(place) else { return };
        self.draft.clear();
        write(&exemplar, self.draft);
        self.output.reopen_line();
        self.output.put(self.draft);
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
