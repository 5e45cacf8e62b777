//! The kinds of families: what cells their series need, and how their values are read.

use crate::bounds::Layout;
use crate::family::FamilyCore;
use crate::parity::{HEADER_CELLS, Reading};
use crate::series::Series;
use crate::value::{Kind, Value};
use crate::{arena, gauge, histogram, up_down};

/// What kind of metric a family holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Counter,
    Gauge,
    UpDownCounter,
    Histogram(&'static Layout),
}

impl Shape {
    pub(crate) fn kind_name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::UpDownCounter => "up-down counter",
            Self::Histogram(_) => "histogram",
        }
    }

    /// Cells that one series needs in a shard.
    pub(crate) fn cell_count(self) -> usize {
        match self {
            Self::Counter => 1,
            Self::Gauge => 0,
            Self::UpDownCounter => 2,
            Self::Histogram(layout) => HEADER_CELLS + layout.bucket_count(),
        }
    }

    /// What it is to a reader.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Counter => Kind::Counter,
            Self::Gauge | Self::UpDownCounter => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
        }
    }

    /// The bounds of a histogram.
    pub(crate) fn layout(self) -> Option<&'static Layout> {
        match self {
            Self::Histogram(layout) => Some(layout),
            _ => None,
        }
    }
}

impl FamilyCore {
    /// Reads the value of one of its series; a histogram's into `reading`.
    pub(crate) fn read<'a>(&self, series: &Series, reading: &'a mut Reading) -> Value<'a> {
        let column = || arena::process().column(series.run.block());
        match self.shape {
            Shape::Counter => Value::Counter(arena::process().sum(series.run).into()),
            Shape::Gauge => Value::Gauge(gauge::value(series).into()),
            Shape::UpDownCounter => Value::Gauge(up_down::read(column(), series.run).into()),
            Shape::Histogram(layout) => {
                histogram::read(column(), series.run, layout.bucket_count(), reading);
                if !reading.settled {
                    self.report_unsettled();
                }
                Value::Histogram { buckets: &reading.buckets, sum: reading.sum.into() }
            }
        }
    }
}
