//! The kinds of families: what cells their series need, and how their values are read.

use crate::amount::Amount;
use crate::bounds::{FloatLayout, Layout, Scale};
use crate::family::FamilyCore;
use crate::parity::{HEADER_CELLS, Reading};
use crate::series::Series;
use crate::value::{Kind, Value};
use crate::{arena, float_counter, float_gauge, gauge, histogram, up_down};

/// What kind of metric a family holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Counter,
    Gauge,
    UpDownCounter,
    Histogram(&'static Layout),
    FloatCounter,
    FloatGauge,
    FloatHistogram(&'static FloatLayout),
}

impl Shape {
    pub(crate) fn kind_name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::UpDownCounter => "up-down counter",
            Self::Histogram(_) => "histogram",
            Self::FloatCounter => "float counter",
            Self::FloatGauge => "float gauge",
            Self::FloatHistogram(_) => "float histogram",
        }
    }

    /// Cells that one series needs in a shard.
    pub(crate) fn cell_count(self) -> usize {
        match self {
            Self::Counter | Self::FloatCounter => 1,
            Self::Gauge | Self::FloatGauge => 0,
            Self::UpDownCounter => 2,
            Self::Histogram(layout) => HEADER_CELLS + layout.bucket_count(),
            Self::FloatHistogram(layout) => HEADER_CELLS + layout.bucket_count(),
        }
    }

    /// What it is to a reader.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Counter | Self::FloatCounter => Kind::Counter,
            Self::Gauge | Self::FloatGauge | Self::UpDownCounter => Kind::Gauge,
            Self::Histogram(_) | Self::FloatHistogram(_) => Kind::Histogram,
        }
    }

    /// The finite bounds of a histogram.
    pub(crate) fn bounds(self) -> &'static [f64] {
        match self {
            Self::Histogram(layout) => layout.values(),
            Self::FloatHistogram(layout) => layout.values(),
            _ => &[],
        }
    }

    /// The unit of its sums.
    pub(crate) fn scale(self) -> Scale {
        match self {
            Self::Histogram(layout) => layout.scale(),
            _ => Scale::One,
        }
    }

    /// Whether there are values that its series do not record.
    pub(crate) fn rejects(self) -> bool {
        matches!(self, Self::FloatCounter | Self::FloatHistogram(_))
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
            Shape::FloatCounter => Value::Counter(float_counter::read(column(), series.run).into()),
            Shape::FloatGauge => Value::Gauge(float_gauge::value(series).into()),
            Shape::Histogram(layout) => self.read_histogram(series, layout.bucket_count(), Amount::Whole(0), reading),
            Shape::FloatHistogram(layout) => {
                self.read_histogram(series, layout.bucket_count(), Amount::Float(0.0), reading)
            }
        }
    }

    /// `zero` says of what kind the sum is.
    fn read_histogram<'a>(
        &self,
        series: &Series,
        bucket_count: usize,
        zero: Amount,
        reading: &'a mut Reading,
    ) -> Value<'a> {
        let column = arena::process().column(series.run.block());
        histogram::read(column, series.run, bucket_count, zero, reading);
        if !reading.settled {
            self.report_unsettled();
        }
        Value::Histogram { buckets: &reading.buckets, sum: reading.sum.into() }
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::bounds::{Bounds, FloatBounds};

    #[test]
    fn no_kind_takes_more_cells_than_it_needs() {
        let whole = Bounds::new(Scale::One, &[1.0, 2.0]).unwrap().0;
        let floats = FloatBounds::new(&[1.0, 2.0, 3.0]).unwrap().0;
        let shapes = [
            (Shape::Counter, 1),
            (Shape::FloatCounter, 1),
            (Shape::Gauge, 0),
            (Shape::FloatGauge, 0),
            (Shape::UpDownCounter, 2),
            (Shape::Histogram(whole), 6),
            (Shape::FloatHistogram(floats), 7),
        ];
        shapes.iter().for_each(|(shape, cells)| assert_eq!(shape.cell_count(), *cells, "{shape:?}"));
    }
}
