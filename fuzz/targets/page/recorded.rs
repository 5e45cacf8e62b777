//! Registers and records an input, and returns the expected families.

use std::collections::BTreeSet;
use std::iter::zip;
use std::slice;

use tickmark::collect::Collection;
use tickmark::{
    Bounds, Counter, FloatBounds, FloatCounter, FloatGauge, FloatHistogram, Gauge, Histogram,
    Metric as Kind, Registry,
};

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
    /// Without the suffix.
    pub base: String,
    /// The suffix of its samples. A counter named as given may have none.
    pub suffix: &'static str,
    pub kind: &'static str,
    pub help: String,
    pub unit: Option<String>,
    pub keeps_created_times: bool,
    pub constants: Vec<(String, String)>,
    pub series: Vec<Series>,
    /// Whether it is collected. Then it may be missing, if that is reported.
    pub is_collected: bool,
}

#[derive(Debug)]
pub struct Series {
    /// After the constant labels.
    pub labels: Set,
    pub value: Value,
    pub exemplar: Option<Set>,
    /// Whether it is collected with label names that may be invalid.
    pub may_be_lost: bool,
}

/// Names and values of labels.
type Set = Vec<(String, String)>;

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
    if input.keeps_counter_names {
        registry = registry.with_counter_names_as_given();
    }
    let series = record_series(&registry, input, &sets(&input.labels))?;
    let (kind, suffix) = match input.metric {
        Metric::Counter(..) | Metric::FloatCounter(_) => ("counter", "_total"),
        Metric::Gauge(_) | Metric::FloatGauge(_) => ("gauge", ""),
        Metric::Histogram(..) | Metric::FloatHistogram(..) | Metric::Collected(..) => {
            ("histogram", "")
        }
        Metric::Summary(..) => ("summary", ""),
        Metric::Info => ("info", "_info"),
        Metric::StateSet(_) => ("stateset", ""),
        Metric::Unknown(_) => ("unknown", ""),
    };
    let name = &input.name.0;
    let is_as_given = kind == "counter" && input.keeps_counter_names && !name.ends_with(suffix);
    let later = input.later_help.as_ref().filter(|later| {
        matches!(input.labels, Labels::Open(_)) && !input.is_collected() && !later.0.is_empty()
    });
    Some(Recorded {
        base: name.strip_suffix(suffix).unwrap_or(name).to_owned(),
        suffix: if is_as_given { "" } else { suffix },
        kind,
        help: later.unwrap_or(&input.help).0.clone(),
        unit: input.unit.as_ref().map(|unit| unit.0.clone()),
        keeps_created_times: input.keeps_created_times,
        constants: pairs(&input.constants),
        series,
        is_collected: input.is_collected(),
    })
}

/// Returns the label sets of the series, as they are given to the engine.
fn sets(labels: &Labels) -> Vec<Set> {
    let with_values = |names: &[Text], values: &[Text]| -> Set {
        zip(names, values).map(|(name, value)| (name.0.clone(), value.0.clone())).collect()
    };
    let mut sets: Vec<Set> = match labels {
        Labels::None => vec![vec![]],
        Labels::One(name, series) => {
            series.iter().map(|values| with_values(slice::from_ref(name), values)).collect()
        }
        Labels::Two(names, series) => {
            series.iter().map(|values| with_values(names, values)).collect()
        }
        Labels::Open(series) => series.iter().map(|labels| pairs(labels)).collect(),
    };
    sets.truncate(MOST_SERIES);
    sets
}

fn pairs(texts: &[(Text, Text)]) -> Vec<(String, String)> {
    texts.iter().map(|(name, value)| (name.0.clone(), value.0.clone())).collect()
}

/// Finds or creates the series of a label set. Returns `None` for invalid labels.
type Find<M> = Box<dyn Fn(&Set) -> Option<M>>;

fn register<M: Kind>(
    registry: &Registry,
    input: &Family,
    settings: &M::Settings,
) -> Option<Find<M>> {
    let (name, help) = (&*input.name.0, &*input.help.0);
    Some(match &input.labels {
        Labels::None => {
            let family = registry.family::<M, 0>(name, help, [], settings).ok()?;
            Box::new(move |_| Some(family.handle([])))
        }
        Labels::One(label, _) => {
            let family = registry.family::<M, 1>(name, help, [&label.0], settings).ok()?;
            Box::new(move |set| Some(family.handle([&set[0].1])))
        }
        Labels::Two([a, b], _) => {
            let family = registry.family::<M, 2>(name, help, [&a.0, &b.0], settings).ok()?;
            Box::new(move |set| Some(family.handle(both(set))))
        }
        Labels::Open(_) => {
            let family = registry.open_family::<M>(name, help, settings).ok()?;
            if let Some(later) = &input.later_help {
                family.set_help(&later.0);
            }
            Box::new(move |set| family.handle(&borrowed(set)).ok())
        }
    })
}

