//! Exemplars: single observations that stand for all of a bucket, with labels that lead
//! to where they came from.

use std::time::SystemTime;

use crate::names::legacy::is_legacy_label_name;
use crate::names::name;
use crate::series::fault_counts;
use crate::series::series::Series;
use crate::sync::{Arc, ArcSlot, Kept};
use crate::value::Number;

/// Characters that the names and values of an exemplar's labels may have together, by
/// OpenMetrics.
const MOST_CHARACTERS: usize = 128;

/// One observation, or one add to a counter, and labels that say where it came from: a
/// trace, a request.
///
/// Every exemplar fits OpenMetrics: its label names are distinct and match
/// `[a-zA-Z_][a-zA-Z0-9_]*`, no value contains NUL, and all together have at most 128
/// characters. Others are refused when they are set: the last one stays, and
/// `tickmark_exemplars_rejected_total{family="…"}` counts the refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Names and values in turn, each with a NUL behind it, which none of them contains.
    /// One piece of memory: a page that fetches several for each exemplar waits for each.
    labels: Box<str>,
    label_count: usize,
    value: Number,
    time: SystemTime,
}

impl Exemplar {
    fn new(labels: &[(&str, &str)], value: Number) -> Self {
        let label_count = labels.len();
        let length = labels.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut text = String::with_capacity(length);
        for part in labels.iter().flat_map(|(name, value)| [*name, *value]) {
            text.push_str(part);
            text.push(name::NUL);
        }
        Self { labels: text.into(), label_count, value, time: SystemTime::now() }
    }

    /// Its labels, names with values, as they were given.
    #[must_use]
    pub fn labels(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let mut parts = self.labels.split(name::NUL);
        let mut part = move || parts.next().unwrap_or_default();
        (0..self.label_count).map(move |_| (part(), part()))
    }

    /// What was observed or added, in units of exposition.
    #[must_use]
    pub fn value(&self) -> Number {
        self.value
    }

    /// When it was recorded.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }
}

/// The last exemplar of each bucket of a series; a counter has one place.
#[derive(Debug)]
pub(crate) struct Exemplars(Box<[ArcSlot<Exemplar>]>);

impl Exemplars {
    fn new(place_count: usize) -> Self {
        Self(std::iter::repeat_with(ArcSlot::default).take(place_count).collect())
    }
}

/// The exemplars of a series, as an exporter sees them: the last of each bucket.
#[derive(Debug)]
pub struct SeriesExemplars(Kept<Exemplars>);

impl SeriesExemplars {
    /// Shows the exemplar of a bucket, by its number (the last is beyond all bounds); a
    /// counter has one with the number 0. Returns `None` if none was set.
    ///
    /// It may be newer than the value that was read, but it is always of that bucket.
    /// Lock-free. Allocates nothing.
    pub fn show<T>(&self, place: usize, show: impl FnOnce(&Exemplar) -> T) -> Option<T> {
        self.0.get()?.0.get(place)?.load().get().map(show)
    }
}

/// Puts an exemplar where the last one of this bucket was, unless no page could show it.
/// Lock-free; allocates. The time that a refusal takes is bounded, and it allocates
/// nothing.
pub(crate) fn set_exemplar(
    series: &Kept<Series>,
    place: usize,
    place_count: usize,
    labels: &[(&str, &str)],
    value: Number,
) {
    if !can_be_shown(labels) {
        return fault_counts::reject_exemplar(series);
    }
    let Some(series) = series.get() else { return };
    let exemplars = series.exemplars.get_or_init(|| Exemplars::new(place_count));
    if let Some(place) = exemplars.get().and_then(|exemplars| exemplars.0.get(place)) {
        place.store(Arc::new(Exemplar::new(labels, value)));
        if let Some(counts) = series.fault_counts() {
            counts.exemplars().happened();
        }
    }
}

/// Whether every reader of OpenMetrics takes these labels. Looks at no more characters
/// than may be there.
fn can_be_shown(labels: &[(&str, &str)]) -> bool {
    let mut left = MOST_CHARACTERS;
    let mut fits = |text: &str| {
        let rest = left.checked_sub(text.chars().take(left + 1).count());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    labels.iter().enumerate().all(|(place, (name, value))| {
        fits(name)
            && fits(value)
            && is_legacy_label_name(name)
            && labels.iter().take(place).all(|(before, _)| before != name)
            // Prometheus refuses the whole page.
            && !value.contains(name::NUL)
    })
}

impl Series {
    /// Returns the last exemplar of each bucket, if any was set.
    pub(crate) fn exemplars(&self) -> Option<SeriesExemplars> {
        let kept = self.exemplars.load();
        kept.get().is_some().then_some(SeriesExemplars(kept))
    }

    /// The last exemplar of a bucket.
    pub(crate) fn exemplar(&self, place: usize) -> Option<Arc<Exemplar>> {
        self.exemplars.load().get()?.0.get(place)?.load_full()
    }
}
