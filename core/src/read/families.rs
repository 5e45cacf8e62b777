//! The families of a registry as an exporter sees them.

use std::iter;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::bounds::scale::Scale;
use crate::collect::collected::CollectedFamily;
use crate::family::core::FamilyCore;
use crate::family::faults::Faults;
use crate::names::description::Description;
use crate::read::walk::{Scratch, visit_collected, visit_recorded};
use crate::series::view::SeriesView;
use crate::value::{Kind, Value};

/// The families of a registry at one moment, in the order of their names: those that are
/// registered, and those that the collectors yielded for this very value.
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
    /// Each family; those in which the engine reports faults only if there were any when
    /// this was made. Takes the locks of those for a moment.
    pub fn iter(&self) -> impl Iterator<Item = FamilyView<'_>> {
        // Computed ones are among the collected.
        let is_recorded = |family: &&Arc<FamilyCore>| family.computed.is_none();
        let recorded = self.recorded.iter().filter(is_recorded);
        let shown = recorded.filter(|family| family.is_shown(self.end_id));
        let view = |(id, help), description, source| FamilyView {
            id,
            help,
            description,
            source,
            end_id: self.end_id,
            faults: &self.faults,
        };
        let mut recorded = shown
            .map(move |family| view(family.help(), &family.description, Source::Recorded(family)))
            .peekable();
        let collected = self.collected.iter();
        let mut collected = collected
            .map(move |family| {
                view(
                    (family.id, &*family.description.help),
                    &family.description,
                    Source::Collected(family),
                )
            })
            .peekable();
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
    id: u64,
    help: &'a str,
    description: &'a Description,
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
    /// Identifies the family with its metadata in this process. Never given to another
    /// family; a changed help text comes with another identity.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The base name: a counter's without `_total`, an info family's without `_info`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.description.name
    }

    /// The help text, as given: any string but an empty one.
    #[must_use]
    pub fn help(&self) -> &'a str {
        self.help
    }

    /// What its series are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.description.kind
    }

    /// The suffix of the sample names of a counter or an info family: `_total` or `_info`.
    /// Empty for other kinds, and for a counter without `_total`: see
    /// [`Registry::with_counter_names_as_given`](crate::Registry::with_counter_names_as_given).
    #[must_use]
    pub fn sample_suffix(&self) -> &'static str {
        self.description.suffix
    }

    /// Returns whether each series has label names of its own, after those of
    /// [`label_names`](Self::label_names): see [`SeriesView::labels`].
    #[must_use]
    pub fn has_open_labels(&self) -> bool {
        self.description.has_open_labels
    }

    /// The label names, in the order of each series' values: constant labels first. Of an
    /// open family, only these.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let Description { constant_labels, label_names, .. } = self.description;
        // By place, because a chain does not know its length.
        (0..constant_labels.len() + label_names.len()).map(|place| {
            match constant_labels.get(place) {
                Some((name, _)) => &**name,
                None => label_names
                    .get(place - constant_labels.len())
                    .map(|name| &**name)
                    .unwrap_or_default(),
            }
        })
    }

    /// The unit, if one was given: the name ends in it.
    #[must_use]
    pub fn unit(&self) -> Option<&'a str> {
        self.description.unit.as_deref()
    }

    /// Says that an exporter left this family, or a part of it, out of a page, and why,
    /// in a short fixed text.
    ///
    /// `tickmark_exposition_omissions_total{family="…",reason="…"}` counts that, on later
    /// pages.
    pub fn report_omission(&self, reason: &'static str) {
        self.faults.omissions.count(&[&self.description.exposed_name(), reason]);
    }

    /// The finite bounds of a histogram, in units of exposition; empty for other kinds.
    #[must_use]
    pub fn bounds(&self) -> &'a [f64] {
        &self.description.bounds
    }

    /// Returns whether bounds and quantiles are written as plain decimals, `1` and not
    /// `1.0`: see [`Registry::with_plain_bounds`](crate::Registry::with_plain_bounds).
    #[must_use]
    pub fn has_plain_bounds(&self) -> bool {
        self.description.has_plain_bounds
    }

    /// The unit of a histogram's sums as far as they are whole numbers; `One` for float
    /// histograms and other kinds.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.description.scale
    }

    /// The quantiles of a summary, from 0 to 1, in the order of each series' values;
    /// empty for other kinds.
    #[must_use]
    pub fn quantiles(&self) -> &'a [f64] {
        &self.description.quantiles
    }

    /// The states of a state set, in the order of each series' values; empty for other
    /// kinds.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.description.states.iter().map(|state| &**state)
    }

    /// Reads the series from slot `from` on, in the order of their slots (collected ones:
    /// in that of the collector), until `visit` breaks. Returns the slot after the one
    /// that it broke at, or `None` if it saw the last.
    ///
    /// Values are exact, and each histogram is one state of itself. Every series is seen
    /// that was there when the [`Families`] were asked for and still is, none that came
    /// later, and no label set twice. What has been idle for too long
    /// ([`Family::set_idle_expiry`](crate::Family::set_idle_expiry)) goes instead of
    /// being seen.
    ///
    /// Nobody waits for this, so `visit` may do whatever it likes; but while it runs, the
    /// series that it is shown, and up to 31 neighbours of a counter or a gauge, are held
    /// as by a handle, so they can only be marked for removal. Takes a lock for a moment
    /// where series came or went since the last walk or may expire, and where few are
    /// left of many; lock-free otherwise. Of a family with 32 counters or gauges and more
    /// it keeps a list: 17 bytes a series.
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
