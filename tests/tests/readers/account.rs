//! The registered metrics and their records, described without the engine, and what a
//! page of each format must contain.

use std::collections::BTreeMap;

use tickmark_text::{Escaping, Format};

/// A name as given and in the schemes underscores, dots and values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name(pub(crate) &'static str, &'static str, &'static str, &'static str);

impl Name {
    /// A name that every scheme leaves unchanged.
    pub(crate) const fn plain(name: &'static str) -> Name {
        Name(name, name, name, name)
    }

    /// A legacy name with underscores, which one scheme doubles.
    pub(crate) const fn doubled(name: &'static str, dots: &'static str) -> Name {
        Name(name, name, dots, name)
    }

    /// A name that is not a legacy name.
    pub(crate) const fn utf8(
        name: &'static str,
        underscores: &'static str,
        dots: &'static str,
        values: &'static str,
    ) -> Name {
        Name(name, underscores, dots, values)
    }

    fn shown(self, escaping: Escaping) -> &'static str {
        match escaping {
            Escaping::AllowUtf8 => self.0,
            Escaping::Underscores => self.1,
            Escaping::Dots => self.2,
            Escaping::Values => self.3,
        }
    }

    /// The base of sample names: a counter is escaped together with its `_total`.
    fn stem(self, kind: &str, escaping: Escaping) -> String {
        let doubles = escaping == Escaping::Dots
            || (escaping == Escaping::Values && self.3.starts_with("U__"));
        let more = if doubles && kind == "counter" { "_" } else { "" };
        format!("{}{more}", self.shown(escaping))
    }
}

/// The expected number on a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    /// These digits, in every format.
    Exact(String),
    /// Any text that parses to this.
    Float(f64),
    /// Seconds since 1970, of a time during this test.
    Moment,
}

/// A sample: the suffix of its name, its labels and its value.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) suffix: &'static str,
    pub(crate) labels: Vec<(Name, String)>,
    pub(crate) value: Number,
    pub(crate) exemplar: Option<(Vec<(&'static str, &'static str)>, f64)>,
    /// Whether OpenMetrics and whether text have it.
    pub(crate) in_formats: (bool, bool),
}

impl Sample {
    pub(crate) fn new(suffix: &'static str, labels: &[(Name, &str)], value: Number) -> Sample {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Sample { suffix, labels, value, exemplar: None, in_formats: (true, true) }
    }

    pub(crate) fn with_exemplar(
        self,
        labels: &[(&'static str, &'static str)],
        value: f64,
    ) -> Sample {
        Sample { exemplar: Some((labels.to_vec(), value)), ..self }
    }

    pub(crate) fn in_text_only(self) -> Sample {
        Sample { in_formats: (false, true), ..self }
    }

    pub(crate) fn in_openmetrics_only(self) -> Sample {
        Sample { in_formats: (true, false), ..self }
    }
}

pub(crate) fn exact(number: impl ToString) -> Number {
    Number::Exact(number.to_string())
}

/// A family, by its name without the suffix of its kind.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) name: Name,
    /// The type word of OpenMetrics.
    pub(crate) kind: &'static str,
    pub(crate) help: String,
    pub(crate) unit: &'static str,
    pub(crate) samples: Vec<Sample>,
}

/// The expected sample in a format.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) sample: &'a Sample,
}

impl Family {
    /// The parser's name of the family, without the `_total` of a counter.
    pub(crate) fn shown_name(&self, format: Format) -> String {
        let suffix = if self.kind == "info" && !is_openmetrics(format) { "_info" } else { "" };
        format!("{}{suffix}", self.name.stem(self.kind, format.escaping()))
    }

    pub(crate) fn shown_kind(&self, format: Format) -> &'static str {
        match self.kind {
            "info" | "stateset" if !is_openmetrics(format) => "gauge",
            kind => kind,
        }
    }

    pub(crate) fn shown_unit(&self, format: Format) -> &'static str {
        // A counter that is escaped together with its `_total` no longer ends in its
        // unit.
        let is_cut =
            self.kind == "counter" && self.name.stem(self.kind, format.escaping()).ends_with('_');
        if is_openmetrics(format) && !is_cut { self.unit } else { "" }
    }

    pub(crate) fn lines<'a>(&'a self, format: Format) -> Vec<Line<'a>> {
        let escaping = format.escaping();
        let is_shown = |sample: &&Sample| match is_openmetrics(format) {
            true => sample.in_formats.0,
            false => sample.in_formats.1,
        };
        let line = |sample: &'a Sample| {
            let Sample { suffix, labels, .. } = sample;
            let labels =
                labels.iter().map(|(name, value)| (name.shown(escaping).to_owned(), value.clone()));
            Line {
                name: format!("{}{suffix}", self.name.stem(self.kind, escaping)),
                labels: labels.collect(),
                sample,
            }
        };
        self.samples.iter().filter(is_shown).map(line).collect()
    }
}

pub(crate) fn is_openmetrics(format: Format) -> bool {
    matches!(format, Format::OpenMetrics1_0(_))
}
