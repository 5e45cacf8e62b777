//! Reading the value of a series by the shape of its family.

use crate::bounds::scale::Scale;
use crate::cells::amount::Sum;
use crate::cells::arena;
use crate::cells::block::Run;
use crate::cells::parity::Reading;
use crate::metrics::shape::Shape;
use crate::metrics::{float_counter, float_gauge, gauge, up_down};
use crate::series::series::Series;
use crate::value::Value;

impl Shape {
    /// Reads the value of a series with these cells, a histogram's into `reading`.
    /// Returns it with whether it is one state: false only for a histogram whose readings
    /// ran out.
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
            // The computed ones have no series to read.
            Self::Info | Self::CounterFn | Self::GaugeFn => Value::Info,
        };
        (value, true)
    }
}

fn value_of(reading: &Reading, scale: Scale) -> (Value<'_>, bool) {
    let sum = reading.sum.number(scale.per_unit());
    (Value::Histogram { buckets: &reading.buckets, sum }, reading.is_settled)
}
