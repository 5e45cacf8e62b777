//! Hostile collected values: each format shows those it can express, and readers accept
//! the page.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use tickmark::Registry;
use tickmark::collect::Collection;
use tickmark_tests::{parser, prometheus, say_skipped};
use tickmark_text::{Encoder, Format};

use crate::account::{Family, Name, Number, Sample, exact, is_openmetrics};
use crate::hostile::TEXTS;
use crate::{NO_PARSERS, compare, page, raw, unix_time};

const NAMES: [&str; 12] = ["aa", "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ak", "al"];
const FORMATS: [Format; 2] = [Format::Text0_0_4, Format::OpenMetrics1_0(None)];
/// Each case starts a few processes.
const CASES: u32 = 12;

const TEXT: Name = Name::plain("text");

/// A collected family; its series are identified by their index.
#[derive(Clone, Debug)]
enum Given {
    Gauge(Vec<f64>),
    Counter(Vec<f64>),
    Signed(Vec<i64>),
    Histogram(Vec<f64>, Vec<(Vec<u64>, f64)>),
    Summary(Vec<f64>, Vec<(Vec<f64>, f64, u64)>),
    States(Vec<&'static str>, Vec<Vec<bool>>),
    Info(usize),
}

fn float() -> impl Strategy<Value = f64> {
    let hostile = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        5e-324,
        -5e-324,
        f64::MAX,
        f64::MIN,
        -1.0,
        1.0,
        -0.5,
        1e6,
    ];
    prop_oneof![
        4 => select(hostile.to_vec()),
        1 => any::<u64>().prop_map(f64::from_bits),
        2 => 0.0..9.0,
    ]
}

/// Distinct and increasing, as bounds must be.
fn increasing(float: impl Strategy<Value = f64>) -> impl Strategy<Value = Vec<f64>> {
    vec(float, 0..4).prop_map(|mut floats| {
        floats.retain(|float| float.is_finite());
        floats.sort_by(f64::total_cmp);
        floats.dedup_by(|one, other| one == other);
        floats
    })
}

fn given() -> impl Strategy<Value = Given> {
    let bucket = || {
        prop_oneof![
            0_u64..9,
            Just(1 << 53),
            Just((1 << 53) + 1),
            Just(u64::MAX),
            Just(u64::MAX / 2)
        ]
    };
    let histogram = increasing(float()).prop_flat_map(move |bounds| {
        let series = (vec(bucket(), bounds.len() + 1), float());
        vec(series, 0..4).prop_map(move |series| Given::Histogram(bounds.clone(), series))
    });
    let quantile = prop_oneof![Just(0.0), Just(-0.0), Just(1.0), 0.0..=1.0];
    let summary = increasing(quantile).prop_flat_map(|quantiles| {
        let series = (vec(float(), quantiles.len()), float(), any::<u64>());
        vec(series, 0..4).prop_map(move |series| Given::Summary(quantiles.clone(), series))
    });
    let states = subsequence(TEXTS.to_vec(), 0..4).prop_flat_map(|states| {
        let series = vec(any::<bool>(), states.len());
        vec(series, 0..3).prop_map(move |series| Given::States(states.clone(), series))
    });
    prop_oneof![
        1 => vec(float(), 0..5).prop_map(Given::Gauge),
        2 => vec(float(), 0..5).prop_map(Given::Counter),
        1 => vec(prop_oneof![any::<i64>(), -3_i64..3], 0..5).prop_map(Given::Signed),
        4 => histogram,
        4 => summary,
        1 => states,
        1 => (0_usize..4).prop_map(Given::Info),
    ]
}

/// The label value of the series at an index.
fn text(place: usize) -> &'static str {
    TEXTS.iter().cycle().nth(place).unwrap()
}

fn yield_all(families: &[Given], out: &mut Collection) {
    for (family, name) in families.iter().zip(NAMES) {
        let labels = ["text"];
        match family {
            Given::Gauge(series) => {
                let mut gauge = out.gauge(name, "H.", labels);
                series
                    .iter()
                    .enumerate()
                    .for_each(|(place, value)| gauge.series([text(place)], *value));
            }
            Given::Counter(series) => {
                let mut counter = out.counter(name, "H.", labels);
                series
                    .iter()
                    .enumerate()
                    .for_each(|(place, value)| counter.series([text(place)], *value));
            }
            Given::Signed(series) => {
                let mut counter = out.counter(name, "H.", labels);
                series
                    .iter()
                    .enumerate()
                    .for_each(|(place, value)| counter.series([text(place)], *value));
            }
            Given::Histogram(bounds, series) => {
                let mut histogram = out.histogram(name, "H.", labels, bounds);
                for (place, (buckets, sum)) in series.iter().enumerate() {
                    histogram.series([text(place)], buckets, *sum);
                }
            }
            Given::Summary(quantiles, series) => {
                let mut summary = out.summary(name, "H.", labels, quantiles);
                for (place, (values, sum, count)) in series.iter().enumerate() {
                    summary.series([text(place)], values, *sum, *count);
                }
            }
            Given::States(states, series) => {
                let mut set = out.state_set(name, "H.", labels, states);
                series
                    .iter()
                    .enumerate()
                    .for_each(|(place, states)| set.series([text(place)], states));
            }
            Given::Info(count) => {
                let mut info = out.info(name, "H.", labels);
                (0..*count).for_each(|place| info.series([text(place)]));
            }
        }
    }
}

