//! Registers and records an input, and returns the expected families.

use tickmark::collect::Collection;
use tickmark::{Bounds, FloatBounds, Registry};

use crate::input::{Family, Labels, Metric, Text};

/// Series recorded in each family, far below the limit of the engine.
const MOST_SERIES: usize = 50;
/// The bounds of a histogram are a subset of these. The engine never frees bounds, so the
/// number of sets is limited.
const UNITS: [u32; 8] = [0, 1, 2, 10, 999, 1_000, 1_000_000, u32::MAX];
const FLOAT_BOUNDS: [f64; 8] = [-1e300, -2.5, 0.0, 5e-324, 0.1, 1.0, 1e6, f64::MAX];

/// A family as expected on the page.
#[derive(Debug)]
pub struct Recorded {
    /// Without the suffix of its kind.
    pub base: String,
    pub kind: &'static str,
    pub help: String,
    pub unit: Option<String>,
    pub keeps_created_times: bool,
    /// Constant labels, then the names of the others.
    pub constants: Vec<(String, String)>,
    pub labels: Vec<String>,
    pub series: Vec<Series>,
    /// Whether it is collected. Then it may be missing, if that is reported.
    pub is_collected: bool,
}

#[derive(Debug)]
pub struct Series {
    pub values: Vec<String>,
    pub value: Value,
    pub exemplar: Option<Vec<(String, String)>>,
}

#[derive(Debug)]
pub enum Value {
    Whole(i128),
    Float(f64),
    Histogram { limits: Vec<f64>, counts: Vec<u64>, sum: Sum },
    Summary(Vec<(f64, f64)>, f64, u64),
    Info,
    States(Vec<(String, bool)>),
}

#[derive(Debug)]
pub enum Sum {
    /// The sum in units, and the units in one exposed unit.
    Units(u128, u64),
    Float(f64),
}

/// Registers a family and records in it. Returns `None` if the engine rejects it.
pub fn record(root: &Registry, input: &Family) -> Option<Recorded> {
    let mut registry = root.clone();
    if input.allows_utf8 {
        registry = registry.with_utf8_names();
    }
    if input.keeps_created_times {
        registry = registry.with_created_times();
    }
    if let Some(unit) = &input.unit {
        registry = registry.with_unit(&unit.0);
    }
    for (name, value) in &input.constants {
        registry = registry.with_label(&name.0, &value.0);
    }
    let (labels, series) = match &input.labels {
        Labels::None => (vec![], record_series(&registry, input, [], &[[]])),
        Labels::One(name, series) => {
            (vec![name.0.clone()], record_series(&registry, input, [&name.0], series))
        }
        Labels::Two([a, b], series) => {
            (vec![a.0.clone(), b.0.clone()], record_series(&registry, input, [&a.0, &b.0], series))
        }
    };
    let (kind, suffix) = match input.metric {
        Metric::Counter(..) | Metric::FloatCounter(_) => ("counter", "_total"),
        Metric::Gauge(_) | Metric::FloatGauge(_) => ("gauge", ""),
        Metric::Histogram(..) | Metric::FloatHistogram(..) | Metric::Collected(..) => {
            ("histogram", "")
        }
        Metric::Summary(..) => ("summary", ""),
        Metric::Info => ("info", "_info"),
        Metric::StateSet(_) => ("stateset", ""),
    };
    Some(Recorded {
        base: input.name.0.strip_suffix(suffix).unwrap_or(&input.name.0).to_owned(),
        kind,
        help: input.help.0.clone(),
        unit: input.unit.as_ref().map(|unit| unit.0.clone()),
        keeps_created_times: input.keeps_created_times,
        constants: pairs(&input.constants),
        labels,
        series: series?,
        is_collected: input.is_collected(),
    })
}

fn pairs(texts: &[(Text, Text)]) -> Vec<(String, String)> {
    texts.iter().map(|(name, value)| (name.0.clone(), value.0.clone())).collect()
}

