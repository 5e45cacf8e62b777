//! Bounds of histograms of whole numbers.

use parking_lot::Mutex;

use crate::bounds::check::checked;
use crate::bounds::error::BoundsError;
use crate::bounds::kept::kept_once;
use crate::bounds::layout::{Layout, is_between};
use crate::bounds::scale::Scale;
use crate::bounds::steps;

/// The upper limits of a histogram's buckets, in units of exposition (seconds for
/// [`Scale::Nanos`]).
///
/// An observation equal to a bound belongs to it. One above all bounds belongs to the
/// `+Inf` bucket, which always exists. Equal bounds are stored once, for the life of the
/// process, in 2.5 to 9 KiB; close bounds take the most. So a program must not create new
/// bounds without end. `Clone` copies a reference.
///
/// ```
/// use tickmark::Bounds;
///
/// let bounds = Bounds::seconds([0.005, 0.05, 0.5])?;
/// assert_eq!(bounds.values(), [0.005, 0.05, 0.5]);
///
/// let error = Bounds::bytes([2_048.0, 1_024.0]).unwrap_err();
/// assert_eq!(error.to_string(), "invalid bound 1024.0: must be above 2048.0 before it");
/// # Ok::<(), tickmark::BoundsError>(())
/// ```
#[doc(alias = "Buckets")]
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds(pub(crate) &'static Layout);

impl Bounds {
    /// Returns bounds in seconds, for durations: [`observe_duration`] and
    /// [`start_timer`].
    ///
    /// The scale is [`Scale::Nanos`]: sums are exact, and [`observe`] takes nanoseconds.
    /// Takes a lock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::seconds([0.005, 0.05, 0.5])?;
    /// let latency = registry.histogram("latency_seconds", "Time to answer.", &bounds)?;
    /// latency.observe_duration(Duration::from_millis(7));
    /// assert_eq!(latency.snapshot().buckets, [0, 1, 0, 0]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the bounds are invalid, as for [`new`](Self::new).
    ///
    /// [`observe`]: crate::Histogram::observe
    /// [`observe_duration`]: crate::Histogram::observe_duration
    /// [`start_timer`]: crate::Histogram::start_timer
    pub fn seconds(values: impl AsRef<[f64]>) -> Result<Self, BoundsError> {
        Self::new(Scale::Nanos, values.as_ref())
    }

    /// Returns bounds in bytes, for sizes. The scale is [`Scale::One`]. Takes a lock.
    ///
    /// Not for durations, which such a histogram truncates to whole seconds.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::bytes([1_024.0, 65_536.0])?;
    /// let sizes = registry.histogram("reply_bytes", "Sizes of replies.", &bounds)?;
    /// sizes.observe(1_500);
    /// assert_eq!(sizes.snapshot().buckets, [0, 1, 0]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the bounds are invalid, as for [`new`](Self::new).
    pub fn bytes(values: impl AsRef<[f64]>) -> Result<Self, BoundsError> {
        Self::whole(values)
    }

    /// Returns bounds of whole numbers, for counts of things: rows, retries. The scale is
    /// [`Scale::One`]. Takes a lock.
    ///
    /// Not for durations, which such a histogram truncates to whole seconds.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::whole([1.0, 10.0, 100.0])?;
    /// let rows = registry.histogram("query_rows", "Rows of a result.", &bounds)?;
    /// rows.observe(12);
    /// assert_eq!(rows.snapshot().buckets, [0, 0, 1, 0]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the bounds are invalid, as for [`new`](Self::new).
    pub fn whole(values: impl AsRef<[f64]>) -> Result<Self, BoundsError> {
        Self::new(Scale::One, values.as_ref())
    }

    /// Returns bounds of any scale, in units of exposition: seconds for all scales but
    /// [`Scale::One`]. Takes a lock.
    ///
    /// # Errors
    /// If the list is empty or has more than 256 bounds, or if a bound is
    /// - not finite, or negative;
    /// - not above the bound before it;
    /// - not separated from it by any whole number of the scale's unit.
    pub fn new(scale: Scale, values: &[f64]) -> Result<Self, BoundsError> {
        let values = checked(values)?;
        if let Some(value) = values.iter().find(|value| **value < 0.0) {
            return Err(BoundsError::Negative { value: *value });
        }
        for (before, value) in values.iter().zip(values.iter().skip(1)) {
            if !is_between(*before, *value, scale) {
                return Err(BoundsError::Indistinct { value: *value, before: *before, scale });
            }
        }
        Ok(Self::of_checked(scale, &values))
    }

    /// Returns `count` bounds, the first at `start`, each `width` above the one before,
    /// in units of exposition. Takes a lock.
    ///
    /// Bounds after the first are rounded to the decimal places of an `f64`, so that two
    /// steps of 0.1 above 0.1 are 0.3.
    ///
    /// ```
    /// use tickmark::{Bounds, Scale};
    ///
    /// let bounds = Bounds::linear(Scale::Millis, 0.1, 0.1, 4)?;
    /// assert_eq!(bounds.values(), [0.1, 0.2, 0.3, 0.4]);
    /// # Ok::<(), tickmark::BoundsError>(())
    /// ```
    ///
    /// # Errors
    /// If `width` is not above zero and finite, and as for [`new`](Self::new).
    #[doc(alias = "linear_buckets")]
    pub fn linear(scale: Scale, start: f64, width: f64, count: usize) -> Result<Self, BoundsError> {
        Self::new(scale, &steps::linear(start, width, count)?)
    }

    /// Returns `count` bounds, the first at `start`, each `factor` times the one before,
    /// in units of exposition. Rounds like [`linear`](Self::linear). Takes a lock.
    ///
    /// ```
    /// use tickmark::{Bounds, Scale};
    ///
    /// let bounds = Bounds::exponential(Scale::One, 256.0, 4.0, 4)?;
    /// assert_eq!(bounds.values(), [256.0, 1_024.0, 4_096.0, 16_384.0]);
    /// # Ok::<(), tickmark::BoundsError>(())
    /// ```
    ///
    /// # Errors
    /// If `start` is not above zero and finite, if `factor` is not above one and finite,
    /// and as for [`new`](Self::new).
    #[doc(alias = "exponential_buckets")]
    pub fn exponential(
        scale: Scale,
        start: f64,
        factor: f64,
        count: usize,
    ) -> Result<Self, BoundsError> {
        Self::new(scale, &steps::exponential(start, factor, count)?)
    }

    fn of_checked(scale: Scale, values: &[f64]) -> Self {
        let is_same = |layout: &Layout| layout.scale() == scale && layout.values() == values;
        Self(kept_once(&KNOWN, is_same, || Layout::new(scale, values)))
    }

    /// Returns the finite bounds, in units of exposition.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.0.values()
    }

    /// Returns the unit of the observed values.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.0.scale()
    }
}

