//! A naive reader restores everything registered and recorded from the page, for any
//! texts and numbers.

#![no_main]

mod input;
#[path = "../../../exporter-text/tests/naive_names/mod.rs"]
mod naive_names;
mod reader;
mod recorded;

use std::iter::zip;

use input::Input;
use libfuzzer_sys::fuzz_target;
use naive_names::escaped;
use reader::Sample;
use recorded::{Recorded, Series, Sum, Value};
use tickmark::Registry;
use tickmark_text::{Encoder, Escaping, Format};

fuzz_target!(|input: Input| {
    let registry = Registry::new();
    let mut recorded: Vec<Recorded> = Vec::new();
    for family in &input.families {
        // At most one collected family, so that a missing one is identified. No name of
        // the engine.
        let is_second = family.is_collected() && recorded.iter().any(|before| before.is_collected);
        if !is_second && !family.name.0.starts_with("tickmark") {
            recorded.extend(recorded::record(&registry, family));
        }
    }
    recorded.sort_by(|a, b| a.base.cmp(&b.base));

    let format = input.format.format();
    let is_openmetrics = matches!(format, Format::OpenMetrics1_0(_));
    let encoder = Encoder::new(&registry);
    let page = encoder.encode_as(format);
    let read = reader::read(&page, is_openmetrics);
    let mut read = read.iter().filter(|family| !family.name.starts_with("tickmark")).peekable();
    let registered = || recorded.iter().filter(|recorded| !recorded.is_collected);
    for recorded in &recorded {
        let check = Check { recorded, format, is_openmetrics };
        let name = check.family_name();
        let has_name = |recorded| Check { recorded, format, is_openmetrics }.family_name() == name;
        let is_taken = recorded.is_collected && registered().any(has_name);
        if !is_taken && read.peek().is_some_and(|read| read.name == name) {
            check.family(read.next().unwrap());
        } else {
            assert!(recorded.is_collected, "missing: {recorded:?}");
            let reports = String::from_utf8(encoder.encode().into()).unwrap();
            let faults =
                ["tickmark_collector_failures_total{", "tickmark_exposition_omissions_total{"];
            assert!(
                faults.iter().any(|fault| reports.contains(fault)),
                "missing and not reported: {recorded:?}"
            );
        }
    }
    assert!(read.next().is_none(), "more than was recorded");
});

struct Check<'a> {
    recorded: &'a Recorded,
    format: Format,
    is_openmetrics: bool,
}

/// An expected line.
struct Line {
    suffix: &'static str,
    label: Option<(String, LabelValue)>,
    value: Number,
}

enum LabelValue {
    Text(String),
    Float(f64),
}

enum Number {
    Whole(i128),
    Float(f64),
    Units(u64, u64),
    Time,
}

