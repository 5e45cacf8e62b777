//! The walk: what an exporter is shown of a registry, in no format at all.

use std::iter;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::bounds::Scale;
use crate::collected::CollectedFamily;
use crate::exemplar::Exemplar;
use crate::family::FamilyCore;
use crate::faults::Faults;
use crate::labels::LabelValues;
use crate::parity::Reading;
use crate::scope::ConstantLabels;
use crate::series::Series;
use crate::sync;
use crate::value::{Kind, Value};

/// The families of a registry at one moment, in the order of their names: those that are registered, and those that the
/// collectors yielded for this very value.
#[derive(Clone, Debug)]
pub struct Families {
    pub(crate) recorded: Arc<[Arc<FamilyCore>]>,
    /// In the order of their names.
    pub(crate) collected: Vec<Arc<CollectedFamily>>,
    /// Above the identity of every series that there was when this was made.
    pub(crate) end_id: u64,
    pub(crate) faults: Arc<Faults>,
}

impl Families {
    /// Each family; those in which the engine reports faults only if there were any when this was made. Takes the locks of
    /// those for a moment.
    pub fn iter(&self) -> impl Iterator<Item = FamilyView<'_>> {
        let shown = self.recorded.iter().filter(|family| family.is_shown(self.end_id));
        let view = |source| FamilyView { source, end_id: self.end_id, faults: &self.faults };
        let mut recorded = shown.map(move |family| view(Source::Recorded(family))).peekable();
        let mut collected = self.collected.iter().map(move |family| view(Source::Collected(family))).peekable();
        iter::from_fn(move || match (recorded.peek(), collected.peek()) {
            (Some(one), Some(other)) if one.name() < other.name() => recorded.next(),
            (_, Some(_)) => collected.next(),
            (_, None) => recorded.next(),
        })
    }
}

/// A family as an exporter sees it.
#[derive(Clone, Copy, Debug)]
pub struct FamilyView<'a> {
    source: Source<'a>,
    /// See [`Families`].
    end_id: u64,
    faults: &'a Faults,
}

/// Where the values of a family come from.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// Handles, which record them.
    Recorded(&'a FamilyCore),
    /// A collector, which computed them for this scrape.
    Collected(&'a CollectedFamily),
}

impl<'a> FamilyView<'a> {
    /// Identifies the family in this process; never given to another one.
    #[must_use]
    pub fn id(&self) -> u64 {
        match self.source {
            Source::Recorded(family) => family.id,
            Source::Collected(family) => family.id,
        }
    }

    /// The base name: a counter's without `_total`, an info family's without `_info`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self.source {
            Source::Recorded(family) => family.name(),
            Source::Collected(family) => &family.description.name,
        }
    }

    /// The help text, as given: any string but an empty one.
    #[must_use]
    pub fn help(&self) -> &'a str {
        match self.source {
            Source::Recorded(family) => &family.help,
            Source::Collected(family) => &family.description.help,
        }
    }

    /// What its series are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.source {
            Source::Recorded(family) => family.shape.kind(),
            Source::Collected(family) => family.description.content.kind(),
        }
    }

    /// The label names, in the order of each series' values: constant labels first.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let (constant, own) = match self.source {
            Source::Recorded(family) => (&family.constant_labels, &family.label_names),
            Source::Collected(family) => (&family.description.constant_labels, &family.description.label_names),
        };
        // By place, because a chain does not know its length.
        (0..constant.len() + own.len()).map(|place| match constant.get(place) {
            Some((name, _)) => &**name,
            None => own.get(place - constant.len()).map(|name| &**name).unwrap_or_default(),
        })
    }

    /// The unit, if one was given: the name ends in it.
    #[must_use]
    pub fn unit(&self) -> Option<&'a str> {
        match self.source {
            Source::Recorded(family) => family.unit.as_deref(),
            Source::Collected(family) => family.description.unit.as_deref(),
        }
    }

    /// Says that an exporter left this family, or a part of it, out of a page, and why, in a short fixed text.
    ///
    /// `tickmark_exposition_omissions_total{family="…",reason="…"}` counts that, on later pages.
    pub fn report_omission(&self, reason: &'static str) {
        let name = match self.source {
            Source::Recorded(family) => &family.exposed_name,
            Source::Collected(family) => &family.description.name,
        };
        self.faults.omissions.count(&[name, reason]);
    }

    /// The finite bounds of a histogram, in units of exposition; empty for other kinds.
    #[must_use]
    pub fn bounds(&self) -> &'a [f64] {
        match self.source {
            Source::Recorded(family) => family.shape.bounds(),
            Source::Collected(family) => family.description.content.bounds(),
        }
    }

    /// The unit of a histogram's sums; `One` for float histograms and other kinds.
    #[must_use]
    pub fn scale(&self) -> Scale {
        match self.source {
            Source::Recorded(family) => family.shape.scale(),
            Source::Collected(_) => Scale::One,
        }
    }

    /// The quantiles of a summary, from 0 to 1, in the order of each series' values; empty for other kinds.
    #[must_use]
    pub fn quantiles(&self) -> &'a [f64] {
        match self.source {
            Source::Recorded(_) => &[],
            Source::Collected(family) => family.description.content.quantiles(),
        }
    }

    /// The states of a state set, in the order of each series' values; empty for other kinds.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let states = match self.source {
            Source::Recorded(_) => &[],
            Source::Collected(family) => family.description.content.states(),
        };
        states.iter().map(|state| &**state)
    }

    /// Reads the series from slot `from` on, in the order of their slots (collected ones: in that of the collector), until
    /// `visit` breaks. Returns the slot after the one that it broke at, or `None` if it saw the last.
    ///
    /// Values are exact, and each histogram is one state of itself. Every series is seen that was there when the
    /// [`Families`] were asked for and still is, none that came later, and no label set twice. What has been idle for too
    /// long ([`Family::set_idle_expiry`](crate::Family::set_idle_expiry)) goes instead of being seen.
    ///
    /// Nobody waits for this, so `visit` may do whatever it likes. Takes a lock for a moment where series were removed or
    /// may expire; lock-free otherwise.
    pub fn visit(
        &self,
        from: usize,
        scratch: &mut Scratch,
        visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
    ) -> Option<usize> {
        match self.source {
            Source::Recorded(family) => visit_recorded(family, self.end_id, from, scratch, visit),
            Source::Collected(family) => visit_collected(family, from, visit),
        }
    }
}

