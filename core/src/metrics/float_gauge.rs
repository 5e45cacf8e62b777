//! Float gauges: fractional numbers that are set.

use std::fmt;

use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::series::series::Series;
use crate::sync::{AtomicU64, Kept, Ordering};

/// A fractional number that is set, or goes up and down: a temperature, a ratio, a time
/// in seconds.
///
/// One atomic for all threads, as for a [`Gauge`](crate::Gauge): of two values set at
/// once, the last one wins. Any `f64` is a value, even NaN and the infinities. Setting
/// and reading are wait-free. Adding is lock-free: it retries when another record came
/// between. Nothing allocates. `Clone` returns another handle for the same series.
///
/// ```
/// let registry = tickmark::Registry::new();
/// let heat = registry.float_gauge("room_celsius", "Temperature of the room.")?;
/// heat.set(21.5);
/// heat.sub(0.25);
/// assert_eq!(heat.get(), 21.25);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct FloatGauge {
    series: Kept<Series>,
}

impl FloatGauge {
    /// Sets the value, to any `f64`. Wait-free.
    #[inline]
    pub fn set(&self, value: f64) {
        if let Some(cell) = self.cell() {
            // Relaxed: a value publishes nothing but itself.
            cell.store(value.to_bits(), Ordering::Relaxed);
        }
    }

    /// Adds one. Lock-free.
    #[doc(alias = "increment")]
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Subtracts one. Lock-free.
    #[doc(alias = "decrement")]
    #[inline]
    pub fn dec(&self) {
        self.sub(1.0);
    }

    /// Adds `amount` as `f64` does: rounded, infinite past the ends, and NaN stays NaN.
    /// Lock-free.
    #[doc(alias = "inc_by")]
    #[inline]
    pub fn add(&self, amount: f64) {
        if let Some(cell) = self.cell() {
            let added = |bits| Some((f64::from_bits(bits) + amount).to_bits());
            // Relaxed, both: as in `set`.
            _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added);
        }
    }

    /// Subtracts `amount` as [`add`](Self::add) adds. Lock-free.
    #[doc(alias = "dec_by")]
    #[inline]
    pub fn sub(&self, amount: f64) {
        self.add(-amount);
    }

    /// Returns the current value. Wait-free.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.cell().map_or(0.0, load)
    }

    fn cell(&self) -> Option<&AtomicU64> {
        let series = self.series.get();
        debug_assert!(series.is_some(), "broken invariant: a handle keeps its series");
        series.map(|series| &series.bits)
    }
}

/// Returns the value of a float gauge's series.
pub(crate) fn value(series: &Series) -> f64 {
    load(&series.bits)
}

fn load(cell: &AtomicU64) -> f64 {
    // Relaxed: as in `FloatGauge::set`.
    f64::from_bits(cell.load(Ordering::Relaxed))
}

impl Metric for FloatGauge {
    type Settings = ();
}

impl Sealed for FloatGauge {
    type Shape = ();

    fn family_shape((): ()) -> Shape {
        Shape::FloatGauge
    }

    #[inline]
    fn open(series: Kept<Series>, (): ()) -> Self {
        Self { series }
    }
}

impl fmt::Debug for FloatGauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FloatGauge").field(&self.get()).finish()
    }
}
