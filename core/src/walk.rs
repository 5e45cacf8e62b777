//! The walk: what an exporter is shown of a registry, in no format at all.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::arena;
use crate::bounds::Scale;
use crate::family::{FamilyCore, Shape};
use crate::parity::Reading;
use crate::series::Series;
use crate::{gauge, histogram, up_down};

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

/// What kind of metric a family is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes up and down: gauges and up-down counters.
    Gauge,
    /// Observations by bucket, and their sum.
    Histogram,
}

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
        match self.0.shape {
            Shape::Counter => Kind::Counter,
            Shape::Gauge | Shape::UpDownCounter => Kind::Gauge,
            Shape::Histogram(_) => Kind::Histogram,
        }
    }

    /// The label names, in the order of each series' values.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.0.label_names.iter().map(|label| &**label)
    }

    /// The finite bounds of a histogram, in units of exposition; empty for other kinds.
    #[must_use]
    pub fn bounds(&self) -> &'a [f64] {
        match self.0.shape {
            Shape::Histogram(layout) => layout.values(),
            _ => &[],
        }
    }

    /// The unit of a histogram's sums; `One` for other kinds.
    #[must_use]
    pub fn scale(&self) -> Scale {
        match self.0.shape {
            Shape::Histogram(layout) => layout.scale(),
            _ => Scale::One,
        }
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
            let value = read(self.0, series, &mut scratch.reading);
            visit(SeriesView { slot, series }, value).is_break().then_some(slot + 1)
        })
    }
}

fn read<'a>(family: &FamilyCore, series: &Series, reading: &'a mut Reading) -> Value<'a> {
    let column = || arena::process().column(series.run.block());
    match family.shape {
        Shape::Counter => Value::Counter(arena::process().sum(series.run)),
        Shape::Gauge => Value::Gauge(gauge::value(series)),
        Shape::UpDownCounter => Value::Gauge(up_down::read(column(), series.run)),
        Shape::Histogram(layout) => {
            histogram::read(column(), series.run, layout.bucket_count(), reading);
            if !reading.settled {
                family.report_unsettled();
            }
            Value::Histogram { buckets: &reading.buckets, sum: reading.sum }
        }
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

/// The value of a series at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Of a counter: all that was added.
    Counter(u64),
    /// Of a gauge or an up-down counter.
    Gauge(i64),
    /// Of a histogram: buckets and sum describe the same observations.
    Histogram {
        /// Observations by bucket, each alone (not cumulated); the last is beyond all bounds.
        buckets: &'a [u64],
        /// The sum of the observed values, in the unit of the family's scale; wraps past `u64::MAX`.
        sum: u64,
    },
}
