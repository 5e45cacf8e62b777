//! The names of a family and of its samples, as a format has them.

use std::borrow::Cow;

use tickmark::{FamilyView, Kind};

use crate::names::escape;
use crate::names::escape_name::{is_legacy_label_name, is_legacy_metric_name};
use crate::negotiate::format::{Escaping, Format};

/// The names of one family on a page of one format.
#[derive(Debug)]
pub(crate) struct FamilyNames<'a> {
    /// What the suffixes of the samples are added to: escaped.
    stem: Cow<'a, str>,
    /// What all samples of a counter and of an info family end in.
    own_suffix: &'static str,
    kind: Kind,
    format: Format,
}

impl<'a> FamilyNames<'a> {
    pub(crate) fn new(family: FamilyView<'a>, format: Format) -> Self {
        let (base, kind, escaping) = (family.name(), family.kind(), format.escaping());
        // Nearly every name is one that nothing is done to; then nothing is allocated
        // either.
        let stays = escaping != Escaping::Dots && is_legacy_metric_name(base);
        let stem = match kind {
            // A counter is escaped together with its suffix.
            Kind::Counter if !stays => {
                escaping.counter_name(base).openmetrics_family_name().to_owned().into()
            }
            _ => escaping.metric_name(base),
        };
        let own_suffix = match kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            _ => "",
        };
        Self { stem, own_suffix, kind, format }
    }

    /// The suffix of the metadata: OpenMetrics has the name without that of the samples.
    fn family_suffix(&self) -> &'static str {
        if self.format.is_openmetrics() { "" } else { self.own_suffix }
    }

    /// Writes the name of the label by which the states of a set are told apart: that of
    /// the family. The text formats, in which it is a label as any other, have it escaped
    /// as one.
    pub(crate) fn write_state_label(&self, base: &str, out: &mut Vec<u8>) {
        if is_legacy_label_name(&self.stem) {
            out.extend_from_slice(self.stem.as_bytes());
            out.extend_from_slice(b"=\"");
        } else {
            write_label(base, self.format.escaping(), out);
        }
    }

    /// Why the format cannot have the family, if so.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        let allows_any_label = self.format.escaping() == Escaping::AllowUtf8;
        match self.kind {
            Kind::StateSet if self.format.is_openmetrics() => (!allows_any_label
                && !is_legacy_label_name(&self.stem))
            .then_some("its name is no label name"),
            Kind::Counter
            | Kind::Gauge
            | Kind::Histogram
            | Kind::Summary
            | Kind::Info
            | Kind::StateSet => None,
            _ => Some("unknown kind"),
        }
    }

    /// Whether the names end in this unit, but for their suffixes, and the unit needs no
    /// escaping.
    pub(crate) fn end_in_unit(&self, unit: &str) -> bool {
        let is_plain = unit.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_plain && self.stem.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
    }

    fn is_quoted(&self) -> bool {
        !is_legacy_metric_name(&self.stem)
    }

    /// Writes the name as it stands in HELP, TYPE and UNIT.
    pub(crate) fn write_family(&self, out: &mut Vec<u8>) {
        if self.is_quoted() {
            self.write_quoted(self.family_suffix(), out);
        } else {
            out.extend_from_slice(self.stem.as_bytes());
            out.extend_from_slice(self.family_suffix().as_bytes());
        }
    }

    /// Writes the beginning of a line that goes on with labels: `x_bucket{`, or
    /// `{"x_bucket",` if the name is quoted.
    pub(crate) fn write_labelled(&self, suffix: &str, out: &mut Vec<u8>) {
        self.write_bare(suffix, out);
        out.push(if self.is_quoted() { b',' } else { b'{' });
    }

    /// Writes the beginning of a line that has no labels: `x_sum`, or `{"x_sum"` if the
    /// name is quoted.
    pub(crate) fn write_bare(&self, suffix: &str, out: &mut Vec<u8>) {
        if self.is_quoted() {
            out.push(b'{');
            self.write_quoted(suffix, out);
        } else {
            out.extend_from_slice(self.stem.as_bytes());
            out.extend_from_slice(suffix.as_bytes());
        }
    }

    /// Writes what stands between the name and the value of a line that has no labels.
    pub(crate) fn write_end_of_bare(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.is_quoted() { b"} " } else { b" " });
    }

    fn write_quoted(&self, suffix: &str, out: &mut Vec<u8>) {
        out.push(b'"');
        escape::write_label_value(&self.stem, out);
        out.extend_from_slice(suffix.as_bytes());
        out.push(b'"');
    }

    /// The suffix of the one sample that a series of most kinds has.
    pub(crate) fn own_suffix(&self) -> &'static str {
        self.own_suffix
    }

    /// Every name by which somebody may ask for the family: as it was registered, as it
    /// is shown, and those of its samples.
    pub(crate) fn all(&self, base: &str) -> impl Iterator<Item = String> {
        let suffixes: &[&str] = match self.kind {
            Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            Kind::Summary => &["", "_sum", "_count", "_created"],
            Kind::Counter => &["", "_total", "_created"],
            Kind::Info => &["", "_info"],
            _ => &[""],
        };
        let stems = [base.to_owned(), self.stem.clone().into_owned()];
        stems
            .into_iter()
            .flat_map(move |stem| suffixes.iter().map(move |suffix| format!("{stem}{suffix}")))
    }
}

/// Writes a label name and what stands between it and the value: `a="`, or `"a.b"="`.
pub(crate) fn write_label(name: &str, escaping: Escaping, out: &mut Vec<u8>) {
    let name = escaping.label_name(name);
    if is_legacy_label_name(&name) {
        out.extend_from_slice(name.as_bytes());
    } else {
        out.push(b'"');
        escape::write_label_value(&name, out);
        out.push(b'"');
    }
    out.extend_from_slice(b"=\"");
}
