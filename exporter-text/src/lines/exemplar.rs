//! Exemplars, behind the values of counters and buckets.

use tickmark::{Exemplar, SeriesView};

use crate::escape;
use crate::lines::Lines;
use crate::number::{self, WholeFloat};

/// The names and values of an exemplar's labels may have that many characters together.
const MOST_CHARACTERS: usize = 128;

impl Lines<'_> {
    /// Adds the exemplar of that bucket, if there is one, to the line that was written last. OpenMetrics only.
    ///
    /// One that the format cannot have is left out alone: the sample stays.
    #[inline]
    pub(super) fn add_exemplar(&mut self, series: &SeriesView<'_>, place: usize) {
        if series.has_exemplars() {
            self.add_set_exemplar(series, place);
        }
    }

    #[cold]
    fn add_set_exemplar(&mut self, series: &SeriesView<'_>, place: usize) {
        let Some(exemplar) = series.exemplar(place) else { return };
        match refusal(&exemplar) {
            Some(reason) => self.family.report_omission(reason),
            None => {
                self.draft.clear();
                write(&exemplar, self.draft);
                self.output.reopen_line();
                self.output.put(self.draft);
            }
        }
    }
}

fn refusal(exemplar: &Exemplar) -> Option<&'static str> {
    let characters = |(name, value): (&str, &str)| name.chars().count() + value.chars().count();
    let names = || exemplar.labels().map(|(name, _)| name);
    if exemplar.labels().map(characters).sum::<usize>() > MOST_CHARACTERS {
        Some("exemplar too long")
    } else if !names().all(crate::is_legacy_label_name) {
        Some("exemplar label name")
    } else if names().enumerate().any(|(place, name)| names().take(place).any(|before| before == name)) {
        Some("exemplar label twice")
    } else {
        None
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
