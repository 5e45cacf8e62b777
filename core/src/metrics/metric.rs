//! The traits of the metric types.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::bounds::float::{FloatBounds, FloatLayout};
use crate::bounds::layout::Layout;
use crate::bounds::whole::Bounds;
use crate::metrics::shape::Shape;
use crate::series::series::Series;
use crate::sync::Kept;

/// A metric type that a [`Family`](crate::Family) can hold: the handles of this crate.
#[expect(private_bounds, reason = "sealed: exporters know every kind")]
pub trait Metric: Sealed + Clone + fmt::Debug + Send + Sync + 'static {
    /// The settings that all series of a family share: [`Bounds`] of a
    /// [`Histogram`](crate::Histogram), [`FloatBounds`] of a
    /// [`FloatHistogram`](crate::FloatHistogram), and `()` of any other type.
    type Settings: Settings<Self::Shape>;
}

/// Settings in the form in which a handle keeps them.
pub(crate) trait Settings<S> {
    fn shape(&self) -> S;
}

impl Settings<()> for () {
    fn shape(&self) {}
}

impl Settings<&'static Layout> for Bounds {
    fn shape(&self) -> &'static Layout {
        self.0
    }
}

impl Settings<&'static FloatLayout> for FloatBounds {
    fn shape(&self) -> &'static FloatLayout {
        self.0
    }
}

/// Keeps [`Metric`] to the types of this crate.
pub(crate) trait Sealed {
    /// State of a handle besides its series.
    type Shape: Copy + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe;

    /// The shape of a family of such handles.
    fn family_shape(shape: Self::Shape) -> Shape;

    /// The handle of a series.
    fn open(series: Kept<Series>, shape: Self::Shape) -> Self;
}
