//! Exemplars: single observations that stand for all of a bucket, with labels that lead to where they came from.

use std::time::SystemTime;

use crate::ever::Ever;
use crate::series::Series;
use crate::sync::{Arc, ArcSlot, Kept};
use crate::value::Number;

/// One observation, or one add to a counter, and labels that say where it came from: a trace, a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    labels: Box<[(Box<str>, Box<str>)]>,
    value: Number,
    time: SystemTime,
}

impl Exemplar {
    pub(crate) fn new(labels: &[(&str, &str)], value: Number) -> Self {
        let labels = labels.iter().map(|(name, value)| (Box::from(*name), Box::from(*value))).collect();
        Self { labels, value, time: SystemTime::now() }
    }

    /// Its labels, names with values, as they were given.
    #[must_use]
    pub fn labels(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (&**name, &**value))
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

/// Puts an exemplar where the last one of this bucket was. Lock-free; allocates.
pub(crate) fn set_exemplar(series: &Kept<Series>, place: usize, place_count: usize, exemplar: Exemplar) {
    let Some(series) = series.get() else { return };
    let exemplars = series.exemplars.get_or_init(|| Exemplars::new(place_count));
    if let Some(place) = exemplars.get().and_then(|exemplars| exemplars.0.get(place)) {
        place.store(Arc::new(exemplar));
        ANY.happened();
    }
}

/// Whether any was ever set in this process: until then, scrapes need not look.
static ANY: Ever = Ever::new();

impl Series {
    /// Whether any was set.
    #[inline]
    pub(crate) fn has_exemplars(&self) -> bool {
        ANY.has_happened() && self.exemplars.load().get().is_some()
    }

    /// The last exemplar of a bucket.
    pub(crate) fn exemplar(&self, place: usize) -> Option<Arc<Exemplar>> {
        self.exemplars.load().get()?.0.get(place)?.load_full()
    }
}
