//! The kinds of families: what cells their series need, and how their values are read.

use crate::bounds::float::FloatLayout;
use crate::bounds::layout::Layout;
use crate::bounds::scale::Scale;
use crate::cells::amount::Sum;
use crate::cells::arena;
use crate::cells::block::Run;
use crate::cells::parity::{HEADER_CELLS, Reading};
use crate::metrics::{float_counter, float_gauge, gauge, up_down};
use crate::names::description::Description;
use crate::series::series::Series;
use crate::value::{Kind, Value};

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

    /// Describes a family of this shape, outside of any scope.
    pub(crate) fn describe(self, name: &str, help: &str, label_names: &[&str]) -> Description {
        let (bounds, scale) = match self {
            Self::Histogram(layout) => (layout.values(), layout.scale()),
            Self::FloatHistogram(layout) => (layout.values(), Scale::One),
            _ => (&[][..], Scale::One),
        };
        Description {
            bounds: bounds.into(),
            scale,
            ..Description::new(name, help, label_names, self.kind())
        }
    }

    /// Reads the value of a series with these cells, a histogram's into `reading`. Returns
    /// it with whether it is one state: false only for a histogram whose readings ran out.
    pub(crate) fn read<'a>(
        self,
        run: Run,
        series: &Series,
        reading: &'a mut Reading,
    ) -> (Value<'a>, bool) {
        let column = || arena::process().column(run.block());
        let value = match self {
            Self::Counter => Value::Counter(arena::process().sum(run).into()),
            Self::Gauge => Value::Gauge(gauge::value(series).into()),
            Self::UpDownCounter => Value::Gauge(up_down::read(column(), run).into()),
            Self::FloatCounter => Value::Counter(float_counter::read(column(), run).into()),
            Self::FloatGauge => Value::Gauge(float_gauge::value(series).into()),
            Self::Histogram(layout) => {
                reading.read(column(), run, layout.bucket_count(), Sum::Whole(0));
                return value_of(reading, layout.scale());
            }
            Self::FloatHistogram(layout) => {
                reading.read(column(), run, layout.bucket_count(), Sum::Float(0.0));
                return value_of(reading, Scale::One);
            }
        };
        (value, true)
    }

    /// Whether a walk is through with many series in no time, so that it may keep them at
    /// once. Histograms it keeps one by one: what that costs is nothing beside reading
    /// them.
    #[inline]
    pub(crate) fn is_read_by_rows(self) -> bool {
        !matches!(self, Self::Histogram(_) | Self::FloatHistogram(_))
    }

    /// Returns whether the value of a series is that of its one cell, summed over all
    /// shards.
    #[inline]
    pub(crate) fn is_counted(self) -> bool {
        matches!(self, Self::Counter)
    }
}

fn value_of(reading: &Reading, scale: Scale) -> (Value<'_>, bool) {
    let sum = reading.sum.number(scale.per_unit());
    (Value::Histogram { buckets: &reading.buckets, sum }, reading.is_settled)
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::bounds::float::FloatBounds;
    use crate::bounds::whole::Bounds;

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
        shapes
            .iter()
            .for_each(|(shape, cells)| assert_eq!(shape.cell_count(), *cells, "{shape:?}"));
    }
}
