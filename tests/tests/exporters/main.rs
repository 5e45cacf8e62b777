//! The public walk suffices for foreign exporters. Two small ones, of very different
//! formats, agree exactly with a naive tally.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod json;
mod statsd;
mod tally;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value as Json;
use tally::{BOUNDS, Program, QUANTILES, STATES, Tally, WEIGHT_BOUNDS, step};
use tickmark::{Bounds, Registry, Scale};

/// Numbers by metric, part and labels, as text: `app_open{zone=b,kind=a}` or
/// `app_phase.state.serving{zone=b}`.
type Points = BTreeMap<String, String>;

proptest! {
    #[test]
    fn every_exporter_agrees_with_the_tally(steps in prop::collection::vec(step(), 0..120)) {
        let program = Program::new();
        let mut tally = Tally::default();
        for step in &steps {
            program.take(step);
            tally.add(step);
        }
        let expected = points(&tally);
        prop_assert_eq!(&from_statsd(&statsd::export(&program.registry)), &expected);
        prop_assert_eq!(&from_json(&json::export(&program.registry)), &expected);
    }
}

/// The expected numbers, by the tally alone.
#[expect(clippy::cast_precision_loss, reason = "readers know floats only")]
fn points(tally: &Tally) -> Points {
    let mut points = Points::new();
    let mut point = |name: &str, labels: &str, value: String| {
        let before = points.insert(format!("app_{name}{{zone=b{labels}}}"), value);
        assert_eq!(before, None, "{name}{labels} twice");
    };
    for (path, count) in &tally.counts {
        point("requests", &format!(",path={path}"), count.to_string());
    }
    point("level", "", tally.level.to_string());
    for (kind, open) in &tally.open {
        point("open", &format!(",kind={kind}"), open.to_string());
    }
    for (path, nanos) in &tally.nanos {
        let labels = format!(",path={path}");
        let seconds: Vec<_> = nanos.iter().map(|nanos| *nanos as f64 / 1e9).collect();
        for (limit, count) in buckets(&BOUNDS, &seconds) {
            point(&format!("latency_seconds.bucket.{limit}"), &labels, count.to_string());
        }
        point("latency_seconds.sum", &labels, (nanos.iter().sum::<u64>() as f64 / 1e9).to_string());
    }
    for ((op, db), count) in &tally.queries {
        let present = [("db", db), ("op", op)].into_iter().filter(|(_, value)| !value.is_empty());
        let labels: String = present.map(|(name, value)| format!(",{name}={value}")).collect();
        point("queries", &labels, count.to_string());
    }
    point("earned", "", (tally.earned_eighths as f64 / 8.0).to_string());
    point("heat", "", tally.heat.to_string());
    for (limit, count) in buckets(&WEIGHT_BOUNDS, &tally.weights) {
        point(&format!("weights.bucket.{limit}"), "", count.to_string());
    }
    point(
        "weights.sum",
        "",
        tally.weights.iter().fold(0.0, |sum, weight| sum + weight).to_string(),
    );
    for (quantile, extreme) in
        QUANTILES.iter().zip([tally.jobs.iter().min(), tally.jobs.iter().max()])
    {
        let value = extreme.map_or("NaN".to_owned(), u16::to_string);
        point(&format!("job_ms.quantile.{quantile}"), "", value);
    }
    point("job_ms.sum", "", tally.jobs.iter().copied().map(u64::from).sum::<u64>().to_string());
    point("job_ms.count", "", tally.jobs.len().to_string());
    for (state, name) in STATES.iter().enumerate() {
        point(&format!("phase.state.{name}"), "", u8::from(state == tally.state).to_string());
    }
    for version in &tally.versions {
        point("build", &format!(",version={version}"), "1".to_owned());
    }
    points
}

/// By upper bound, the number of values within it and above the bound before.
fn buckets(bounds: &[f64], values: &[f64]) -> Vec<(f64, usize)> {
    let limits: Vec<_> = bounds.iter().copied().chain([f64::INFINITY]).collect();
    let bucket_of = |value: f64| limits.iter().position(|limit| value <= *limit).unwrap();
    let count = |bucket| values.iter().filter(|value| bucket_of(**value) == bucket).count();
    limits.iter().enumerate().map(|(bucket, limit)| (*limit, count(bucket))).collect()
}

