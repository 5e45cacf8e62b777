//! Families whose labels are settings, and dense tables of their series.

use std::fmt;
use std::sync::OnceLock;

use tickmark::{Family, Metric, RegisterError, Registry};

use crate::labels::dimension::{Axes, DimensionLabel, Facts, Texts};

/// The definition of a family.
pub(crate) struct Description<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    /// At most six.
    pub(crate) labels: &'a [DimensionLabel],
    pub(crate) series_limit: usize,
}

/// A family whose labels are settings.
pub(crate) struct Labelled<M> {
    find: Finder<M>,
    axes: Axes,
}

impl<M: Metric> Labelled<M> {
    /// Registers a family.
    pub(crate) fn register(
        registry: &Registry,
        description: &Description<'_>,
        settings: &M::Settings,
        texts: &Texts,
    ) -> Result<Self, RegisterError> {
        let find = match *description.labels {
            [] => finder(registry, description, [], settings, texts),
            [a] => finder(registry, description, [a], settings, texts),
            [a, b] => finder(registry, description, [a, b], settings, texts),
            [a, b, c] => finder(registry, description, [a, b, c], settings, texts),
            [a, b, c, d] => finder(registry, description, [a, b, c, d], settings, texts),
            [a, b, c, d, e] => finder(registry, description, [a, b, c, d, e], settings, texts),
            [a, b, c, d, e, f, ref more @ ..] => {
                debug_assert!(more.is_empty(), "the longest preset and its options are six");
                finder(registry, description, [a, b, c, d, e, f], settings, texts)
            }
        }?;
        Ok(Self { find, axes: Axes::of(description.labels, texts.statuses) })
    }
}

type Finder<M> = Box<dyn Fn(&Facts) -> M + Send + Sync>;

fn finder<M: Metric, const N: usize>(
    registry: &Registry,
    description: &Description<'_>,
    labels: [DimensionLabel; N],
    settings: &M::Settings,
    texts: &Texts,
) -> Result<Finder<M>, RegisterError> {
    let names = labels.map(|(_, name)| name);
    let family: Family<M, N> =
        registry.family(description.name, description.help, names, settings)?;
    family.set_series_limit(description.series_limit);
    let texts = texts.clone();
    Ok(Box::new(move |facts| {
        family.handle(labels.map(|(dimension, _)| facts.text(dimension, &texts)))
    }))
}

impl<M> fmt::Debug for Labelled<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labelled").field("axes", &self.axes).finish_non_exhaustive()
    }
}

/// The series of one family for one route and method, each created by its first record.
///
/// A record finds its series by an index computed from the request, without a hash or a
/// lock. Core's closed families cannot serve here: their labels are types, these are
/// settings.
pub(crate) struct Dense<M: 'static> {
    /// None if the metric is disabled.
    family: Option<&'static Labelled<M>>,
    /// A copy of the family's, to save an indirection.
    axes: Axes,
    /// The only series, where the axes have one index.
    only: OnceLock<M>,
    /// The series by index, where the axes have several.
    several: Option<Box<[OnceLock<M>]>>,
}

impl<M> Dense<M> {
    pub(crate) fn of(family: &'static Option<Labelled<M>>) -> Self {
        let family = family.as_ref();
        let axes = family.map(|family| family.axes).unwrap_or_default();
        let count = axes.count();
        let several = (count > 1).then(|| (0..count).map(|_| OnceLock::new()).collect());
        Self { family, axes, only: OnceLock::new(), several }
    }

    /// Records in the series of a request. Does nothing if the metric is disabled.
    #[inline]
    pub(crate) fn record(&self, facts: impl Fn() -> Facts, record: impl FnOnce(&M)) {
        match self.known(&facts) {
            Some(series) => record(series),
            None if self.family.is_some() => self.record_first(&facts(), record),
            None => {}
        }
    }

    /// Returns the series of a request, if it has an index and exists.
    #[inline]
    fn known(&self, facts: &impl Fn() -> Facts) -> Option<&M> {
        match &self.several {
            None => self.only.get(),
            Some(several) => several.get(self.axes.index(&facts())?)?.get(),
        }
    }

    #[cold]
    #[inline(never)]
    fn record_first(&self, facts: &Facts, record: impl FnOnce(&M)) {
        let Some(family) = self.family else { return };
        let Some(several) = &self.several else {
            return record(self.only.get_or_init(|| (family.find)(facts)));
        };
        match self.axes.index(facts).and_then(|index| several.get(index)) {
            Some(series) => record(series.get_or_init(|| (family.find)(facts))),
            None => record(&(family.find)(facts)),
        }
    }

    /// Returns the only series for this route and method; none if the metric is disabled
    /// or has several.
    #[inline]
    pub(crate) fn only(&self, facts: impl Fn() -> Facts) -> Option<&M> {
        self.only.get().or_else(|| self.only_first(&facts()))
    }

    #[cold]
    #[inline(never)]
    fn only_first(&self, facts: &Facts) -> Option<&M> {
        let family = self.family.filter(|_| self.several.is_none())?;
        Some(self.only.get_or_init(|| (family.find)(facts)))
    }

    /// Creates the series of a request, so that it is exposed before its first record.
    /// Does nothing if the facts do not determine a series.
    pub(crate) fn expose(&self, facts: Facts) {
        if self.family.is_some_and(|family| family.axes.are_known(&facts)) {
            self.record(|| facts, |_| ());
        }
    }
}
