//! The names of a family and of its samples on a page of one format.

use std::borrow::Cow;

use tickmark::export::{FamilyView, Kind, is_legacy_label_name, is_legacy_metric_name};

use crate::names::escape_name::{counter_stem, label_name, metric_name};
use crate::names::quoted::write_between_quotes;
use crate::negotiate::format::{Escaping, Format};

/// Reason of an omission: OpenMetrics labels states by the name of the state set.
const NOT_A_LABEL: &str = "name not a label name";

/// Reason of an omission: a kind that is newer than this crate.
const UNKNOWN_KIND: &str = "unknown kind";

/// The names of one family.
#[derive(Debug)]
pub(crate) struct FamilyNames<'a> {
    /// The escaped name, without suffixes.
    stem: Cow<'a, str>,
    /// The suffix of the sample of a counter or an info family.
    own_suffix: &'static str,
    kind: Kind,
    format: Format,
}

impl<'a> FamilyNames<'a> {
    pub(crate) fn new(family: FamilyView<'a>, format: Format) -> Self {
        let (base, kind, escaping) = (family.name(), family.kind(), format.escaping());
        let own_suffix = family.sample_suffix();
        // Nearly every name is unchanged, and then borrowed.
        let is_unchanged = match escaping {
            Escaping::AllowUtf8 => true,
            Escaping::Underscores | Escaping::Values => is_legacy_metric_name(base),
            Escaping::Dots => false,
        };
        let stem = match kind {
            _ if is_unchanged => Cow::Borrowed(base),
            Kind::Counter if !own_suffix.is_empty() => counter_stem(escaping, base).into(),
            _ => metric_name(escaping, base),
        };
        Self { stem, own_suffix, kind, format }
    }

    /// Returns the suffix of the name in the metadata. OpenMetrics has none there.
    fn family_suffix(&self) -> &'static str {
        if self.format.is_openmetrics() { "" } else { self.own_suffix }
    }

    /// Writes the name of the label that holds the state of a state set: the name of the
    /// family, `base`. Text formats escape it as a label name.
    pub(crate) fn write_state_label(&self, base: &str, out: &mut Vec<u8>) {
        if is_legacy_label_name(&self.stem) {
            out.extend_from_slice(self.stem.as_bytes());
            out.extend_from_slice(b"=\"");
        } else {
            write_label(base, self.format.escaping(), out);
        }
    }

    /// Returns why the format cannot express the family, if so.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        let allows_any_label = self.format.escaping() == Escaping::AllowUtf8;
        match self.kind {
            Kind::StateSet if self.format.is_openmetrics() => {
                (!allows_any_label && !is_legacy_label_name(&self.stem)).then_some(NOT_A_LABEL)
            }
            Kind::Counter
            | Kind::Gauge
            | Kind::Histogram
            | Kind::Summary
            | Kind::Info
            | Kind::StateSet
            | Kind::Unknown => None,
            _ => Some(UNKNOWN_KIND),
        }
    }

    /// Returns whether the unit needs no escaping, and the name without suffixes ends in
    /// it.
    pub(crate) fn end_in_unit(&self, unit: &str) -> bool {
        let is_plain = unit.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_plain && self.stem.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
    }

    fn is_quoted(&self) -> bool {
        !is_legacy_metric_name(&self.stem)
    }

    /// Writes the name in HELP, TYPE and UNIT.
    pub(crate) fn write_family(&self, out: &mut Vec<u8>) {
        if self.is_quoted() {
            self.write_quoted(self.family_suffix(), out);
        } else {
            out.extend_from_slice(self.stem.as_bytes());
            out.extend_from_slice(self.family_suffix().as_bytes());
        }
    }

    /// Writes the start of a line with labels: `x_bucket{`, or `{"x_bucket",` if the name
    /// is quoted.
    pub(crate) fn write_labelled(&self, suffix: &str, out: &mut Vec<u8>) {
        self.write_bare(suffix, out);
        out.push(if self.is_quoted() { b',' } else { b'{' });
    }

    /// Writes the start of a line without labels: `x_sum`, or `{"x_sum"` if the name is
    /// quoted.
    pub(crate) fn write_bare(&self, suffix: &str, out: &mut Vec<u8>) {
        if self.is_quoted() {
            out.push(b'{');
            self.write_quoted(suffix, out);
        } else {
            out.extend_from_slice(self.stem.as_bytes());
            out.extend_from_slice(suffix.as_bytes());
        }
    }

    /// Writes the text between name and value of a line without labels.
    pub(crate) fn write_end_of_bare(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.is_quoted() { b"} " } else { b" " });
    }

    fn write_quoted(&self, suffix: &str, out: &mut Vec<u8>) {
        out.push(b'"');
        write_between_quotes(&self.stem, out);
        out.extend_from_slice(suffix.as_bytes());
        out.push(b'"');
    }

    /// Returns whether the family is a counter in OpenMetrics, whose samples end in
    /// `_total`.
    pub(crate) fn is_openmetrics_counter(&self) -> bool {
        self.format.is_openmetrics() && self.kind == Kind::Counter && !self.own_suffix.is_empty()
    }

    /// Returns every name by which a filter may select the family: the registered name,
    /// the escaped one, and each with the suffixes of its samples.
    pub(crate) fn all(&self, base: &str) -> impl Iterator<Item = String> {
        // A counter by its name as given has samples of that name only.
        let is_plain = self.own_suffix == self.kind.suffix();
        let suffixes = if is_plain { self.kind.suffixes() } else { &[""] };
        let stems = [base.to_owned(), self.stem.clone().into_owned()];
        stems
            .into_iter()
            .flat_map(move |stem| suffixes.iter().map(move |suffix| format!("{stem}{suffix}")))
    }
}

/// Writes a label name up to its value: `a="`, or `"a.b"="`.
pub(crate) fn write_label(name: &str, escaping: Escaping, out: &mut Vec<u8>) {
    let name = label_name(escaping, name);
    if is_legacy_label_name(&name) {
        out.extend_from_slice(name.as_bytes());
    } else {
        out.push(b'"');
        write_between_quotes(&name, out);
        out.push(b'"');
    }
    out.extend_from_slice(b"=\"");
}