fn record_series<const N: usize>(
    registry: &Registry,
    input: &Family,
    labels: [&str; N],
    given: &[[Text; N]],
) -> Option<Vec<Series>> {
    let (name, help) = (&*input.name.0, &*input.help.0);
    let given =
        || given.iter().take(MOST_SERIES).map(|values| values.each_ref().map(|text| &*text.0));
    let mut all = Vec::new();
    match &input.metric {
        Metric::Counter(amounts, exemplar) => {
            let family = registry.counter_family(name, help, labels).ok()?;
            for (index, values) in given().enumerate() {
                let counter = family.with(values);
                let series = series_of(&mut all, &values, Value::Whole(0));
                let Value::Whole(count) = &mut series.value else { unreachable!() };
                if let Some(amount) = amounts.get(index) {
                    counter.add(*amount);
                    *count = (*count + i128::from(*amount)) % (1 << 64);
                }
                if let Some(labels) = exemplar {
                    let labels = pairs(labels);
                    let given: Vec<_> =
                        labels.iter().map(|(name, value)| (&**name, &**value)).collect();
                    counter.add_with_exemplar(1, &given);
                    *count = (*count + 1) % (1 << 64);
                    series.exemplar = Some(labels);
                }
            }
        }
        Metric::FloatCounter(amounts) => {
            let family = registry.float_counter_family(name, help, labels).ok()?;
            for values in given() {
                let counter = family.with(values);
                let series = series_of(&mut all, &values, Value::Float(0.0));
                let Value::Float(sum) = &mut series.value else { unreachable!() };
                for amount in amounts {
                    counter.add(*amount);
                    if *amount >= 0.0 && amount.is_finite() {
                        *sum = (*sum + amount).min(f64::MAX);
                    }
                }
            }
        }
        Metric::Gauge(level) => {
            let family = registry.gauge_family(name, help, labels).ok()?;
            for values in given() {
                family.with(values).set(*level);
                _ = series_of(&mut all, &values, Value::Whole((*level).into()));
            }
        }
        Metric::FloatGauge(level) => {
            let family = registry.float_gauge_family(name, help, labels).ok()?;
            for values in given() {
                family.with(values).set(*level);
                _ = series_of(&mut all, &values, Value::Float(*level));
            }
        }
        Metric::Histogram(scale, chosen, observations) => {
            let (scale, per_one) = scale.scale();
            let units: Vec<u64> = chosen_of(&UNITS, *chosen).into_iter().map(u64::from).collect();
            let limits: Vec<_> = units.iter().map(|unit| *unit as f64 / per_one as f64).collect();
            let bounds = Bounds::new(scale, &limits).ok()?;
            let family = registry.histogram_family(name, help, labels, &bounds).ok()?;
            for values in given() {
                let histogram = family.with(values);
                let empty = Value::Histogram {
                    limits: limits.clone(),
                    counts: vec![0; limits.len() + 1],
                    sum: Sum::Units(0, per_one),
                };
                let series = series_of(&mut all, &values, empty);
                let Value::Histogram { counts, sum: Sum::Units(sum, _), .. } = &mut series.value
                else {
                    unreachable!()
                };
                for value in observations {
                    histogram.observe(*value);
                    let within = units.iter().map(|unit| value <= unit).chain([true]);
                    counts
                        .iter_mut()
                        .zip(within)
                        .for_each(|(count, is_within)| *count += u64::from(is_within));
                    *sum += u128::from(*value);
                }
            }
        }
        Metric::FloatHistogram(chosen, observations) => {
            let limits = chosen_of(&FLOAT_BOUNDS, *chosen);
            let bounds = FloatBounds::new(&limits).ok()?;
            let family = registry.float_histogram_family(name, help, labels, &bounds).ok()?;
            for values in given() {
                let histogram = family.with(values);
                let empty = Value::Histogram {
                    limits: limits.clone(),
                    counts: vec![0; limits.len() + 1],
                    sum: Sum::Float(0.0),
                };
                let series = series_of(&mut all, &values, empty);
                let Value::Histogram { counts, sum: Sum::Float(sum), .. } = &mut series.value
                else {
                    unreachable!()
                };
                for value in observations {
                    histogram.observe(*value);
                    if !value.is_finite()
                        || (*value < 0.0 && limits.iter().all(|limit| *limit >= 0.0))
                    {
                        continue;
                    }
                    let within = limits.iter().map(|limit| value <= limit).chain([true]);
                    counts
                        .iter_mut()
                        .zip(within)
                        .for_each(|(count, is_within)| *count += u64::from(is_within));
                    *sum = (*sum + value).clamp(f64::MIN, f64::MAX);
                }
            }
        }
        Metric::Collected(buckets, sum) => {
            let limits: Vec<_> = buckets.iter().map(|(limit, _)| *limit).collect();
            let mut alone: Vec<u64> = buckets.iter().map(|(_, count)| u64::from(*count)).collect();
            alone.push(7);
            for values in given() {
                let counts = alone.iter().scan(0, |sum, count| {
                    *sum += count;
                    Some(*sum)
                });
                let counts = counts.collect();
                let value =
                    Value::Histogram { limits: limits.clone(), counts, sum: Sum::Float(*sum) };
                _ = series_of(&mut all, &values, value);
            }
            let sum = *sum;
            collect(registry, input, labels, given(), move |out, name, help, labels, series| {
                let mut histograms = out.histogram(name, help, labels, &limits);
                series.iter().for_each(|values| {
                    histograms.series(values.each_ref().map(|value| &**value), &alone, sum)
                });
            })?;
        }
        Metric::Summary(quantiles, sum, count) => {
            for values in given() {
                _ = series_of(&mut all, &values, Value::Summary(quantiles.clone(), *sum, *count));
            }
            let (quantiles, by_quantile): (Vec<_>, Vec<_>) = quantiles.iter().copied().unzip();
            let (sum, count) = (*sum, *count);
            collect(registry, input, labels, given(), move |out, name, help, labels, series| {
                let mut summaries = out.summary(name, help, labels, &quantiles);
                for values in series {
                    summaries.series(
                        values.each_ref().map(|value| &**value),
                        &by_quantile,
                        sum,
                        count,
                    );
                }
            })?;
        }
        Metric::Info => {
            given().for_each(|values| _ = series_of(&mut all, &values, Value::Info));
            collect(registry, input, labels, given(), |out, name, help, labels, series| {
                let mut infos = out.info(name, help, labels);
                series
                    .iter()
                    .for_each(|values| infos.series(values.each_ref().map(|value| &**value)));
            })?;
        }
        Metric::StateSet(states) => {
            let states: Vec<_> =
                states.iter().map(|(state, is_on)| (state.0.clone(), *is_on)).collect();
            for values in given() {
                _ = series_of(&mut all, &values, Value::States(states.clone()));
            }
            collect(registry, input, labels, given(), move |out, name, help, labels, series| {
                let names: Vec<_> = states.iter().map(|(state, _)| &**state).collect();
                let on: Vec<_> = states.iter().map(|(_, is_on)| *is_on).collect();
                let mut sets = out.state_set(name, help, labels, &names);
                series
                    .iter()
                    .for_each(|values| sets.series(values.each_ref().map(|value| &**value), &on));
            })?;
        }
    }
    Some(all)
}