impl Check<'_> {
    /// Returns the names of samples without suffixes. A counter is escaped with its
    /// suffix.
    fn stem(&self) -> String {
        let base = &self.recorded.base;
        match self.recorded.suffix {
            "_total" => {
                let name = escaped(self.format.escaping(), &format!("{base}_total"), true);
                name.strip_suffix("_total").unwrap().to_owned()
            }
            _ => escaped(self.format.escaping(), base, true),
        }
    }

    fn family_name(&self) -> String {
        self.stem() + if self.is_openmetrics { "" } else { self.recorded.suffix }
    }

    fn family(&self, read: &reader::Family) {
        let recorded = self.recorded;
        let kind = match recorded.kind {
            "info" | "stateset" if !self.is_openmetrics => "gauge",
            "unknown" if !self.is_openmetrics => "untyped",
            "counter" if self.is_openmetrics && recorded.suffix.is_empty() => "unknown",
            kind => kind,
        };
        assert_eq!((&*read.kind, read.help.as_ref()), (kind, Some(&recorded.help)));
        let unit = recorded.unit.as_ref().filter(|unit| {
            let is_plain = unit.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            let has_unit = !["info", "stateset"].contains(&recorded.kind);
            self.is_openmetrics
                && has_unit
                && is_plain
                && self.stem().ends_with(&format!("_{unit}"))
        });
        assert_eq!(read.unit, unit.map_or("", |unit| unit));

        let mut samples = read.samples.iter().peekable();
        let mut seen = Vec::new();
        for series in &recorded.series {
            let (labels, lines) = (self.labels(series), self.lines(series));
            let count =
                labels.len() + usize::from(lines.first().is_some_and(|l| l.label.is_some()));
            let is_next = |sample: &&Sample| {
                sample.labels.len() == count && sample.labels.starts_with(&labels)
            };
            let is_lost = series.may_be_lost && !samples.peek().is_some_and(is_next);
            // An equal one that might have been lost was not.
            if is_lost || seen.contains(&labels) {
                continue;
            }
            seen.push(labels);
            for line in lines {
                let sample =
                    samples.next().unwrap_or_else(|| panic!("a line is missing of {recorded:?}"));
                self.sample(series, &line, sample);
            }
        }
        assert!(samples.next().is_none(), "more lines than those of {recorded:?}");
    }

    fn lines(&self, series: &Series) -> Vec<Line> {
        let line = |suffix, value| Line { suffix, label: None, value };
        let floats = |name: &str, float| Some((name.to_owned(), LabelValue::Float(float)));
        let mut lines = match &series.value {
            Value::Whole(number) => vec![line(self.recorded.suffix, Number::Whole(*number))],
            Value::Float(number) => vec![line(self.recorded.suffix, Number::Float(*number))],
            Value::Info => vec![line(self.recorded.suffix, Number::Whole(1))],
            Value::States(states) => {
                let line = |(state, is_on): &(String, bool)| Line {
                    suffix: "",
                    label: Some((self.state_label(), LabelValue::Text(state.clone()))),
                    value: Number::Whole((*is_on).into()),
                };
                states.iter().map(line).collect()
            }
            Value::Summary(values, sum, count) => {
                let line_of = |(quantile, value): &(f64, f64)| Line {
                    suffix: "",
                    label: floats("quantile", *quantile),
                    value: Number::Float(*value),
                };
                let has = |(_, value): &&(f64, f64)| !(self.is_openmetrics && *value < 0.0);
                let mut lines: Vec<_> = values.iter().filter(has).map(line_of).collect();
                if !self.is_openmetrics || *sum >= 0.0 {
                    lines.push(line("_sum", Number::Float(*sum)));
                }
                lines.push(line("_count", Number::Whole((*count).into())));
                lines
            }
            Value::Histogram { limits, counts, sum } => {
                let limits = || limits.iter().copied().chain([f64::INFINITY]);
                let line_of = |(limit, count): (f64, &u64)| Line {
                    suffix: "_bucket",
                    label: floats("le", limit),
                    value: Number::Whole((*count).into()),
                };
                let mut lines: Vec<_> = zip(limits(), counts).map(line_of).collect();
                let (sum, is_growing) = match sum {
                    Sum::Units(units, per_one) => match u64::try_from(*units) {
                        Ok(units) => (Number::Units(units, *per_one), true),
                        Err(_) => (Number::Float(*units as f64 / *per_one as f64), true),
                    },
                    Sum::Float(sum) => {
                        (Number::Float(*sum), *sum >= 0.0 && limits().all(|limit| limit >= 0.0))
                    }
                };
                if !self.is_openmetrics || is_growing {
                    lines.extend([
                        line("_sum", sum),
                        line("_count", Number::Whole(counts[counts.len() - 1].into())),
                    ]);
                }
                lines
            }
        };
        let has_time = (self.recorded.suffix == "_total" || self.recorded.kind == "histogram")
            && !self.recorded.is_collected;
        if self.is_openmetrics && self.recorded.keeps_created_times && has_time {
            lines.push(line("_created", Number::Time));
        }
        lines
    }

    /// Returns the label that holds the state: the name of the family, in text escaped as
    /// a label name if necessary.
    fn state_label(&self) -> String {
        let stem = self.stem();
        let is_label = escaped(Escaping::Underscores, &stem, false) == stem;
        if is_label || self.is_openmetrics {
            stem
        } else {
            escaped(self.format.escaping(), &self.recorded.base, false)
        }
    }

    /// Returns the escaped constant labels, then those of the series.
    fn labels(&self, series: &Series) -> Vec<(String, String)> {
        let labels = self.recorded.constants.iter().chain(&series.labels);
        let escape = |name: &str| escaped(self.format.escaping(), name, false);
        labels.map(|(name, value)| (escape(name), value.clone())).collect()
    }

    fn sample(&self, series: &Series, line: &Line, read: &Sample) {
        assert_eq!(read.name, self.stem() + line.suffix);
        let labels = self.labels(series);
        assert!(read.labels.starts_with(&labels), "{read:?} for {labels:?}");
        let mut read_labels = read.labels[labels.len()..].iter();
        assert_eq!(read_labels.len(), usize::from(line.label.is_some()));
        if let (Some((name, value)), Some(read)) = (&line.label, read_labels.next()) {
            assert_eq!(&read.0, name);
            match value {
                LabelValue::Text(text) => assert_eq!(&read.1, text),
                LabelValue::Float(float) => assert_float(&read.1, *float, true),
            }
        }
        match line.value {
            Number::Whole(number) => assert_eq!(read.value, number.to_string()),
            Number::Float(number) => assert_float(&read.value, number, self.is_openmetrics),
            Number::Units(units, per_one) => {
                assert_units(&read.value, units, per_one, self.is_openmetrics)
            }
            Number::Time => {
                assert!(read.value.parse::<f64>().is_ok_and(|time| time > 1e9), "{}", read.value)
            }
        }
        let exemplar = series
            .exemplar
            .as_ref()
            .filter(|labels| self.is_openmetrics && line.suffix == "_total" && fits(labels));
        let expected = exemplar.map(|labels| (labels.clone(), "1".to_owned()));
        assert_eq!(read.exemplar, expected);
    }
}