fn borrowed(set: &Set) -> Vec<(&str, &str)> {
    set.iter().map(|(name, value)| (&**name, &**value)).collect()
}

fn record_series(registry: &Registry, input: &Family, sets: &[Set]) -> Option<Vec<Series>> {
    let mut all = All {
        is_open: matches!(input.labels, Labels::Open(_)),
        taken: input
            .constants
            .iter()
            .map(|(name, _)| &name.0)
            .chain([&input.name.0])
            .cloned()
            .collect(),
        series: Vec::new(),
    };
    match &input.metric {
        Metric::Counter(amounts, exemplar) => {
            let find = register::<Counter>(registry, input, &())?;
            for (index, set) in sets.iter().enumerate() {
                let Some(counter) = find(set) else { continue };
                let series = all.series_of(set, Value::Whole(0));
                let Value::Whole(count) = &mut series.value else { unreachable!() };
                if let Some(amount) = amounts.get(index) {
                    counter.add(*amount);
                    *count = (*count + i128::from(*amount)) % (1 << 64);
                }
                if let Some(labels) = exemplar {
                    let labels = pairs(labels);
                    counter.add_with_exemplar(1, &borrowed(&labels));
                    *count = (*count + 1) % (1 << 64);
                    series.exemplar = Some(labels);
                }
            }
        }
        Metric::FloatCounter(amounts) => {
            let find = register::<FloatCounter>(registry, input, &())?;
            for set in sets {
                let Some(counter) = find(set) else { continue };
                let series = all.series_of(set, Value::Float(0.0));
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
            let find = register::<Gauge>(registry, input, &())?;
            for set in sets {
                let Some(gauge) = find(set) else { continue };
                gauge.set(*level);
                _ = all.series_of(set, Value::Whole((*level).into()));
            }
        }
        Metric::FloatGauge(level) => {
            let find = register::<FloatGauge>(registry, input, &())?;
            for set in sets {
                let Some(gauge) = find(set) else { continue };
                gauge.set(*level);
                _ = all.series_of(set, Value::Float(*level));
            }
        }
        Metric::Histogram(scale, chosen, observations) => {
            let (scale, per_one) = scale.scale();
            let units: Vec<u64> = chosen_of(&UNITS, *chosen).into_iter().map(u64::from).collect();
            let limits: Vec<_> = units.iter().map(|unit| *unit as f64 / per_one as f64).collect();
            let bounds = Bounds::new(scale, &limits).ok()?;
            let find = register::<Histogram>(registry, input, &bounds)?;
            for set in sets {
                let Some(histogram) = find(set) else { continue };
                let empty = Value::Histogram {
                    limits: limits.clone(),
                    counts: vec![0; limits.len() + 1],
                    sum: Sum::Units(0, per_one),
                };
                let series = all.series_of(set, empty);
                let Value::Histogram { counts, sum: Sum::Units(sum, _), .. } = &mut series.value
                else {
                    unreachable!()
                };
                for (value, times) in observations {
                    match times {
                        1 => histogram.observe(*value),
                        _ => histogram.observe_many(*value, u64::from(*times)),
                    }
                    let within = units.iter().map(|unit| value <= unit).chain([true]);
                    add_within(counts, within, *times);
                    *sum += u128::from(*value) * u128::from(*times);
                }
            }
        }
        Metric::FloatHistogram(chosen, observations) => {
            let limits = chosen_of(&FLOAT_BOUNDS, *chosen);
            let bounds = FloatBounds::new(&limits).ok()?;
            let find = register::<FloatHistogram>(registry, input, &bounds)?;
            for set in sets {
                let Some(histogram) = find(set) else { continue };
                let empty = Value::Histogram {
                    limits: limits.clone(),
                    counts: vec![0; limits.len() + 1],
                    sum: Sum::Float(0.0),
                };
                let series = all.series_of(set, empty);
                let Value::Histogram { counts, sum: Sum::Float(sum), .. } = &mut series.value
                else {
                    unreachable!()
                };
                for (value, times) in observations {
                    match times {
                        1 => histogram.observe(*value),
                        _ => histogram.observe_many(*value, u64::from(*times)),
                    }
                    if !value.is_finite()
                        || (*value < 0.0 && limits.iter().all(|limit| *limit >= 0.0))
                    {
                        continue;
                    }
                    let within = limits.iter().map(|limit| value <= limit).chain([true]);
                    add_within(counts, within, *times);
                    // An even number is added as two odd ones.
                    let odd = if times % 2 == 0 { times.saturating_sub(1) } else { *times };
                    for part in [odd, times - odd].into_iter().filter(|part| *part > 0) {
                        let product = (value * f64::from(part)).clamp(f64::MIN, f64::MAX);
                        *sum = (*sum + product).clamp(f64::MIN, f64::MAX);
                    }
                }
            }
        }
        Metric::Collected(buckets, sum) => {
            let limits: Vec<_> = buckets.iter().map(|(limit, _)| *limit).collect();
            let mut alone: Vec<u64> = buckets.iter().map(|(_, count)| u64::from(*count)).collect();
            alone.push(7);
            let counts = alone.iter().scan(0, |sum, count| {
                *sum += count;
                Some(*sum)
            });
            let counts: Vec<_> = counts.collect();
            for set in sets {
                let (limits, counts) = (limits.clone(), counts.clone());
                all.collected(set, Value::Histogram { limits, counts, sum: Sum::Float(*sum) });
            }
            let sum = *sum;
            collect(registry, input, sets, move |out, family, sets| match family {
                Names::None(name, help) => {
                    out.histogram(name, help, [], &limits).series([], &alone, sum);
                }
                Names::One(name, help, label) => {
                    let mut family = out.histogram(name, help, [label], &limits);
                    sets.iter().for_each(|set| family.series([&set[0].1], &alone, sum));
                }
                Names::Two(name, help, labels) => {
                    let mut family = out.histogram(name, help, labels, &limits);
                    sets.iter().for_each(|set| family.series(both(set), &alone, sum));
                }
                Names::Open(name, help) => {
                    let mut family = out.histogram(name, help, [], &limits);
                    sets.iter().for_each(|set| family.open_series(&borrowed(set), &alone, sum));
                }
            })?;
        }
        Metric::Summary(quantiles, sum, count) => {
            for set in sets {
                all.collected(set, Value::Summary(quantiles.clone(), *sum, *count));
            }
            let (quantiles, values): (Vec<_>, Vec<_>) = quantiles.iter().copied().unzip();
            let (sum, count) = (*sum, *count);
            collect(registry, input, sets, move |out, family, sets| match family {
                Names::None(name, help) => {
                    out.summary(name, help, [], &quantiles).series([], &values, sum, count);
                }
                Names::One(name, help, label) => {
                    let mut family = out.summary(name, help, [label], &quantiles);
                    sets.iter().for_each(|set| family.series([&set[0].1], &values, sum, count));
                }
                Names::Two(name, help, labels) => {
                    let mut family = out.summary(name, help, labels, &quantiles);
                    sets.iter().for_each(|set| family.series(both(set), &values, sum, count));
                }
                Names::Open(name, help) => {
                    let mut family = out.summary(name, help, [], &quantiles);
                    let add = |set| family.open_series(&borrowed(set), &values, sum, count);
                    sets.iter().for_each(add);
                }
            })?;
        }
        Metric::Info => {
            sets.iter().for_each(|set| all.collected(set, Value::Info));
            collect(registry, input, sets, move |out, family, sets| match family {
                Names::None(name, help) => out.info(name, help, []).series([]),
                Names::One(name, help, label) => {
                    let mut family = out.info(name, help, [label]);
                    sets.iter().for_each(|set| family.series([&set[0].1]));
                }
                Names::Two(name, help, labels) => {
                    let mut family = out.info(name, help, labels);
                    sets.iter().for_each(|set| family.series(both(set)));
                }
                Names::Open(name, help) => {
                    let mut family = out.info(name, help, []);
                    sets.iter().for_each(|set| family.open_series(&borrowed(set)));
                }
            })?;
        }
        Metric::StateSet(states) => {
            let states: Vec<_> =
                states.iter().map(|(state, is_on)| (state.0.clone(), *is_on)).collect();
            sets.iter().for_each(|set| all.collected(set, Value::States(states.clone())));
            collect(registry, input, sets, move |out, family, sets| {
                let states: Vec<_> =
                    states.iter().map(|(state, is_on)| (&**state, *is_on)).collect();
                let (states, on): (Vec<_>, Vec<_>) = states.into_iter().unzip();
                match family {
                    Names::None(name, help) => {
                        out.state_set(name, help, [], &states).series([], &on);
                    }
                    Names::One(name, help, label) => {
                        let mut family = out.state_set(name, help, [label], &states);
                        sets.iter().for_each(|set| family.series([&set[0].1], &on));
                    }
                    Names::Two(name, help, labels) => {
                        let mut family = out.state_set(name, help, labels, &states);
                        sets.iter().for_each(|set| family.series(both(set), &on));
                    }
                    Names::Open(name, help) => {
                        let mut family = out.state_set(name, help, [], &states);
                        sets.iter().for_each(|set| family.open_series(&borrowed(set), &on));
                    }
                }
            })?;
        }
        Metric::Unknown(level) => {
            sets.iter().for_each(|set| all.collected(set, Value::Float(*level)));
            let level = *level;
            collect(registry, input, sets, move |out, family, sets| match family {
                Names::None(name, help) => out.unknown(name, help, []).series([], level),
                Names::One(name, help, label) => {
                    let mut family = out.unknown(name, help, [label]);
                    sets.iter().for_each(|set| family.series([&set[0].1], level));
                }
                Names::Two(name, help, labels) => {
                    let mut family = out.unknown(name, help, labels);
                    sets.iter().for_each(|set| family.series(both(set), level));
                }
                Names::Open(name, help) => {
                    let mut family = out.unknown(name, help, []);
                    sets.iter().for_each(|set| family.open_series(&borrowed(set), level));
                }
            })?;
        }
    }
    Some(all.series)
}

/// The expected series of a family.
struct All {
    is_open: bool,
    /// Names that no label of a series may have.
    taken: Vec<String>,
    series: Vec<Series>,
}

impl All {
    /// Returns the series with these labels, created on first use.
    fn series_of(&mut self, set: &Set, new: Value) -> &mut Series {
        let labels = self.labels_of(set);
        let index =
            self.series.iter().position(|series| series.labels == labels).unwrap_or_else(|| {
                let series = Series { labels, value: new, exemplar: None, may_be_lost: false };
                self.series.push(series);
                self.series.len() - 1
            });
        &mut self.series[index]
    }

    /// Adds a collected series. One with label names that are not plain may be left out
    /// of an open family, so an equal one after it may be the first.
    fn collected(&mut self, set: &Set, value: Value) {
        let (labels, may_be_lost) = (self.labels_of(set), self.is_open && !self.are_valid(set));
        if !self.series.iter().any(|series| series.labels == labels && !series.may_be_lost) {
            self.series.push(Series { labels, value, exemplar: None, may_be_lost });
        }
    }

    /// Returns the labels of a series as they are exposed. In an open family, the order
    /// of labels does not matter, and an empty value equals an absent label.
    fn labels_of(&self, set: &Set) -> Set {
        let mut labels = set.clone();
        if self.is_open {
            labels.retain(|(_, value)| !value.is_empty());
            labels.sort();
        }
        labels
    }

    /// Returns whether label names are valid for sure: plain, not taken, and each once.
    fn are_valid(&self, set: &Set) -> bool {
        let mut seen = BTreeSet::new();
        set.iter().all(|(name, _)| {
            ["a", "b", "seconds"].contains(&&**name)
                && !self.taken.contains(name)
                && seen.insert(name)
        })
    }
}

/// A family as a collector begins it.
enum Names<'a> {
    None(&'a str, &'a str),
    One(&'a str, &'a str, &'a str),
    Two(&'a str, &'a str, [&'a str; 2]),
    Open(&'a str, &'a str),
}

/// Registers a collector of one family.
fn collect(
    registry: &Registry,
    input: &Family,
    sets: &[Set],
    collect: impl Fn(&mut Collection, Names<'_>, &[Set]) + Send + Sync + 'static,
) -> Option<()> {
    let (name, help) = (input.name.0.clone(), input.help.0.clone());
    let names: Option<Vec<String>> = match &input.labels {
        Labels::None => Some(vec![]),
        Labels::One(name, _) => Some(vec![name.0.clone()]),
        Labels::Two(names, _) => Some(names.iter().map(|name| name.0.clone()).collect()),
        Labels::Open(_) => None,
    };
    let sets = sets.to_vec();
    let registered = registry.register_collector("input", move |out: &mut Collection| {
        let family = match names.as_deref() {
            None => Names::Open(&name, &help),
            Some([one, two]) => Names::Two(&name, &help, [one, two]),
            Some([one]) => Names::One(&name, &help, one),
            Some(_) => Names::None(&name, &help),
        };
        collect(out, family, &sets);
    });
    registered.ok()
}

/// Returns both label values of a set of two.
fn both(set: &Set) -> [&str; 2] {
    [&set[0].1, &set[1].1]
}

/// Adds observations to the cumulative counts of the bounds that they are within.
fn add_within(counts: &mut [u64], within: impl Iterator<Item = bool>, times: u16) {
    zip(counts, within).for_each(|(count, is_within)| {
        *count += if is_within { u64::from(times) } else { 0 };
    });
}

fn chosen_of<T: Copy>(all: &[T; 8], chosen: u8) -> Vec<T> {
    all.iter()
        .enumerate()
        .filter(|(index, _)| chosen >> index & 1 == 1)
        .map(|(_, one)| *one)
        .collect()
}
