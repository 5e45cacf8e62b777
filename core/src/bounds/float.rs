//! Bounds of histograms of floats, and the search in them.

use std::ops::Range;

use parking_lot::Mutex;

use super::{BoundsError, checked, kept_once, steps};

/// Bits of a float behind its sign and exponent.
const MANTISSA_BITS: u32 = 52;

/// The upper limits of a float histogram's buckets, in units of exposition. They may be negative.
///
/// An observation equal to a bound belongs to it, and `-0.0` is `0.0`; one above all bounds belongs to the `+Inf` bucket,
/// which is always there. Equal bounds are kept once, for the life of the process (16 bytes a bound, and a table of at
/// most 16 KiB by the exponents that they span), so a program should not make up new ones endlessly. `Clone` is a copy of
/// a reference.
///
/// ```
/// use tickmark::FloatBounds;
///
/// let bounds = FloatBounds::new(&[-40.0, 0.0, 36.6])?;
/// assert_eq!(bounds.values(), [-40.0, 0.0, 36.6]);
/// assert!(FloatBounds::new(&[2.0, 1.0]).is_err());
/// # Ok::<(), tickmark::BoundsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FloatBounds(pub(crate) &'static FloatLayout);

impl FloatBounds {
    /// Checks the bounds of a histogram. Takes a lock.
    ///
    /// # Errors
    /// When there is none or there are more than 256, when one is not finite, or when one is not above the one before.
    pub fn new(values: &[f64]) -> Result<Self, BoundsError> {
        Ok(Self::of_checked(&checked(values)?))
    }

    /// `count` bounds, the first at `start`, each `width` above the one before. Takes a lock.
    ///
    /// Bounds after the first are rounded to as many decimal places as `f64` keeps, so that 0.1 and twice 0.1 more read
    /// 0.3.
    ///
    /// ```
    /// let bounds = tickmark::FloatBounds::linear(-0.1, 0.1, 4)?;
    /// assert_eq!(bounds.values(), [-0.1, 0.0, 0.1, 0.2]);
    /// # Ok::<(), tickmark::BoundsError>(())
    /// ```
    ///
    /// # Errors
    /// When `width` is not above zero and finite, and as for [`new`](Self::new).
    pub fn linear(start: f64, width: f64, count: usize) -> Result<Self, BoundsError> {
        Self::new(&steps::linear(start, width, count)?)
    }

    /// `count` bounds, the first at `start`, each `factor` times the one before. Takes a lock.
    ///
    /// Rounded as by [`linear`](Self::linear).
    ///
    /// ```
    /// let bounds = tickmark::FloatBounds::exponential(0.001, 10.0, 4)?;
    /// assert_eq!(bounds.values(), [0.001, 0.01, 0.1, 1.0]);
    /// # Ok::<(), tickmark::BoundsError>(())
    /// ```
    ///
    /// # Errors
    /// When `start` is not above zero and finite, when `factor` is not above one and finite, and as for
    /// [`new`](Self::new).
    pub fn exponential(start: f64, factor: f64, count: usize) -> Result<Self, BoundsError> {
        Self::new(&steps::exponential(start, factor, count)?)
    }

    fn of_checked(values: &[f64]) -> Self {
        Self(kept_once(&KNOWN, |layout| layout.values() == values, || FloatLayout::new(values)))
    }

    /// The finite bounds.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.0.values()
    }
}

/// The usual bounds of request durations in seconds, as for [`Bounds`](crate::Bounds). Takes a lock.
///
/// ```
/// assert_eq!(tickmark::FloatBounds::default().values(), tickmark::Bounds::default().values());
/// ```
impl Default for FloatBounds {
    fn default() -> Self {
        Self::of_checked(&steps::USUAL)
    }
}

/// Every layout that was ever made, each once.
static KNOWN: Mutex<Vec<&'static FloatLayout>> = Mutex::new(Vec::new());

/// Float bounds ready for searching.
#[derive(Debug, PartialEq)]
pub(crate) struct FloatLayout {
    values: Box<[f64]>,
    /// The least observation that is recorded.
    least: f64,
    /// The bounds, sortable.
    keys: Box<[u64]>,
    /// Sign and exponent of the first bound.
    first_exponent: u64,
    /// How much further those of the last bound are. Beyond both, no bound lies between observations.
    exponent_span: u64,
    /// By sign and exponent of an observation, from those of the first bound on, the bounds that share them.
    ranges: Box<[(u16, u16)]>,
}

