//! Gauges: numbers that are set.

use std::fmt;

use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::series::series::Series;
use crate::sync::{AtomicU64, Kept, Ordering};

/// A whole number that is set, or goes up and down: a queue's length, open files.
///
/// One atomic for all threads, because a value that is set cannot be sharded: of two
/// values set at once, the last one wins. For work in progress on many threads, an
/// [`UpDownCounter`](crate::UpDownCounter) is cheaper. Every operation is wait-free and
/// never allocates. `Clone` returns another handle for the same series.
///
/// ```
/// let registry = tickmark::Registry::new();
/// let queued = registry.gauge("queue_length", "Jobs that wait.")?;
/// queued.set(5);
/// queued.sub(7);
/// assert_eq!(queued.get(), -2);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[doc(alias = "IntGauge")]
#[derive(Clone)]
pub struct Gauge {
    series: Kept<Series>,
}

impl Gauge {
    /// Sets the value.
    #[inline]
    pub fn set(&self, value: i64) {
        if let Some(cell) = self.cell() {
            // Relaxed: a value publishes nothing but itself.
            cell.store(bits(value), Ordering::Relaxed);
        }
    }

    /// Adds one.
    #[doc(alias = "increment")]
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Subtracts one.
    #[doc(alias = "decrement")]
    #[inline]
    pub fn dec(&self) {
        self.sub(1);
    }

    /// Adds `amount`; wraps past the ends of `i64`.
    #[doc(alias = "inc_by")]
    #[inline]
    pub fn add(&self, amount: i64) {
        if let Some(cell) = self.cell() {
            // Relaxed: as in `set`.
            _ = cell.fetch_add(bits(amount), Ordering::Relaxed);
        }
    }

    /// Subtracts `amount`; wraps past the ends of `i64`.
    #[doc(alias = "dec_by")]
    #[inline]
    pub fn sub(&self, amount: i64) {
        self.add(amount.wrapping_neg());
    }

    /// Returns the current value.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.cell().map_or(0, load)
    }

    fn cell(&self) -> Option<&AtomicU64> {
        let series = self.series.get();
        debug_assert!(series.is_some(), "broken invariant: a handle keeps its series");
        series.map(|series| &series.bits)
    }
}

/// Returns the value as the cell keeps it.
fn bits(value: i64) -> u64 {
    0_u64.wrapping_add_signed(value)
}

/// Returns the value of a gauge's series.
pub(crate) fn value(series: &Series) -> i64 {
    load(&series.bits)
}

fn load(cell: &AtomicU64) -> i64 {
    // Relaxed: as in `Gauge::set`.
    cell.load(Ordering::Relaxed) as i64
}

impl Metric for Gauge {
    type Settings = ();
}

impl Sealed for Gauge {
    type Shape = ();

    fn family_shape((): ()) -> Shape {
        Shape::Gauge
    }

    #[inline]
    fn open(series: Kept<Series>, (): ()) -> Self {
        Self { series }
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.get()).finish()
    }
}
