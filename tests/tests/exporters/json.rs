//! An exporter of one JSON document, based only on the public walk.

use std::ops::ControlFlow;

use serde_json::{Map, Value as Json, json};
use tickmark::export::{FamilyView, Scratch, SeriesView, Value};
use tickmark::{Number, Registry};

pub(crate) fn export(registry: &Registry) -> String {
    let mut scratch = Scratch::default();
    let families: Vec<_> =
        registry.families().iter().map(|family| family_json(family, &mut scratch)).collect();
    Json::from(families).to_string()
}

fn family_json(family: FamilyView<'_>, scratch: &mut Scratch) -> Json {
    let mut series = Vec::new();
    _ = family.visit(0, scratch, |view, value| {
        series.push(json!({"labels": labels(view), "value": value_json(family, value)}));
        ControlFlow::Continue(())
    });
    let kind = format!("{:?}", family.kind()).to_lowercase();
    json!({"name": family.name(), "help": family.help(), "kind": kind, "series": series})
}

fn labels(series: SeriesView<'_>) -> Map<String, Json> {
    series.labels().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn value_json(family: FamilyView<'_>, value: Value<'_>) -> Json {
    match value {
        Value::Counter(value) | Value::Gauge(value) | Value::Unknown(value) => number(value),
        Value::Histogram { buckets, sum } => json!({
            "bounds": family.bounds(),
            "buckets": buckets,
            "sum": number(sum),
            // A float is exposed as it is.
            "units_per_one": if let Number::Float(_) = sum { 1 } else { family.scale().per_unit() },
        }),
        Value::Summary { values, sum, count } => {
            json!({
                "quantiles": family.quantiles(),
                "values": values,
                "sum": number(sum),
                "count": count,
            })
        }
        Value::Info => Json::Null,
        Value::StateSet(states) => family
            .states()
            .zip(states)
            .map(|(state, is_on)| (state.to_owned(), Json::from(*is_on)))
            .collect(),
        other => panic!("a value of a new kind: {other:?}"),
    }
}

fn number(number: Number) -> Json {
    match number {
        Number::Unsigned(number) => number.into(),
        Number::Signed(number) => number.into(),
        Number::Float(number) => number.into(),
    }
}
