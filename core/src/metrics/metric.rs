//! What the kinds of metrics have in common.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::series::series::Series;
use crate::sync::Kept;

/// A kind of metric that a [`Family`](crate::Family) can hold: the handles of this crate.
#[expect(private_bounds, reason = "sealed: exporters know every kind")]
pub trait Metric: Sealed + Clone + fmt::Debug + Send + Sync + 'static {}

/// Keeps [`Metric`] to the kinds of this crate.
pub(crate) trait Sealed {
    /// What a handle needs besides its series.
    type Shape: Copy + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe;

    /// The handle of a series.
    fn open(series: Kept<Series>, shape: Self::Shape) -> Self;
}