type Collect<const N: usize> =
    dyn Fn(&mut Collection, &str, &str, [&str; N], &[[String; N]]) + Send + Sync;

/// Registers a collector of one family.
fn collect<'a, const N: usize, F>(
    registry: &Registry,
    input: &Family,
    labels: [&str; N],
    series: impl Iterator<Item = [&'a str; N]>,
    collect: F,
) -> Option<()>
where
    F: Fn(&mut Collection, &str, &str, [&str; N], &[[String; N]]) + Send + Sync + 'static,
{
    let (name, help) = (input.name.0.clone(), input.help.0.clone());
    let labels = labels.map(str::to_owned);
    let series: Vec<_> = series.map(|values| values.map(str::to_owned)).collect();
    let collect: Box<Collect<N>> = Box::new(collect);
    let registered = registry.register_collector("input", move |out: &mut Collection| {
        collect(out, &name, &help, labels.each_ref().map(|label| &**label), &series);
    });
    registered.ok()
}

fn chosen_of<T: Copy>(all: &[T; 8], chosen: u8) -> Vec<T> {
    all.iter()
        .enumerate()
        .filter(|(index, _)| chosen >> index & 1 == 1)
        .map(|(_, one)| *one)
        .collect()
}

/// Returns the series with these label values, created on first use.
fn series_of<'a>(all: &'a mut Vec<Series>, values: &[&str], new: Value) -> &'a mut Series {
    let index = all.iter().position(|series| series.values == values).unwrap_or_else(|| {
        all.push(Series {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            value: new,
            exemplar: None,
        });
        all.len() - 1
    });
    &mut all[index]
}