fn from_statsd(lines: &str) -> Points {
    let mut points = Points::new();
    for line in lines.lines() {
        let (name, rest) = line.split_once(':').unwrap();
        let (value, rest) = rest.split_once('|').unwrap();
        let (kind, tags) = rest.split_once("|#").unwrap();
        let is_count = ["app_requests", "app_queries", "app_earned", "app_job_ms.count"]
            .contains(&name)
            || name.contains(".bucket.");
        assert_eq!(kind, if is_count { "c" } else { "g" }, "{line}");
        let before =
            points.insert(format!("{name}{{{}}}", tags.replace(':', "=")), value.to_owned());
        assert_eq!(before, None, "{line}");
    }
    points
}

/// A whole sum past 2^64 is passed to exporters as a float in units of exposition.
#[test]
fn wide_sums_arrive_in_units_of_exposition() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &[1.0]).unwrap();
    let histograms = registry.histogram_family("wide_seconds", "W.", ["kind"], &bounds).unwrap();
    (0..2).for_each(|_| histograms.with(["a"]).observe(u64::MAX));
    let sum = (2_f64.powi(65) / 1e9).to_string();
    for points in [from_json(&json::export(&registry)), from_statsd(&statsd::export(&registry))] {
        assert_eq!(points["wide_seconds.sum{kind=a}"], sum);
    }
}

fn from_json(document: &str) -> Points {
    let document: Json = serde_json::from_str(document).unwrap();
    let mut points = Points::new();
    for family in document.as_array().unwrap() {
        for series in family["series"].as_array().unwrap() {
            for (part, value) in parts(family["kind"].as_str().unwrap(), &series["value"]) {
                let name = format!(
                    "{}{part}{{{}}}",
                    family["name"].as_str().unwrap(),
                    labels(&series["labels"])
                );
                assert_eq!(points.insert(name, value), None);
            }
        }
    }
    points
}

/// The constant label first: a JSON object has no order.
fn labels(labels: &Json) -> String {
    let mut labels: Vec<_> = labels.as_object().unwrap().iter().collect();
    labels.sort_by_key(|(name, _)| (*name != "zone", *name));
    let texts: Vec<_> =
        labels.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    texts.join(",")
}

/// The numbers in the value of one series.
fn parts(kind: &str, value: &Json) -> Vec<(String, String)> {
    let list = |name: &str| value[name].as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    let zip = |part: &str, names: Vec<String>, values: Vec<String>| {
        assert_eq!(names.len(), values.len());
        names.into_iter().map(|name| format!(".{part}.{name}")).zip(values).collect::<Vec<_>>()
    };
    let sum = |per_unit: f64| {
        (".sum".to_owned(), (value["sum"].as_f64().unwrap() / per_unit).to_string())
    };
    match kind {
        "counter" | "gauge" => vec![(String::new(), text(value))],
        "info" => vec![(String::new(), "1".to_owned())],
        "histogram" => {
            let bounds = [list("bounds"), vec!["inf".to_owned()]].concat();
            let per_unit = value["units_per_one"].as_f64().unwrap();
            [zip("bucket", bounds, list("buckets")), vec![sum(per_unit)]].concat()
        }
        "summary" => {
            let count = (".count".to_owned(), text(&value["count"]));
            [zip("quantile", list("quantiles"), list("values")), vec![sum(1.0), count]].concat()
        }
        "stateset" => {
            let states = value.as_object().unwrap().iter();
            states
                .map(|(state, is_on)| {
                    (format!(".state.{state}"), u8::from(is_on == true).to_string())
                })
                .collect()
        }
        _ => panic!("{kind}"),
    }
}

/// Whole numbers unchanged; JSON has no NaN, so that is a null.
fn text(number: &Json) -> String {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(number), _, _) => number.to_string(),
        (_, Some(number), _) => number.to_string(),
        (_, _, Some(number)) => number.to_string(),
        _ => "NaN".to_owned(),
    }
}
