//! The walk: what an exporter is shown of a registry, in no format at all.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::bounds::Scale;
use crate::family::FamilyCore;
use crate::parity::Reading;
use crate::series::Series;
use crate::value::{Kind, Value};

/// The families of a registry at one moment, in the order of their names.
#[derive(Clone, Debug)]
pub struct Families(pub(crate) Arc<[Arc<FamilyCore>]>);

impl Families {
    /// Each family; those in which the engine reports faults only if there were any.
    pub fn iter(&self) -> impl Iterator<Item = FamilyView<'_>> {
        self.0.iter().filter(|family| family.is_shown()).map(|family| FamilyView(family))
    }
}

/// A family as an exporter sees it.
#[derive(Clone, Copy, Debug)]
pub struct FamilyView<'a>(&'a FamilyCore);

impl<'a> FamilyView<'a> {
    /// Identifies the family in this process; never given to another one.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The base name: a counter's without `_total`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.0.name()
    }

    /// The help text, as given: any string but an empty one.
    #[must_use]
    pub fn help(&self) -> &'a str {
        &self.0.help
    }

    /// What its series are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.shape.kind()
    }

    /// The label names, in the order of each series' values.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.0.label_names.iter().map(|label| &**label)
    }

    /// The finite bounds of a histogram, in units of exposition; empty for other kinds.
    #[must_use]
    pub fn bounds(&self) -> &'a [f64] {
        self.0.shape.bounds()
    }

    /// The unit of a histogram's sums; `One` for float histograms and other kinds.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.0.shape.scale()
    }

    /// Reads the series from slot `from` on, in the order of their creation, until `visit` breaks. Returns the slot
    /// after the one that it broke at, or `None` if it saw the last.
    ///
    /// Values are exact, and each histogram is one state of itself. Series that are created meanwhile may be seen or not.
    /// Lock-free: nobody waits for this, so `visit` may do whatever it likes.
    pub fn visit(
        &self,
        from: usize,
        scratch: &mut Scratch,
        mut visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
    ) -> Option<usize> {
        (from..self.0.slot_count()).find_map(|slot| {
            let kept = self.0.series(slot)?;
            let series = kept.get()?;
            let value = self.0.read(series, &mut scratch.reading);
            visit(SeriesView { slot, series }, value).is_break().then_some(slot + 1)
        })
    }
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
    series: &'a Series,
}

impl<'a> SeriesView<'a> {
    /// Identifies the series in this process; never given to another one. Later series have higher ones.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.series.id
    }

    /// The place of the series in its family: slots are dense, so an exporter may keep what it knows of a series in a
    /// list. Another series may have the slot later; its [`id`](Self::id) then differs.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The label values, in the order of the family's label names.
    pub fn label_values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.series.labels.iter()
    }
}
