//! The kinds of families: what cells their series need, and how their values are read.

use crate::bounds::{FloatLayout, Layout, Scale};
use crate::cells::amount::Sum;
use crate::cells::block::Run;
use crate::cells::parity::{HEADER_CELLS, Reading};
use crate::family::family::FamilyCore;
use crate::series::series::Series;
use crate::sync::ROW_SLOTS;
use crate::value::{Kind, Value};
use crate::cells::arena;
use crate::metrics::{float_counter, float_gauge, gauge, histogram, up_down};

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
}

impl FamilyCore {
    /// Reads the value of one of its series; a histogram's into `reading`.
    pub(crate) fn read<'a>(&self, series: &Series, reading: &'a mut Reading) -> Value<'a> {
        self.read_at(series.run, series, reading)
    }

    /// Reads the value of a series of which it is known where its cells are.
    pub(crate) fn read_at<'a>(
        &self,
        run: Run,
        series: &Series,
        reading: &'a mut Reading,
    ) -> Value<'a> {
        let column = || arena::process().column(run.block());
        match self.shape {
            Shape::Counter => Value::Counter(arena::process().sum(run).into()),
            Shape::Gauge => Value::Gauge(gauge::value(series).into()),
            Shape::UpDownCounter => Value::Gauge(up_down::read(column(), run).into()),
            Shape::FloatCounter => Value::Counter(float_counter::read(column(), run).into()),
            Shape::FloatGauge => Value::Gauge(float_gauge::value(series).into()),
            Shape::Histogram(layout) => {
                self.read_histogram(run, layout.bucket_count(), Sum::Whole(0), reading)
            }
            Shape::FloatHistogram(layout) => {
                self.read_histogram(run, layout.bucket_count(), Sum::Float(0.0), reading)
            }
        }
    }

    /// Whether a walk is through with many series in no time, so that it may keep them at
    /// once. Histograms it keeps one by one: what that costs is nothing beside reading
    /// them.
    #[inline]
    pub(crate) fn is_read_by_rows(&self) -> bool {
        !matches!(self.shape, Shape::Histogram(_) | Shape::FloatHistogram(_))
    }

    /// Returns whether [`read_counts`](Self::read_counts) reads its series.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        matches!(self.shape, Shape::Counter)
    }

    /// Reads series at once by the starts of their cells, where that is quicker than
    /// [`read`](Self::read): counters.
    #[inline]
    pub(crate) fn read_counts(&self, starts: &[u32]) -> Option<[u64; ROW_SLOTS]> {
        if !self.is_counted() {
            return None;
        }
        let mut counts = [0; ROW_SLOTS];
        arena::process().add_sums(starts, &mut counts);
        Some(counts)
    }

    /// `zero` says of what kind the sum is.
    fn read_histogram<'a>(
        &self,
        run: Run,
        bucket_count: usize,
        zero: Sum,
        reading: &'a mut Reading,
    ) -> Value<'a> {
        histogram::read(arena::process().column(run.block()), run, bucket_count, zero, reading);
        if !reading.settled {
            self.count_unsettled();
        }
        Value::Histogram {
            buckets: &reading.buckets,
            sum: reading.sum.number(self.shape.scale().per_unit()),
        }
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
        shapes
            .iter()
            .for_each(|(shape, cells)| assert_eq!(shape.cell_count(), *cells, "{shape:?}"));
    }
}
