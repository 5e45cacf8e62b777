//! Shapes of families: the metric type, with the layout that its series share.

use crate::bounds::float::FloatLayout;
use crate::bounds::layout::Layout;
use crate::bounds::scale::Scale;
use crate::cells::parity::HEADER_CELLS;
use crate::names::description::Description;
use crate::value::Kind;

/// The metric type of a family.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Counter,
    Gauge,
    UpDownCounter,
    Histogram(&'static Layout),
    FloatCounter,
    FloatGauge,
    FloatHistogram(&'static FloatLayout),
    Info,
    /// Scrapes compute its value.
    CounterFn,
    /// Scrapes compute its value.
    GaugeFn,
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
            Self::Info => "info family",
            Self::CounterFn => "computed counter",
            Self::GaugeFn => "computed gauge",
        }
    }

    /// Returns the number of cells of a series in a shard.
    pub(crate) fn cell_count(self) -> usize {
        match self {
            Self::Counter | Self::FloatCounter => 1,
            Self::Gauge | Self::FloatGauge | Self::Info | Self::CounterFn | Self::GaugeFn => 0,
            Self::UpDownCounter => 2,
            Self::Histogram(layout) => HEADER_CELLS + layout.bucket_count(),
            Self::FloatHistogram(layout) => HEADER_CELLS + layout.bucket_count(),
        }
    }

    /// Returns the kind that a reader sees.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Counter | Self::FloatCounter | Self::CounterFn => Kind::Counter,
            Self::Gauge | Self::FloatGauge | Self::UpDownCounter | Self::GaugeFn => Kind::Gauge,
            Self::Histogram(_) | Self::FloatHistogram(_) => Kind::Histogram,
            Self::Info => Kind::Info,
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

    /// Returns whether a walk keeps the series of a row at once, because reading them
    /// takes little time. It keeps histograms one by one, which costs little beside
    /// reading them.
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

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::bounds::float::FloatBounds;
    use crate::bounds::whole::Bounds;

    #[test]
    fn shapes_take_no_spare_cells() {
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
            (Shape::Info, 0),
            (Shape::CounterFn, 0),
            (Shape::GaugeFn, 0),
        ];
        shapes
            .iter()
            .for_each(|(shape, cells)| assert_eq!(shape.cell_count(), *cells, "{shape:?}"));
    }
}
