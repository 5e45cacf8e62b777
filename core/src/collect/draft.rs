//! Drafts: the families of a collector before they are checked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::collect::collected::CollectedValue;
use crate::names::description::Description;
use crate::names::error::LabelError;
use crate::names::labels::LabelValues;
use crate::names::legacy::underscored_label_name;
use crate::names::name;
use crate::names::name_lists::check_names;
use crate::names::scope::Scope;
use crate::names::sorted::{names, sorted};
use crate::value::{Kind, Number};

/// A collected family, until all its series are checked.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) description: Description,
    pub(crate) series: Vec<(LabelValues, CollectedValue)>,
    series_limit: usize,
    /// The first failure of the family.
    pub(crate) failure: Option<&'static str>,
    /// The failures of series left out, each once.
    pub(crate) lost: Vec<&'static str>,
    /// The label names of the last open series. Most series repeat them.
    last_names: Vec<Box<str>>,
    /// The label names of all open series, by their escaped form.
    known_names: HashMap<Box<str>, Box<str>>,
}

impl Draft {
    /// Checks a description, and applies the scope of the collector.
    pub(crate) fn new(scope: &Scope, given: Description, series_limit: usize) -> Self {
        let name = scope.full_name(&given.name);
        let base = name::base(&name, given.kind, scope.allows_utf8);
        let unit = base.clone().and_then(|base| scope.unit_of(base, given.kind));
        let description = Description {
            name: base.as_deref().unwrap_or(&name).into(),
            constant_labels: Arc::clone(&scope.labels),
            unit: unit.clone().unwrap_or_default(),
            has_plain_bounds: scope.has_plain_bounds,
            allows_utf8: scope.allows_utf8,
            ..given
        };
        let own = description.label_names.iter().map(|label| &**label);
        let failure = match unit {
            Err(_) => Some("invalid name"),
            Ok(_) if check_labels(&description, own).is_err() => Some("invalid label name"),
            Ok(_) if description.help.is_empty() => Some("empty help"),
            Ok(_) => shape_failure(&description),
        };
        Self {
            description,
            series: Vec::new(),
            series_limit,
            failure,
            lost: Vec::new(),
            last_names: Vec::new(),
            known_names: HashMap::new(),
        }
    }

    /// Adds a series, unless the family has failed. A series with an invalid value is
    /// left out alone.
    pub(crate) fn add(&mut self, labels: &[&str], value: CollectedValue) {
        _ = self.try_add(labels, value);
    }

    /// As `add`. Returns whether the series was added.
    fn try_add(&mut self, labels: &[&str], value: CollectedValue) -> bool {
        if self.failure.is_some() {
            return false;
        }
        if let Some(failure) = value_failure(&self.description, &value) {
            self.lose(failure);
        } else if self.series.len() >= self.series_limit {
            self.fail("too many series");
        } else {
            self.series.push((LabelValues::new(labels), value));
            return true;
        }
        false
    }

    /// Adds a series with its own label names. An invalid one is left out alone.
    pub(crate) fn add_open(&mut self, labels: &[(&str, &str)], value: CollectedValue) {
        self.description.has_open_labels = true;
        if self.failure.is_some() {
            return;
        }
        let has_absent = labels.iter().any(|(_, value)| value.is_empty());
        let given = labels.iter().map(|(name, _)| *name);
        if has_absent && check_labels(&self.description, given).is_err() {
            return self.lose("invalid label name");
        }
        sorted(labels, |key| {
            let are_last = names(key).eq(self.last_names.iter().map(|name| &**name));
            if !are_last && !self.allows_names(key) {
                self.lose("invalid label name");
            } else if self.try_add(key, value) && !are_last {
                self.note_names(key);
            }
        });
    }

    /// Returns whether the label names of a key are valid. Two series must not look the
    /// same in escaped form.
    fn allows_names(&self, key: &[&str]) -> bool {
        let is_free = |name: &str| {
            let known = self.known_names.get(&*underscored_label_name(name));
            known.is_none_or(|known| **known == *name)
        };
        check_labels(&self.description, names(key)).is_ok() && names(key).all(is_free)
    }

