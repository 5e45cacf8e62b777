//! Families whose labels are data, and their series at places that need no look-up.

use std::fmt;
use std::sync::OnceLock;

use tickmark::{
    Bounds, Counter, Family, Histogram, Metric, RegisterError, Registry, UpDownCounter,
};

use crate::dimension::{Axes, Facts, Label, Texts};

/// What a family is registered with.
pub(crate) struct Description<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) labels: &'a [Label],
    pub(crate) series_limit: usize,
}

/// A family, whatever its labels are.
pub(crate) struct Labelled<M> {
    find: Finder<M>,
    axes: Axes,
}

impl<M: Kind> Labelled<M> {
    /// Registers a family with at most six labels.
    pub(crate) fn register(
        registry: &Registry,
        description: &Description<'_>,
        settings: &<M as Kind>::Settings,
        texts: &Texts,
    ) -> Result<Self, RegisterError> {
        let find = match *description.labels {
            [] => finder(registry, description, [], settings, texts),
            [a] => finder(registry, description, [a], settings, texts),
            [a, b] => finder(registry, description, [a, b], settings, texts),
            [a, b, c] => finder(registry, description, [a, b, c], settings, texts),
            [a, b, c, d] => finder(registry, description, [a, b, c, d], settings, texts),
            [a, b, c, d, e] => finder(registry, description, [a, b, c, d, e], settings, texts),
            [a, b, c, d, e, f, ..] => {
                finder(registry, description, [a, b, c, d, e, f], settings, texts)
            }
        }?;
        Ok(Self { find, axes: Axes::of(description.labels, texts.statuses) })
    }
}

type Finder<M> = Box<dyn Fn(&Facts) -> M + Send + Sync>;

fn finder<M: Kind, const N: usize>(
    registry: &Registry,
    description: &Description<'_>,
    labels: [Label; N],
    settings: &<M as Kind>::Settings,
    texts: &Texts,
) -> Result<Finder<M>, RegisterError> {
    let Description { name, help, series_limit, .. } = *description;
    let family = M::family(registry, name, help, labels.map(|(_, name)| name), settings)?;
    family.set_series_limit(series_limit);
    let texts = texts.clone();
    Ok(Box::new(move |facts| {
        family.with(labels.map(|(dimension, _)| facts.text(dimension, &texts))).clone()
    }))
}

impl<M> fmt::Debug for Labelled<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labelled").field("axes", &self.axes).finish_non_exhaustive()
    }
}

/// A kind of metric that families are made of here.
pub(crate) trait Kind: Metric {
    /// What it takes beyond a name.
    type Settings;

    fn family<const N: usize>(
        registry: &Registry,
        name: &str,
        help: &str,
        labels: [&str; N],
        settings: &<Self as Kind>::Settings,
    ) -> Result<Family<Self, N>, RegisterError>;
}

impl Kind for Counter {
    type Settings = ();

    fn family<const N: usize>(
        registry: &Registry,
        name: &str,
        help: &str,
        labels: [&str; N],
        (): &(),
    ) -> Result<Family<Self, N>, RegisterError> {
        registry.counter_family(name, help, labels)
    }
}

impl Kind for UpDownCounter {
    type Settings = ();

    fn family<const N: usize>(
        registry: &Registry,
        name: &str,
        help: &str,
        labels: [&str; N],
        (): &(),
    ) -> Result<Family<Self, N>, RegisterError> {
        registry.up_down_counter_family(name, help, labels)
    }
}

impl Kind for Histogram {
    type Settings = Bounds;

    fn family<const N: usize>(
        registry: &Registry,
        name: &str,
        help: &str,
        labels: [&str; N],
        bounds: &Bounds,
    ) -> Result<Family<Self, N>, RegisterError> {
        registry.histogram_family(name, help, labels, bounds)
    }
}

/// The series of one family for one route and method, each from its first record on.
///
/// A record finds its series by what the request is: no hash, no lock.
pub(crate) struct Places<M: 'static> {
    /// None if the family is switched off.
    family: Option<&'static Labelled<M>>,
    /// Those of the family, at hand.
    axes: Axes,
    /// Where nothing else tells series apart.
    only: OnceLock<M>,
    /// Where something does, by the place that it gives.
    several: Option<Box<[OnceLock<M>]>>,
}

impl<M> Places<M> {
    pub(crate) fn of(family: &'static Option<Labelled<M>>) -> Self {
        let family = family.as_ref();
        let axes = family.map(|family| family.axes).unwrap_or_default();
        let places = axes.places();
        let several = (places > 1).then(|| (0..places).map(|_| OnceLock::new()).collect());
        Self { family, axes, only: OnceLock::new(), several }
    }

    /// Records in the series of a request; nothing if the family is switched off.
    #[inline]
    pub(crate) fn record(&self, facts: impl Fn() -> Facts, record: impl FnOnce(&M)) {
        match self.known(&facts) {
            Some(series) => record(series),
            None if self.family.is_some() => self.record_first(&facts(), record),
            None => {}
        }
    }

    /// Returns the series of a request, if it has a place and was recorded in before.
    #[inline]
    fn known(&self, facts: &impl Fn() -> Facts) -> Option<&M> {
        match &self.several {
            None => self.only.get(),
            Some(places) => places.get(self.axes.place(&facts())?)?.get(),
        }
    }

    #[cold]
    #[inline(never)]
    fn record_first(&self, facts: &Facts, record: impl FnOnce(&M)) {
        let Some(family) = self.family else { return };
        let Some(places) = &self.several else {
            return record(self.only.get_or_init(|| (family.find)(facts)));
        };
        match self.axes.place(facts).and_then(|place| places.get(place)) {
            Some(series) => record(series.get_or_init(|| (family.find)(facts))),
            None => record(&(family.find)(facts)),
        }
    }

    /// The one series of the family for this route and method; none if it is switched
    /// off, or tells more apart.
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

    /// Makes the series of a request, so that it is exposed before anything is recorded
    /// in it; nothing if it takes to know a status that is not known.
    pub(crate) fn expose(&self, facts: Facts) {
        if self.family.is_some_and(|family| family.axes.are_known(&facts)) {
            self.record(|| facts, |_| ());
        }
    }
}
