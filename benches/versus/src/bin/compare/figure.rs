//! Figures: medians over processes, with their spread.

use crate::record::Sample;

/// The measurements of several processes.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Figure {
    fn of(values: &[f64]) -> Option<Self> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        Some(Self { median: values[values.len() / 2], low, high })
    }

    /// Half of the spread, relative to the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median.abs()
    }

    pub(crate) fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// Identifies one measured quantity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) chapter: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) x: Option<u64>,
    pub(crate) subject: &'a str,
}

/// All measurements of one run.
#[derive(Clone, Copy)]
pub(crate) struct Figures<'a>(pub(crate) &'a [Sample]);

impl<'a> Figures<'a> {
    fn values(self, key: Key<'_>) -> impl Iterator<Item = (usize, f64)> {
        let is_it = move |sample: &&Sample| {
            sample.chapter == key.chapter
                && sample.operation == key.operation
                && sample.x == key.x
                && sample.subject == key.subject
        };
        self.0
            .iter()
            .filter(is_it)
            .map(|sample| (sample.process, sample.value))
            .collect::<Vec<_>>()
            .into_iter()
    }

    pub(crate) fn figure(self, key: Key<'_>) -> Option<Figure> {
        Figure::of(&self.values(key).map(|(_, value)| value).collect::<Vec<_>>())
    }

    /// The ratio of the first to the second: within each process, then over the
    /// processes.
    pub(crate) fn ratio(self, one: Key<'_>, other: Key<'_>) -> Option<Figure> {
        self.both(one, other, |one, other| one / other)
    }

    /// The difference of the first and the second, in the same way.
    pub(crate) fn difference(self, one: Key<'_>, other: Key<'_>) -> Option<Figure> {
        self.both(one, other, |one, other| one - other)
    }

    fn both(self, one: Key<'_>, other: Key<'_>, of: impl Fn(f64, f64) -> f64) -> Option<Figure> {
        let others: Vec<_> = self.values(other).collect();
        let of_process = |(process, value): (usize, f64)| {
            let (_, other) = others.iter().find(|(of, _)| *of == process)?;
            Some(of(value, *other))
        };
        Figure::of(&self.values(one).filter_map(of_process).collect::<Vec<_>>())
    }

    /// The ratio to tickmark doing the same.
    pub(crate) fn times_ours(self, key: Key<'_>) -> Option<Figure> {
        self.ratio(key, Key { subject: OURS, ..key })
    }

    /// The ratio to tickmark doing the same in the same way: by static labels, for a
    /// subject that finds series by them.
    pub(crate) fn times_like(self, key: Key<'_>) -> Option<Figure> {
        let like = key.subject.ends_with(STATIC).then(|| format!("{OURS}{STATIC}"));
        let same_way = like.and_then(|ours| self.ratio(key, Key { subject: &ours, ..key }));
        same_way.or_else(|| self.times_ours(key))
    }

    /// The operations of a chapter, in the order of measurement.
    pub(crate) fn operations(self, chapter: &str) -> Vec<&'a str> {
        unique(self.of_chapter(chapter).map(|sample| sample.operation.as_str()))
    }

    pub(crate) fn xs(self, chapter: &str, operation: &str) -> Vec<Option<u64>> {
        let mut xs = unique(self.of_operation(chapter, operation).map(|sample| sample.x));
        xs.sort_unstable();
        xs
    }

    pub(crate) fn subjects(self, chapter: &str, operation: &str) -> Vec<&'a str> {
        unique(self.of_operation(chapter, operation).map(|sample| sample.subject.as_str()))
    }

    pub(crate) fn unit(self, chapter: &str, operation: &str) -> &'a str {
        self.of_operation(chapter, operation)
            .map(|sample| sample.unit.as_str())
            .next()
            .unwrap_or_default()
    }

    fn of_chapter(self, chapter: &str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.chapter == chapter)
    }

    fn of_operation(self, chapter: &str, operation: &str) -> impl Iterator<Item = &'a Sample> {
        self.of_chapter(chapter).filter(move |sample| sample.operation == operation)
    }
}

/// The suffix of a subject whose labels are `&'static str`.
const STATIC: &str = ", static labels";

/// The reference library.
pub(crate) const OURS: &str = "tickmark";

/// Returns whether a subject is the bare machine or a bare service.
pub(crate) fn is_limit(subject: &str) -> bool {
    subject.starts_with("limit: ")
        || subject == "bare"
        || subject.ends_with("that does nothing")
        || subject.starts_with("without ")
}

/// Without duplicates, in order of first occurrence.
fn unique<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut found, one| {
        if !found.contains(&one) {
            found.push(one);
        }
        found
    })
}
