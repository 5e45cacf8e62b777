//! The metadata of a family: HELP, TYPE and UNIT.

use tickmark::export::{FamilyView, Kind};

use crate::names::family_names::FamilyNames;
use crate::negotiate::format::Format;
use crate::text::escape;

/// Writes the metadata of a family in the order of the format.
pub(crate) fn write(
    family: FamilyView<'_>,
    names: &FamilyNames<'_>,
    format: Format,
    out: &mut Vec<u8>,
) {
    if format.is_openmetrics() {
        write_line(b"# TYPE ", names, openmetrics_type(family.kind(), names), out);
        write_unit(family, names, out);
        write_line(b"# HELP ", names, "", out);
        escape::write_openmetrics_help(family.help(), out);
        out.push(b'\n');
    } else {
        write_line(b"# HELP ", names, "", out);
        escape::write_help(family.help(), out);
        out.push(b'\n');
        write_line(b"# TYPE ", names, text_type(family.kind()), out);
    }
}

/// Writes keyword, name and `value`. Leaves the line open if `value` is empty.
fn write_line(keyword: &[u8], names: &FamilyNames<'_>, value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(keyword);
    names.write_family(out);
    out.push(b' ');
    out.extend_from_slice(value.as_bytes());
    if !value.is_empty() {
        out.push(b'\n');
    }
}

/// Writes the unit if the name of the family ends in it. Info families and state sets
/// have no unit.
fn write_unit(family: FamilyView<'_>, names: &FamilyNames<'_>, out: &mut Vec<u8>) {
    let may_have_unit = !matches!(family.kind(), Kind::Info | Kind::StateSet);
    if let Some(unit) = family.unit().filter(|unit| may_have_unit && names.end_in_unit(unit)) {
        write_line(b"# UNIT ", names, unit, out);
    }
}

/// Returns the type in OpenMetrics, where the samples of a counter must end in `_total`.
fn openmetrics_type(kind: Kind, names: &FamilyNames<'_>) -> &'static str {
    match kind {
        Kind::Counter if names.is_openmetrics_counter() => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
        Kind::Info => "info",
        Kind::StateSet => "stateset",
        _ => "unknown",
    }
}

/// Returns the type in the text formats, where info families and state sets are gauges.
fn text_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge | Kind::Info | Kind::StateSet => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
        _ => "untyped",
    }
}
