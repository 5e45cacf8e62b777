//! Drafts: families as a collector yields them, and what may be wrong with them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::collect::collected::CollectedValue;
use crate::names::description::Description;
use crate::names::error::RegisterError;
use crate::names::labels::LabelValues;
use crate::names::name;
use crate::names::scope::Scope;
use crate::value::{Kind, Number};

/// A family that a collector yields, until it is known whether the scrape can show it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) description: Description,
    pub(crate) series: Vec<(LabelValues, CollectedValue)>,
    series_limit: usize,
    /// The first thing that was found wrong with it.
    pub(crate) failure: Option<&'static str>,
    /// What was found wrong with values of series that it lost, each once.
    pub(crate) lost: Vec<&'static str>,
}

impl Draft {
    /// Checks what a collector gave, and puts it in the scope of the collector.
    pub(crate) fn new(scope: &Scope, given: Description, series_limit: usize) -> Self {
        let name = scope.full_name(&given.name);
        let base = name::base(&name, given.kind, scope.allows_utf8);
        let unit = base.clone().and_then(|base| scope.unit_of(base, given.kind));
        let description = Description {
            name: base.as_deref().unwrap_or(&name).into(),
            constant_labels: Arc::clone(&scope.labels),
            unit: unit.clone().unwrap_or_default(),
            has_plain_bounds: scope.has_plain_bounds,
            ..given
        };
        let checked = unit.and_then(|_| check_labels(scope, &description));
        let failure = match checked {
            Err(RegisterError::InvalidName { .. }) => Some("invalid name"),
            Err(_) => Some("invalid label name"),
            Ok(()) if description.help.is_empty() => Some("empty help"),
            Ok(()) => shape_failure(&description),
        };
        Self { description, series: Vec::new(), series_limit, failure, lost: Vec::new() }
    }

    /// Adds a series, unless something was wrong with the family before. An invalid value
    /// costs its series alone.
    pub(crate) fn add(&mut self, labels: &[&str], value: CollectedValue) {
        if self.failure.is_some() {
            return;
        }
        if let Some(failure) = value_failure(&self.description, &value) {
            if !self.lost.contains(&failure) {
                self.lost.push(failure);
            }
        } else if self.series.len() >= self.series_limit {
            self.fail("too many series");
        } else {
            self.series.push((LabelValues::new(labels), value));
        }
    }

    /// Gives the family up, and the memory of what was there of it.
    pub(crate) fn fail(&mut self, failure: &'static str) {
        self.series = Vec::new();
        self.failure = Some(failure);
    }

    /// Finds what cannot be seen before all series are there. A family that lost all of
    /// them is lost.
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

/// The states of a state set are told apart by a label that is named as the family.
fn check_labels(scope: &Scope, description: &Description) -> Result<(), RegisterError> {
    let own_name = (description.kind == Kind::StateSet).then_some(&*description.name);
    let own = description.label_names.iter().map(|label| &**label).chain(own_name);
    name::check_labels(&description.name, &scope.label_names(own), scope.allows_utf8)
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
        CollectedValue::Counter(_) | CollectedValue::Gauge(_) | CollectedValue::Info => (0, 0),
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

/// Whether the count of a histogram is a `u64`.
fn can_be_added_up(buckets: &[u64]) -> bool {
    buckets.iter().try_fold(0_u64, |count, bucket| count.checked_add(*bucket)).is_some()
}

/// Whether a counter can have that value.
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
