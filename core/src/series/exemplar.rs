//! Exemplars: single observations that represent a bucket, with labels of their origin.

use std::time::SystemTime;

use crate::checked::guaranteed;
use crate::names::legacy::is_legacy_label_name;
use crate::names::name;
use crate::sync::{ArcSlot, Kept};
use crate::value::Number;

/// The most characters of all names and values of an exemplar's labels, by OpenMetrics.
const MOST_CHARACTERS: usize = 128;

/// One observation, or one add to a counter, with labels of its origin: a trace, a
/// request.
///
/// Every exemplar fits OpenMetrics: its label names are distinct and match
/// `[a-zA-Z_][a-zA-Z0-9_]*`, no value contains NUL, and all together have at most 128
/// characters. Setting any other is rejected: the previous exemplar stays, and
/// `tickmark_exemplars_rejected_total{family="…"}` counts the rejection.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Names and values in turn, each with a NUL behind it, which none of them contains.
    /// One allocation, because a page waits for each memory access of each exemplar.
    labels: Box<str>,
    label_count: usize,
    value: Number,
    time: SystemTime,
}

impl Exemplar {
    pub(super) fn new(labels: &[(&str, &str)], value: Number) -> Self {
        let label_count = labels.len();
        let length = labels.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut text = String::with_capacity(length);
        for part in labels.iter().flat_map(|(name, value)| [*name, *value]) {
            text.push_str(part);
            text.push(name::NUL);
        }
        Self { labels: text.into(), label_count, value, time: SystemTime::now() }
    }

    /// Returns the labels, names with values, as given.
    #[must_use]
    pub fn labels(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let mut parts = self.labels.split(name::NUL);
        let mut part = move || guaranteed(parts.next(), "each label has two parts");
        (0..self.label_count).map(move |_| (part(), part()))
    }

    /// Returns the observed or added value, in units of exposition.
    #[must_use]
    pub fn value(&self) -> Number {
        self.value
    }

    /// Returns the time of the record.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }
}

/// The last exemplar of each bucket of a series. A counter has one bucket.
#[derive(Debug)]
pub(crate) struct Exemplars(pub(super) Box<[ArcSlot<Exemplar>]>);

impl Exemplars {
    pub(super) fn new(bucket_count: usize) -> Self {
        Self(std::iter::repeat_with(ArcSlot::default).take(bucket_count).collect())
    }
}

/// The exemplars of a series, the last of each bucket.
#[derive(Debug)]
pub struct SeriesExemplars(pub(super) Kept<Exemplars>);

impl SeriesExemplars {
    /// Calls `show` with the exemplar of a bucket, by index; the last bucket is `+Inf`,
    /// and a counter has bucket 0 only. `None` if none was set.
    ///
    /// It may be newer than the value that was read, but always belongs to that bucket.
    /// Lock-free. Allocates nothing.
    pub fn show<T>(&self, bucket: usize, show: impl FnOnce(&Exemplar) -> T) -> Option<T> {
        self.0.get()?.0.get(bucket)?.load().get().map(show)
    }
}

/// Returns whether every OpenMetrics parser accepts these labels. Reads no more
/// characters than the limit.
pub(super) fn can_be_shown(labels: &[(&str, &str)]) -> bool {
    let mut left = MOST_CHARACTERS;
    let mut fits = |text: &str| {
        let rest = left.checked_sub(text.chars().take(left + 1).count());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    labels.iter().enumerate().all(|(index, (name, value))| {
        fits(name)
            && fits(value)
            && is_legacy_label_name(name)
            && labels.iter().take(index).all(|(before, _)| before != name)
            // Prometheus rejects a page with NUL as a whole.
            && !value.contains(name::NUL)
    })
}