fn visit_recorded(
    family: &FamilyCore,
    end_id: u64,
    from: usize,
    scratch: &mut Scratch,
    mut visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> Option<usize> {
    let now = family.watch.now();
    let mut left = from..family.table.slots().end;
    while let Some((slot, kept)) = family.next_shown(&mut left, end_id, now, &mut scratch.reading) {
        let Some(series) = kept.get() else { continue };
        let value = family.read(series, &mut scratch.reading);
        if visit(SeriesView::new(family, slot, series), value).is_break() {
            return Some(left.start);
        }
    }
    None
}

fn visit_collected(
    family: &CollectedFamily,
    from: usize,
    mut visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> Option<usize> {
    let constant_labels = &family.description.constant_labels;
    family.series.iter().enumerate().skip(from).find_map(|(slot, series)| {
        let view = SeriesView { slot, id: series.id, constant_labels, labels: &series.labels, recorded: None };
        visit(view, series.value()).is_break().then_some(slot + 1)
    })
}

/// Memory that reading histograms uses again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    reading: Reading,
}

/// A series as an exporter sees it.
#[derive(Clone, Copy, Debug)]
pub struct SeriesView<'a> {
    slot: usize,
    id: u64,
    constant_labels: &'a ConstantLabels,
    labels: &'a LabelValues,
    /// What a collected series does not have.
    recorded: Option<(&'a FamilyCore, &'a Series)>,
}

impl<'a> SeriesView<'a> {
    pub(crate) fn new(family: &'a FamilyCore, slot: usize, series: &'a Series) -> Self {
        Self {
            slot,
            id: series.id,
            constant_labels: &family.constant_labels,
            labels: &series.labels,
            recorded: Some((family, series)),
        }
    }

    /// Identifies the series in this process; never given to another one. Later series of a registered family have
    /// higher ones.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The place of the series in its family: slots are dense, so an exporter may keep what it knows of a series in a
    /// list. Another series may have the slot later; its [`id`](Self::id) then differs.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The label values, in the order of the family's label names: constant labels first.
    pub fn label_values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.constant_labels.iter().map(|(_, value)| &**value).chain(self.labels.iter())
    }

    /// When it came into being, if its family keeps that ([`Registry::with_created_times`](crate::Registry::with_created_times)).
    #[must_use]
    #[inline]
    pub fn created(&self) -> Option<SystemTime> {
        let (family, _) = self.recorded?;
        family.created.as_ref()?.get(self.slot)
    }

    /// Whether any exemplar was set in it.
    #[must_use]
    #[inline]
    pub fn has_exemplars(&self) -> bool {
        self.recorded.is_some_and(|(_, series)| series.has_exemplars())
    }

    /// The last exemplar of a bucket, by its number (the last is beyond all bounds); a counter has one with the number 0.
    ///
    /// It may be newer than the value that was read, but it is always of that bucket. Lock-free.
    #[must_use]
    pub fn exemplar(&self, place: usize) -> Option<sync::Arc<Exemplar>> {
        self.recorded?.1.exemplar(place)
    }
}