/// Returns bounds for request durations from 5 milliseconds to 10 seconds, in
/// nanoseconds: those of the Prometheus client libraries (`DefBuckets` in Go). Takes a
/// lock.
///
/// ```
/// let bounds = tickmark::Bounds::default();
/// assert_eq!(bounds.values(), [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
/// assert_eq!(bounds.scale(), tickmark::Scale::Nanos);
/// ```
impl Default for Bounds {
    fn default() -> Self {
        Self::of_checked(Scale::Nanos, &steps::USUAL)
    }
}

/// All layouts of the process, each once.
static KNOWN: Mutex<Vec<&'static Layout>> = Mutex::new(Vec::new());

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::bounds::float::FloatBounds;

    #[test]
    fn invalid_bounds_are_rejected_by_value() {
        let many: Vec<f64> = (0..257).map(f64::from).collect();
        for (values, message) in [
            (&[][..], "no bounds given: expected at least one"),
            (&many, "257 bounds given: expected at most 256"),
            (&[1.0, f64::NAN], "invalid bound NaN: must be finite, +Inf is always there"),
            (&[1.0, f64::INFINITY], "invalid bound inf: must be finite, +Inf is always there"),
            (
                &[-0.5],
                "invalid bound -0.5: must not be negative; for negative values use FloatBounds",
            ),
            (&[1.0, 1.0], "invalid bound 1.0: must be above 1.0 before it"),
            (&[0.2, 0.1], "invalid bound 0.1: must be above 0.2 before it"),
            (
                &[0.25, 0.5],
                "invalid bound 0.5: no value of Scale::One lies above 0.25 and up to it; \
                 use Bounds::seconds for durations, FloatBounds for fractions",
            ),
            (
                &[1e300, 1e301],
                "invalid bound 1e301: no value of Scale::One lies above 1e300 and up to it; \
                 use Bounds::seconds for durations, FloatBounds for fractions",
            ),
        ] {
            assert_eq!(Bounds::new(Scale::One, values).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn indistinct_bounds_name_a_remedy_by_scale() {
        for (scale, values, message) in [
            (
                Scale::Millis,
                [0.0001, 0.0002],
                "invalid bound 0.0002: no value of Scale::Millis lies above 0.0001 and up to it; \
                 use a finer scale or FloatBounds",
            ),
            (
                Scale::Micros,
                [1e-8, 2e-8],
                "invalid bound 2e-8: no value of Scale::Micros lies above 1e-8 and up to it; \
                 use a finer scale or FloatBounds",
            ),
            (
                Scale::Nanos,
                [1e-11, 2e-11],
                "invalid bound 2e-11: no value of Scale::Nanos lies above 1e-11 and up to it; \
                 use FloatBounds",
            ),
        ] {
            assert_eq!(Bounds::new(scale, &values).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn bounds_by_unit_have_its_scale() {
        let bounds = [Bounds::seconds([1.0]), Bounds::bytes(vec![1.0]), Bounds::whole([1.0])];
        let scales = bounds.map(|bounds| bounds.unwrap().scale());
        assert_eq!(scales, [Scale::Nanos, Scale::One, Scale::One]);
    }

    #[test]
    fn equal_bounds_are_kept_once() {
        let [one, two] = [(); 2].map(|()| Bounds::new(Scale::Micros, &[0.25, 0.75]).unwrap());
        assert!(std::ptr::eq(one.0, two.0));
        let nanos = Bounds::new(Scale::Nanos, &[0.25, 0.75]).unwrap();
        assert!(!std::ptr::eq(one.0, nanos.0));
    }

    #[test]
    fn a_bound_of_negative_zero_is_zero() {
        let bounds = Bounds::new(Scale::Micros, &[-0.0, 0.125]).unwrap();
        assert!(bounds.values().iter().all(|bound| bound.is_sign_positive()));
    }

    #[test]
    fn steps_make_bounds_of_the_scale() {
        let linear = Bounds::linear(Scale::Micros, 0.5, 0.25, 3).unwrap();
        assert_eq!((linear.values(), linear.scale()), (&[0.5, 0.75, 1.0][..], Scale::Micros));
        let exponential = Bounds::exponential(Scale::Millis, 0.5, 3.0, 3).unwrap();
        assert_eq!(
            (exponential.values(), exponential.scale()),
            (&[0.5, 1.5, 4.5][..], Scale::Millis)
        );
        assert_eq!(FloatBounds::linear(-0.5, 0.25, 3).unwrap().values(), [-0.5, -0.25, 0.0]);
        assert_eq!(FloatBounds::exponential(0.5, 3.0, 3).unwrap().values(), [0.5, 1.5, 4.5]);
    }
}