/// Omissions of one OpenMetrics page, by family and reason.
type Omissions = BTreeMap<(&'static str, &'static str), u64>;

impl Given {
    /// The type word of OpenMetrics.
    fn kind(&self) -> &'static str {
        match self {
            Given::Gauge(_) => "gauge",
            Given::Counter(_) | Given::Signed(_) => "counter",
            Given::Histogram(..) => "histogram",
            Given::Summary(..) => "summary",
            Given::States(..) => "stateset",
            Given::Info(_) => "info",
        }
    }

    /// Number of series with lines, unless they are omitted.
    fn series_count(&self) -> usize {
        match self {
            Given::Gauge(series) | Given::Counter(series) => series.len(),
            Given::Signed(series) => series.len(),
            Given::Histogram(_, series) => series.len(),
            Given::Summary(_, series) => series.len(),
            Given::States(states, series) => states.len().min(1) * series.len(),
            Given::Info(count) => *count,
        }
    }

    /// The samples that are not omitted with their series.
    fn samples(&self, name: &'static str, omit: &mut impl FnMut(&'static str)) -> Vec<Sample> {
        let one = |suffix, place, value| Sample::new(suffix, &[(TEXT, text(place))], value);
        match self {
            Given::Gauge(series) => series
                .iter()
                .enumerate()
                .map(|(place, value)| one("", place, Number::Float(*value)))
                .collect(),
            Given::Counter(series) => {
                let shown = series.iter().enumerate().filter(|(_, value)| **value >= 0.0);
                shown.map(|(place, value)| one("_total", place, Number::Float(*value))).collect()
            }
            Given::Signed(series) => {
                let shown = series.iter().enumerate().filter(|(_, value)| **value >= 0);
                shown.map(|(place, value)| one("_total", place, exact(value))).collect()
            }
            Given::Histogram(bounds, series) => {
                let lines = |(place, (buckets, sum)): (usize, &(Vec<u64>, f64))| {
                    histogram(text(place), bounds, buckets, *sum, omit)
                };
                series.iter().enumerate().flat_map(lines).collect()
            }
            Given::Summary(quantiles, series) => {
                let lines = |(place, (values, sum, count)): (usize, &(Vec<f64>, f64, u64))| {
                    summary(text(place), quantiles, values, *sum, *count, omit)
                };
                series.iter().enumerate().flat_map(lines).collect()
            }
            Given::States(states, series) => {
                let lines = |(place, are_on): (usize, &Vec<bool>)| {
                    states_of(name, text(place), states, are_on)
                };
                series.iter().enumerate().flat_map(lines).collect()
            }
            Given::Info(count) => (0..*count).map(|place| one("_info", place, exact(1))).collect(),
        }
    }
}

/// A family as the formats should show it, and the omissions of OpenMetrics. `None` if
/// all series are omitted.
fn account(name: &'static str, given: &Given, omissions: &mut Omissions) -> Option<Family> {
    let samples =
        given.samples(name, &mut |reason| *omissions.entry((name, reason)).or_default() += 1);
    let is_shown = given.series_count() == 0 || !samples.is_empty();
    is_shown.then(|| Family {
        name: Name::plain(name),
        kind: given.kind(),
        help: "H.".to_owned(),
        unit: "",
        samples,
    })
}

fn states_of(name: &'static str, text: &str, states: &[&str], are_on: &[bool]) -> Vec<Sample> {
    let line = |(state, is_on): (&&str, &bool)| {
        Sample::new("", &[(TEXT, text), (Name::plain(name), state)], exact(u8::from(*is_on)))
    };
    states.iter().zip(are_on).map(line).collect()
}

fn bound(float: f64) -> String {
    // The sign of a zero is not written.
    let text = format!("{:?}", if float == 0.0 { 0.0 } else { float });
    let digits = format!("{:e}", float.abs());
    let (mantissa, exponent) = digits.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    if float == 0.0 || (-4..6).contains(&exponent) {
        return text;
    }
    let (minus, sign) = (if float < 0.0 { "-" } else { "" }, if exponent < 0 { '-' } else { '+' });
    format!("{minus}{mantissa}e{sign}{:02}", exponent.abs())
}

