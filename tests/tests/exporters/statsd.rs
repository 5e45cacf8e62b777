//! An exporter of StatsD lines, based only on the public walk:
//! `name.part:value|type|#label:value,…`.

use std::fmt::Write;
use std::ops::ControlFlow;

use tickmark::export::{FamilyView, Scratch, SeriesView, Value};
use tickmark::{Number, Registry};

pub(crate) fn export(registry: &Registry) -> String {
    let mut lines = String::new();
    let mut scratch = Scratch::default();
    for family in registry.families().iter() {
        _ = family.visit(0, &mut scratch, |series, value| {
            write_series(&mut lines, family, series, value);
            ControlFlow::Continue(())
        });
    }
    lines
}

fn write_series(
    lines: &mut String,
    family: FamilyView<'_>,
    series: SeriesView<'_>,
    value: Value<'_>,
) {
    let tags: Vec<_> = series.labels().map(|(name, value)| format!("{name}:{value}")).collect();
    let mut line = |part: &str, value: String, kind: char| {
        let point = if part.is_empty() { "" } else { "." };
        write!(lines, "{}{point}{part}:{value}|{kind}", family.name()).unwrap();
        if !tags.is_empty() {
            write!(lines, "|#{}", tags.join(",")).unwrap();
        }
        lines.push('\n');
    };
    match value {
        Value::Counter(number) => line("", text(number), 'c'),
        Value::Gauge(number) | Value::Unknown(number) => line("", text(number), 'g'),
        Value::Histogram { buckets, sum } => {
            let bounds = family.bounds().iter().map(f64::to_string).chain(["inf".to_owned()]);
            for (bound, count) in bounds.zip(buckets) {
                line(&format!("bucket.{bound}"), count.to_string(), 'c');
            }
            line("sum", in_units(sum, family.scale().per_unit()), 'g');
        }
        Value::Summary { values, sum, count } => {
            for (quantile, value) in family.quantiles().iter().zip(values) {
                line(&format!("quantile.{quantile}"), value.to_string(), 'g');
            }
            line("sum", text(sum), 'g');
            line("count", count.to_string(), 'c');
        }
        Value::Info => line("", "1".to_owned(), 'g'),
        Value::StateSet(states) => {
            for (state, is_on) in family.states().zip(states) {
                line(&format!("state.{state}"), u8::from(*is_on).to_string(), 'g');
            }
        }
        other => panic!("a value of a new kind: {other:?}"),
    }
}

fn text(number: Number) -> String {
    match number {
        Number::Unsigned(number) => number.to_string(),
        Number::Signed(number) => number.to_string(),
        Number::Float(number) => number.to_string(),
    }
}

/// A sum as exposed: whole numbers are in the unit of the scale.
#[expect(clippy::cast_precision_loss, reason = "StatsD knows floats only")]
fn in_units(sum: Number, per_unit: u64) -> String {
    match sum {
        Number::Unsigned(sum) => (sum as f64 / per_unit as f64).to_string(),
        sum => text(sum),
    }
}