    /// Notes the label names of an added series.
    fn note_names(&mut self, key: &[&str]) {
        for name in names(key) {
            _ = self.known_names.insert(underscored_label_name(name).into(), name.into());
        }
        self.last_names = names(key).map(Box::from).collect();
    }

    fn lose(&mut self, failure: &'static str) {
        if self.failure.is_none() && !self.lost.contains(&failure) {
            self.lost.push(failure);
        }
    }

    /// Fails the family, and frees its series.
    pub(crate) fn fail(&mut self, failure: &'static str) {
        self.series = Vec::new();
        self.failure = Some(failure);
    }

    /// Checks the complete family. A family without its only series has failed.
    pub(crate) fn check_whole(&mut self) {
        if self.series.is_empty() && self.failure.is_none() {
            self.failure = self.lost.pop();
        }
        let mut seen = HashSet::with_capacity(self.series.len());
        if !self.series.iter().all(|(labels, _)| seen.insert(labels)) {
            self.fail("label set twice");
        }
    }
}

/// Checks label names together with the constant ones. A state set has another label,
/// with the name of the family.
fn check_labels<'a>(
    description: &'a Description,
    own: impl Iterator<Item = &'a str>,
) -> Result<(), LabelError> {
    let state = (description.kind == Kind::StateSet).then_some(&*description.name);
    check_names(description, own.chain(state))
}

fn shape_failure(description: &Description) -> Option<&'static str> {
    let Description { bounds, quantiles, states, .. } = description;
    let mut seen = HashSet::new();
    if !bounds.iter().all(|bound| bound.is_finite()) || !is_increasing(bounds) {
        Some("invalid bounds")
    } else if !quantiles.iter().all(|quantile| (0.0..=1.0).contains(quantile))
        || !is_increasing(quantiles)
    {
        Some("invalid quantiles")
    } else if !states.iter().all(|state| seen.insert(state)) {
        Some("state twice")
    } else {
        None
    }
}

fn is_increasing(numbers: &[f64]) -> bool {
    numbers.iter().zip(numbers.iter().skip(1)).all(|(before, after)| before < after)
}

/// Returns why no exporter could show a value.
pub(crate) fn value_failure(
    description: &Description,
    value: &CollectedValue,
) -> Option<&'static str> {
    let (given, expected) = match value {
        CollectedValue::Histogram { buckets, .. } => (buckets.len(), description.bounds.len() + 1),
        CollectedValue::Summary { values, .. } => (values.len(), description.quantiles.len()),
        CollectedValue::StateSet(states) => (states.len(), description.states.len()),
        CollectedValue::Counter(_)
        | CollectedValue::Gauge(_)
        | CollectedValue::Info
        | CollectedValue::Unknown(_) => (0, 0),
    };
    match value {
        _ if given != expected => Some("wrong number of values"),
        CollectedValue::Histogram { buckets, .. } if !can_be_added_up(buckets) => {
            Some("too many observations")
        }
        CollectedValue::Counter(number) if !is_count(*number) => Some("counter below zero or NaN"),
        CollectedValue::Histogram { sum, .. } | CollectedValue::Summary { sum, .. }
            if is_nan(*sum) =>
        {
            Some("sum NaN")
        }
        _ => None,
    }
}

/// Returns whether the total count of a histogram fits in a `u64`.
fn can_be_added_up(buckets: &[u64]) -> bool {
    buckets.iter().try_fold(0_u64, |count, bucket| count.checked_add(*bucket)).is_some()
}

/// Returns whether a counter can have that value.
fn is_count(number: Number) -> bool {
    match number {
        Number::Unsigned(_) => true,
        Number::Signed(number) => number >= 0,
        Number::Float(number) => number >= 0.0,
    }
}

fn is_nan(number: Number) -> bool {
    matches!(number, Number::Float(number) if number.is_nan())
}