impl FloatLayout {
    fn new(values: &[f64]) -> Self {
        let keys: Box<[u64]> = values.iter().map(|value| key(*value)).collect();
        let exponent_of = |key: Option<&u64>| key.map_or(0, |key| key >> MANTISSA_BITS);
        let (first_exponent, last_exponent) = (exponent_of(keys.first()), exponent_of(keys.last()));
        let below = |exponent: u64| {
            let count = keys.partition_point(|key| key >> MANTISSA_BITS < exponent);
            u16::try_from(count).unwrap_or(u16::MAX)
        };
        let range = |exponent: u64| (below(exponent), below(exponent + 1));
        Self {
            values: values.into(),
            least: if values.iter().any(|value| *value < 0.0) { f64::MIN } else { 0.0 },
            first_exponent,
            exponent_span: last_exponent - first_exponent,
            ranges: (first_exponent..=last_exponent).map(range).collect(),
            keys,
        }
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The number of buckets, `+Inf` included.
    pub(crate) fn bucket_count(&self) -> usize {
        self.values.len() + 1
    }

    /// Whether an observation is recorded: a finite one, and a negative one only beside negative bounds.
    #[inline]
    pub(crate) fn takes(&self, value: f64) -> bool {
        (self.least..=f64::MAX).contains(&value)
    }

    /// The bucket of an observation that is not NaN: a table by sign and exponent, then the few bounds that are left.
    #[inline]
    pub(crate) fn bucket(&self, value: f64) -> usize {
        let key = key(value);
        let exponent = (key >> MANTISSA_BITS).saturating_sub(self.first_exponent).min(self.exponent_span);
        let (first, end) = self.ranges.get(exponent as usize).copied().unwrap_or_default();
        let (first, end) = (usize::from(first), usize::from(end));
        if end > first + 1 {
            return self.bucket_of_many(first..end, key);
        }
        // Without a bound of this exponent, this one has a higher one: a comparison serves both, and no branch depends
        // on the value.
        first + usize::from(self.keys.get(first).is_some_and(|bound| *bound < key))
    }

    #[inline(never)]
    fn bucket_of_many(&self, left: Range<usize>, key: u64) -> usize {
        let first = left.start;
        first + self.keys.get(left).unwrap_or_default().partition_point(|bound| *bound < key)
    }
}

/// A whole number that is less where the float is: the bits of a positive one above all others, those of a negative one,
/// which grow with its distance from zero, turned around.
#[inline]
fn key(value: f64) -> u64 {
    // The sum of a negative zero and zero is zero.
    let bits = (value + 0.0).to_bits();
    // All ones for a negative number.
    let sign = 0_u64.wrapping_sub(bits >> 63);
    bits ^ (sign | 1 << 63)
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The specification.
    fn naive_bucket(bounds: &[f64], value: f64) -> usize {
        bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
    }

    /// The value and its neighbours.
    fn near(value: f64) -> [f64; 3] {
        let bits = value.to_bits();
        [bits.wrapping_sub(1), bits, bits.wrapping_add(1)].map(f64::from_bits)
    }

    fn finite() -> impl Strategy<Value = f64> {
        let special = prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324]);
        let any_bits = any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
        prop_oneof![-10.0..10.0, 0.0..1e-3, 1.0..2.0, -1e9..1e9, special, any_bits]
    }

    fn bounds() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(finite(), 1..60).prop_map(|mut values| {
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        })
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_bucket_that_a_reader_expects(
            bounds in bounds(),
            others in prop::collection::vec(finite(), 50),
        ) {
            let layout = FloatLayout::new(&bounds);
            let values = bounds.iter().flat_map(|bound| near(*bound)).chain(others);
            for value in values.filter(|value| value.is_finite()) {
                prop_assert_eq!(layout.bucket(value), naive_bucket(&bounds, value), "value {:?}", value);
            }
        }

        #[test]
        fn keys_are_ordered_as_floats_are(one in finite(), two in finite()) {
            prop_assert_eq!(Some(key(one).cmp(&key(two))), one.partial_cmp(&two));
        }
    }

    #[test]
    fn zeros_are_one() {
        for bound in [-0.0, 0.0] {
            let bounds = FloatBounds::new(&[-1.25, bound, 1.25]).unwrap();
            assert!(bounds.values()[1].is_sign_positive());
            assert_eq!([-0.0, 0.0].map(|value| bounds.0.bucket(value)), [1, 1]);
        }
    }

    #[test]
    fn values_beyond_the_exponents_of_the_bounds_have_buckets() {
        let usual = FloatBounds::default().0;
        assert_eq!([f64::MIN, -1.0, 0.0, 5e-324, 1e-9].map(|value| usual.bucket(value)), [0; 5]);
        assert_eq!([10.000_000_000_000_002, 16.0, f64::MAX].map(|value| usual.bucket(value)), [11; 3]);
        let whole = FloatBounds::new(&[f64::MIN, f64::MAX]).unwrap().0;
        assert_eq!([f64::MIN, 0.0, f64::MAX].map(|value| whole.bucket(value)), [0, 1, 1]);
    }

    #[test]
    fn negative_values_go_with_negative_bounds() {
        let taken = |bounds: &[f64], value| FloatBounds::new(bounds).unwrap().0.takes(value);
        assert!(taken(&[-1.0, 1.0], f64::MIN));
        assert!(!taken(&[0.0, 1.0], -5e-324));
        for bounds in [&[-1.0][..], &[1.0]] {
            assert!([0.0, -0.0, f64::MAX].iter().all(|value| taken(bounds, *value)));
            assert!(![f64::NAN, f64::INFINITY, f64::NEG_INFINITY].iter().any(|value| taken(bounds, *value)));
        }
    }

    #[test]
    fn the_most_bounds_are_searched() {
        let many: Vec<f64> = (-128..128).map(f64::from).collect();
        let layout = FloatBounds::new(&many).unwrap().0;
        for value in (-1_300..1_300).map(|tenths| f64::from(tenths) / 10.0) {
            assert_eq!(layout.bucket(value), naive_bucket(&many, value), "{value}");
        }
    }

    #[test]
    fn bad_bounds_are_refused_by_value() {
        for (values, message) in [
            (&[][..], "a histogram needs at least one bound"),
            (&[0.0; 257], "257 bounds are too many: a histogram has at most 256"),
            (&[f64::NAN], "bound NaN is not finite (+Inf is always there)"),
            (&[f64::NEG_INFINITY, 1.0], "bound -inf is not finite (+Inf is always there)"),
            (&[-0.0, 0.0], "bound 0 is not above -0 before it"),
            (&[-1.0, -2.0], "bound -2 is not above -1 before it"),
        ] {
            assert_eq!(FloatBounds::new(values).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn equal_bounds_are_kept_once() {
        let [one, two] = [(); 2].map(|()| FloatBounds::new(&[-0.25, 0.75]).unwrap());
        assert!(std::ptr::eq(one.0, two.0));
    }
}
