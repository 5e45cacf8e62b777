//! The families of a registry, as exporters see them.

use std::iter;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::bounds::scale::Scale;
use crate::checked::guaranteed;
use crate::collect::collected::CollectedFamily;
use crate::family::core::FamilyCore;
use crate::family::faults::Faults;
use crate::names::description::Description;
use crate::read::walk::{Scratch, visit_collected, visit_recorded};
use crate::series::view::SeriesView;
use crate::value::{Kind, Value};

/// The families of a registry at one moment, in the order of their names: the registered
/// ones, and those that collectors computed for this value.
#[derive(Clone, Debug)]
pub struct Families {
    pub(crate) recorded: Arc<[Arc<FamilyCore>]>,
    /// In the order of their names.
    pub(crate) collected: Vec<Arc<CollectedFamily>>,
    /// Above the id of every series that existed when this was created.
    pub(crate) end_id: u64,
    pub(crate) faults: Arc<Faults>,
}

impl Families {
    /// Iterates over the families. Those that report faults are included only after a
    /// fault. Takes the locks of these for a moment.
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

/// A family, as exporters see it.
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

/// The source of the values of a family.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// Recorded by handles.
    Recorded(&'a FamilyCore),
    /// Computed by a collector for this scrape.
    Collected(&'a CollectedFamily),
}

impl<'a> FamilyView<'a> {
    /// Returns the id of the family with its help text, unique in the process and never
    /// reused. A changed help text comes with another id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the base name, without `_total` of a counter and `_info` of an info
    /// family.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.description.name
    }

    /// Returns the help text as given, which is not empty.
    #[must_use]
    pub fn help(&self) -> &'a str {
        self.help
    }

    /// Returns the type of the family.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.description.kind
    }

    /// Returns the suffix of the sample names: `_total` of a counter, `_info` of an info
    /// family. Empty for other kinds, and for a counter without `_total`: see
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

    /// Returns the label names, in the order of each series' values: constant labels
    /// first. Of an open family, only these.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let Description { constant_labels, label_names, .. } = self.description;
        // By index, because a chain is not an exact-size iterator.
        (0..constant_labels.len() + label_names.len()).map(|index| {
            match constant_labels.get(index) {
                Some((name, _)) => &**name,
                None => {
                    let own = label_names.get(index - constant_labels.len());
                    guaranteed(own.map(|name| &**name), "an index below both lengths")
                }
            }
        })
    }

    /// Returns the unit, if the family has one. The name ends in it.
    #[must_use]
    pub fn unit(&self) -> Option<&'a str> {
        self.description.unit.as_deref()
    }

    /// Reports that an exporter omitted this family, or a part of it, from a page.
    /// `reason` is a short fixed text.
    ///
    /// `tickmark_exposition_omissions_total{family="…",reason="…"}` counts the omission,
    /// on later pages.
    pub fn report_omission(&self, reason: &'static str) {
        self.faults.omissions.count(&[&self.description.exposed_name(), reason]);
    }

    /// Returns the finite bounds of a histogram, in units of exposition; empty for other
    /// kinds.
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

    /// Returns the unit of a histogram's whole sums; `One` for float histograms and other
    /// kinds.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.description.scale
    }

    /// Returns the quantiles of a summary, from 0 to 1, in the order of each series'
    /// values; empty for other kinds.
    #[must_use]
    pub fn quantiles(&self) -> &'a [f64] {
        &self.description.quantiles
    }

    /// Returns the states of a state set, in the order of each series' values; empty for
    /// other kinds.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.description.states.iter().map(|state| &**state)
    }

    /// Visits the series from slot `from` on, in the order of their slots, until `visit`
    /// breaks. Collected series are in the order of the collector. Returns the slot after
    /// the last visited one, or `None` at the end of the family.
    ///
    /// Values are exact, and each histogram is one state of itself. The walk visits every
    /// series that existed when the [`Families`] were created and still exists, no later
    /// series, and no label set twice. It removes series past their
    /// [idle expiry](crate::Family::set_idle_expiry) instead of visiting them.
    ///
    /// No thread waits while `visit` runs. The visited series, and up to 31 neighbours of
    /// a counter or a gauge, are held meanwhile as by a handle, so they can only be
    /// marked for removal. Takes a lock for a moment where series were added or removed
    /// since the last walk or may expire, and where few series of many are left;
    /// lock-free otherwise. For a family of 32 or more counters or gauges it keeps a list
    /// of 17 bytes a series.
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