fn histogram(
    text: &str,
    bounds: &[f64],
    buckets: &[u64],
    sum: f64,
    omit: &mut impl FnMut(&'static str),
) -> Vec<Sample> {
    const LE: Name = Name::plain("le");
    let count = buckets.iter().try_fold(0_u64, |count, bucket| count.checked_add(*bucket));
    let Some(count) = count.filter(|_| !sum.is_nan()) else { return vec![] };
    let bounds_of = || bounds.iter().map(|float| bound(*float)).chain(["+Inf".to_owned()]);
    let mut samples: Vec<_> = bounds_of()
        .enumerate()
        .map(|(place, le)| {
            let below: u64 = buckets.iter().take(place + 1).sum();
            Sample::new("_bucket", &[(TEXT, text), (LE, &le)], exact(below))
        })
        .collect();
    let mut rest = vec![
        Sample::new("_sum", &[(TEXT, text)], Number::Float(sum)),
        Sample::new("_count", &[(TEXT, text)], exact(count)),
    ];
    let reason = if bounds.iter().any(|bound| *bound < 0.0) {
        Some("bound below zero")
    } else {
        (sum < 0.0).then_some("sum below zero or NaN")
    };
    if let Some(reason) = reason {
        omit(reason);
        rest = rest.into_iter().map(Sample::in_text_only).collect();
    }
    samples.extend(rest);
    samples
}

fn summary(
    text: &str,
    quantiles: &[f64],
    values: &[f64],
    sum: f64,
    count: u64,
    omit: &mut impl FnMut(&'static str),
) -> Vec<Sample> {
    const QUANTILE: Name = Name::plain("quantile");
    if sum.is_nan() {
        return vec![];
    }
    let mut samples = vec![];
    for (quantile, value) in quantiles.iter().zip(values) {
        let sample =
            Sample::new("", &[(TEXT, text), (QUANTILE, &bound(*quantile))], Number::Float(*value));
        if *value < 0.0 {
            omit("quantile value below zero");
            samples.push(sample.in_text_only());
        } else {
            samples.push(sample);
        }
    }
    let sample = Sample::new("_sum", &[(TEXT, text)], Number::Float(sum));
    if sum < 0.0 {
        omit("sum below zero or NaN");
        samples.push(sample.in_text_only());
    } else {
        samples.push(sample);
    }
    samples.push(Sample::new("_count", &[(TEXT, text)], exact(count)));
    samples
}

/// A page without the engine's self-metrics, which come last.
fn without_reports(page: &str, format: Format) -> String {
    let end = if is_openmetrics(format) { "# EOF\n" } else { "" };
    let rest = page.strip_suffix(end).unwrap();
    let start = if is_openmetrics(format) { "# TYPE tickmark_" } else { "# HELP tickmark_" };
    format!("{}{end}", &rest[..rest.find(start).unwrap_or(rest.len())])
}

fn check(given: &[Given], format: Format) {
    let registry = Registry::new();
    let yielded = given.to_vec();
    registry
        .register_collector("test", move |out: &mut Collection| yield_all(&yielded, out))
        .unwrap();
    let mut omissions = Omissions::new();
    let families: Vec<_> = NAMES
        .into_iter()
        .zip(given)
        .filter_map(|(name, given)| account(name, given, &mut omissions))
        .collect();

    let first = page(&registry, format);
    raw::check(&first, is_openmetrics(format));
    _ = parser::read(&first, is_openmetrics(format));
    if !is_openmetrics(format) {
        omissions.clear();
        // promtool knows the rules of text, and lints names and units as well.
        if prometheus::available() {
            let checked = prometheus::check_metrics(&first);
            let said = String::from_utf8_lossy(&checked.stderr);
            assert!(!said.contains("error"), "{said}\n{first}");
        }
    }
    compare(&families, &without_reports(&first, format), format, unix_time());

    // Collectors run again, but text omits nothing.
    let report = String::from_utf8(Encoder::new(&registry).encode().to_vec()).unwrap();
    let reported =
        report.lines().filter(|line| line.starts_with("tickmark_exposition_omissions_total"));
    let expected = omissions.iter().map(|((family, reason), count)| {
        format!(
            "tickmark_exposition_omissions_total{{family=\"{family}\",reason=\"{reason}\"}} {count}"
        )
    });
    let mut reported: Vec<_> = reported.map(str::to_owned).collect();
    reported.sort_unstable();
    assert_eq!(reported, expected.collect::<Vec<_>>());
}

#[test]
fn hostile_values_cost_only_their_series() {
    if !parser::available() {
        return say_skipped(NO_PARSERS);
    }
    let families = vec(given(), NAMES.len());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..Default::default()
    });
    let checked = runner.run(&families, |families| {
        FORMATS.iter().for_each(|format| check(&families, *format));
        Ok(())
    });
    checked.unwrap();
}