/// Returns whether OpenMetrics allows an exemplar with these labels.
fn fits(labels: &[(String, String)]) -> bool {
    let characters: usize =
        labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
    let mut names: Vec<_> = labels.iter().map(|(name, _)| name).collect();
    let are_legacy = names
        .iter()
        .all(|name| !name.is_empty() && escaped(Escaping::Underscores, name, false) == **name);
    names.sort_unstable();
    names.dedup();
    let have_nul = labels.iter().any(|(_, value)| value.contains('\0'));
    characters <= 128 && are_legacy && names.len() == labels.len() && !have_nul
}

fn assert_float(text: &str, expected: f64, is_marked: bool) {
    let read: f64 = text.parse().unwrap();
    assert!(read == expected || (read.is_nan() && expected.is_nan()), "{text} for {expected}");
    assert!(!text.starts_with("-0") || text.starts_with("-0."), "{text}");
    let is_special = ["NaN", "+Inf", "-Inf"].contains(&text);
    let digits = text.chars().all(|char| char.is_ascii_digit() || "+-.e".contains(char));
    assert!(is_special || digits, "{text}");
    assert_eq!(is_special, !expected.is_finite(), "{text}");
    let has_mark = is_special || text.contains(['.', 'e']);
    assert!(has_mark || !is_marked, "{text} does not look like a float");
    assert!(!text.ends_with(".0") || is_marked, "{text} has a needless end");
    // The shortest digits that parse to the value: not more than in the shortest form of
    // the standard library.
    let count = |text: &str| {
        let (mantissa, _) = text.split_once('e').unwrap_or((text, ""));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').len()
    };
    assert!(
        is_special || count(text) == count(&format!("{expected:e}")),
        "{text} for {expected:e}"
    );
}

fn assert_units(text: &str, units: u64, per_one: u64, is_openmetrics: bool) {
    let places = per_one.ilog10() as usize;
    let part = format!("{:0places$}", units % per_one);
    let part = if places == 0 { "" } else { part.trim_end_matches('0') };
    let whole = units / per_one;
    match part {
        "" if is_openmetrics && places > 0 => assert_eq!(text, format!("{whole}.0")),
        "" => assert_eq!(text, whole.to_string()),
        part => assert_eq!(text, format!("{whole}.{part}")),
    }
}
