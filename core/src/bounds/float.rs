//! Bounds of histograms of floats, and the search in them.

use std::ops::RangeInclusive;

use parking_lot::Mutex;

use crate::bounds::cells::{Cells, MOST_CELLS, close_ones};
use crate::bounds::check::checked;
use crate::bounds::error::{BoundsError, MOST_BOUNDS};
use crate::bounds::kept::kept_once;
use crate::bounds::steps;
use crate::checked::guaranteed;

/// Mantissa bits of a float.
const MANTISSA_BITS: u32 = 52;

const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;

/// Pairs of sign and exponent.
const EXPONENTS: usize = 1 << (u64::BITS - MANTISSA_BITS);

/// The upper limits of a float histogram's buckets, in units of exposition. They may be
/// negative.
///
/// An observation equal to a bound belongs to it, and `-0.0` equals `0.0`. One above all
/// bounds belongs to the `+Inf` bucket, which always exists. Equal bounds are stored
/// once, for the life of the process, in 6.5 to 13 KiB; close bounds take the most. So a
/// program must not create new bounds without end. `Clone` copies a reference.
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
    /// Returns these bounds. Takes a lock.
    ///
    /// # Errors
    /// If the list is empty or has more than 256 bounds, or if a bound is not finite, or
    /// not above the bound before it.
    pub fn new(values: &[f64]) -> Result<Self, BoundsError> {
        Ok(Self::of_checked(&checked(values)?))
    }

    /// Returns `count` bounds, the first at `start`, each `width` above the one before.
    /// Takes a lock.
    ///
    /// Bounds after the first are rounded to the decimal places of an `f64`, so that two
    /// steps of 0.1 above 0.1 are 0.3.
    ///
    /// ```
    /// let bounds = tickmark::FloatBounds::linear(-0.1, 0.1, 4)?;
    /// assert_eq!(bounds.values(), [-0.1, 0.0, 0.1, 0.2]);
    /// # Ok::<(), tickmark::BoundsError>(())
    /// ```
    ///
    /// # Errors
    /// If `width` is not above zero and finite, and as for [`new`](Self::new).
    pub fn linear(start: f64, width: f64, count: usize) -> Result<Self, BoundsError> {
        Self::new(&steps::linear(start, width, count)?)
    }

    /// Returns `count` bounds, the first at `start`, each `factor` times the one before.
    /// Rounds like [`linear`](Self::linear). Takes a lock.
    ///
    /// ```
    /// let bounds = tickmark::FloatBounds::exponential(0.001, 10.0, 4)?;
    /// assert_eq!(bounds.values(), [0.001, 0.01, 0.1, 1.0]);
    /// # Ok::<(), tickmark::BoundsError>(())
    /// ```
    ///
    /// # Errors
    /// If `start` is not above zero and finite, if `factor` is not above one and finite,
    /// and as for [`new`](Self::new).
    pub fn exponential(start: f64, factor: f64, count: usize) -> Result<Self, BoundsError> {
        Self::new(&steps::exponential(start, factor, count)?)
    }

    fn of_checked(values: &[f64]) -> Self {
        Self(kept_once(&KNOWN, |layout| layout.values() == values, || FloatLayout::new(values)))
    }

    /// Returns the finite bounds.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.0.values()
    }
}

/// Returns bounds for request durations in seconds, equal to those of
/// [`Bounds`](crate::Bounds). Takes a lock.
///
/// ```
/// assert_eq!(tickmark::FloatBounds::default().values(), tickmark::Bounds::default().values());
/// ```
impl Default for FloatBounds {
    fn default() -> Self {
        Self::of_checked(&steps::USUAL)
    }
}

/// All layouts of the process, each once.
static KNOWN: Mutex<Vec<&'static FloatLayout>> = Mutex::new(Vec::new());

/// Float bounds, prepared for the search of a bucket.
#[derive(Debug, PartialEq)]
pub(crate) struct FloatLayout {
    values: Box<[f64]>,
    /// The smallest observation that is recorded.
    least: f64,
    /// The bounds as sortable whole numbers, filled up with the largest number.
    keys: [i64; MOST_BOUNDS],
    search: Search,
}

/// The way to search the bucket of an observation.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one for each set of bounds, and never moved")]
enum Search {
    /// For each sign and exponent, the number of bounds below all its observations; at
    /// most one more bound has that exponent. For bounds each at least twice the one
    /// before, except for subnormal bounds and for 256 bounds.
    Wide([u8; EXPONENTS]),
    /// By a finer cell, which leaves any number of bounds, but hardly ever more than one.
    Close { grid: Grid, cells: Cells },
}

/// The cells of observations, by sign, exponent and some bits of the mantissa. Below zero
/// the cells count away from zero.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    /// The number of ignored low bits.
    shift: u32,
    /// The number of the cells nearest to zero, which include all nearer observations.
    first: u64,
    /// The distance of the outermost cells, which include all farther observations.
    span: u64,
    /// The cell of the positive observations nearest to zero.
    zero: u64,
}

impl FloatLayout {
    fn new(values: &[f64]) -> Self {
        let mut keys = [i64::MAX; MOST_BOUNDS];
        keys.iter_mut().zip(values).for_each(|(bound, value)| *bound = key(value.to_bits()));
        let search =
            Search::new(values, guaranteed(keys.get(..values.len()), "at most MOST_BOUNDS values"));
        let least = if values.iter().any(|value| *value < 0.0) { f64::MIN } else { 0.0 };
        Self { values: values.into(), least, keys, search }
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the number of buckets, `+Inf` included.
    pub(crate) fn bucket_count(&self) -> usize {
        self.values.len() + 1
    }

    /// Returns whether an observation is recorded: a finite one, and a negative one only
    /// with negative bounds.
    #[inline]
    pub(crate) fn takes(&self, value: f64) -> bool {
        (self.least..=f64::MAX).contains(&value)
    }

    /// Returns the bucket of an observation that it [takes](Self::takes).
    pub(crate) fn bucket(&self, value: f64) -> usize {
        self.wide_bucket(value)
            .or_else(|| self.close_bucket(value))
            .unwrap_or_else(|| self.bucket_of_many(value))
    }

    /// Returns the bucket if no two bounds share an exponent.
    #[inline]
    pub(crate) fn wide_bucket(&self, value: f64) -> Option<usize> {
        let Search::Wide(first) = &self.search else { return None };
        let bits = value.to_bits();
        let first =
            usize::from(guaranteed(first.get(exponent(bits)).copied(), "a number by exponent"));
        // One comparison serves all, without a branch on the value.
        Some(first + usize::from(self.keys.get(first).is_some_and(|bound| *bound < key(bits))))
    }

    /// Returns the bucket if no two bounds share a cell.
    #[inline]
    pub(crate) fn close_bucket(&self, value: f64) -> Option<usize> {
        let Search::Close { grid, cells } = &self.search else { return None };
        let bits = value.to_bits();
        cells.bounds_below(grid.cell(bits), &self.keys, key(bits))
    }

    fn bucket_of_many(&self, value: f64) -> usize {
        let Search::Close { grid, cells } = &self.search else { return 0 };
        let bits = value.to_bits();
        cells.bounds_below_of_many(grid.cell(bits), &self.keys, key(bits))
    }
}

impl Search {
    fn new(values: &[f64], keys: &[i64]) -> Self {
        let below = |limit: i64| keys.partition_point(|key| *key < limit);
        let ends: [(usize, usize); EXPONENTS] = std::array::from_fn(|exponent| {
            let nearest = (exponent as u64) << MANTISSA_BITS;
            let (nearest, farthest) = (key(nearest), key(nearest | MANTISSA));
            (below(nearest.min(farthest)), below(nearest.max(farthest)))
        });
        if ends.iter().all(|(first, last)| last - first <= 1 && *last < MOST_BOUNDS) {
            return Self::Wide(ends.map(|(first, _)| u8::try_from(first).unwrap_or(u8::MAX)));
        }
        let with_cells = |grid: Grid| {
            let cells: Vec<usize> = values.iter().map(|value| grid.cell(value.to_bits())).collect();
            (grid, Cells::new(&cells, grid.cell(f64::MAX.to_bits())))
        };
        let grids =
            (0..=MANTISSA_BITS).rev().filter_map(|shift| Grid::new(values, shift).map(with_cells));
        let (grid, cells) = Cells::best_of(grids).unwrap_or_else(|| with_cells(Grid::WHOLE));
        Self::Close { grid, cells }
    }
}

impl Grid {
    /// One cell for each sign.
    const WHOLE: Self = Self { shift: 0, first: 0, span: 0, zero: 1 };

    /// Returns the grid that ignores `shift` low bits. `None` if it had too many cells.
    fn new(values: &[f64], shift: u32) -> Option<Self> {
        let number = |value: &f64| value.abs().to_bits() >> shift;
        let (negative, others) = values.split_at(values.partition_point(|value| *value < 0.0));
        let negative: Vec<u64> = negative.iter().rev().map(number).collect();
        let others: Vec<u64> = others.iter().map(number).collect();
        let sides = [&negative, &others].into_iter().filter_map(|side| close_ones(side));
        let close = sides
            .reduce(|one, other| *one.start().min(other.start())..=*one.end().max(other.end()));
        let Some((first, last)) = close.map(RangeInclusive::into_inner) else {
            return Some(Self::WHOLE);
        };
        let span = last - first;
        let zero = if negative.is_empty() { 1 } else { span + 1 };
        (span < MOST_CELLS as u64 / 2).then_some(Self { shift, first, span, zero })
    }

    /// Returns the cell of an observation with these bits, not NaN. A negative zero is in
    /// an earlier cell than zero, but in the same bucket: no bound lies between them.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are not that many cells")]
    fn cell(self, bits: u64) -> usize {
        let distance = bits << 1 >> 1;
        let number = (distance >> self.shift).saturating_sub(self.first).min(self.span);
        // All ones for a negative number, whose cells count down.
        let sign = 0_u64.wrapping_sub(bits >> 63);
        self.zero.wrapping_add(number ^ sign) as usize
    }
}

/// Returns the sign and the exponent of the float with these bits.
#[inline]
fn exponent(bits: u64) -> usize {
    (bits >> MANTISSA_BITS) as usize
}

/// Returns a whole number in the order of the floats. The bits behind a negative sign
/// grow with the distance from zero, so they are inverted.
#[inline]
#[expect(clippy::cast_possible_wrap, reason = "bits with the sign bit are below all others")]
fn key(bits: u64) -> i64 {
    // All ones but the sign for a negative number.
    let turned = 0_u64.wrapping_sub(bits >> 63) >> 1;
    (bits ^ turned) as i64
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The specification of a bucket.
    fn naive_bucket(bounds: &[f64], value: f64) -> usize {
        bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
    }

    /// Returns the value and its two neighbours.
    fn near(value: f64) -> [f64; 3] {
        let bits = value.to_bits();
        [bits.wrapping_sub(1), bits, bits.wrapping_add(1)].map(f64::from_bits)
    }

    fn finite() -> impl Strategy<Value = f64> {
        let special = prop::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            -1.0,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
        ]);
        let any_bits =
            any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
        prop_oneof![-10.0..10.0, 0.0..1e-3, 1.0..2.0, -1e9..1e9, special, any_bits]
    }

    /// Clusters of close bounds, at regular numbers of floats from some values.
    fn clusters() -> impl Strategy<Value = Vec<f64>> {
        let cluster = (finite(), 0_u32..60, 1_usize..120).prop_map(|(start, shift, count)| {
            let bits =
                (0..count as u64).map(move |step| start.to_bits().wrapping_add(step << shift));
            bits.map(f64::from_bits).filter(|value| value.is_finite()).collect::<Vec<_>>()
        });
        prop::collection::vec(cluster, 1..4).prop_map(|clusters| clusters.concat())
    }

    fn steps() -> impl Strategy<Value = Vec<f64>> {
        (-100.0..100.0, 1e-6..10.0, 1_u32..=256).prop_map(|(start, width, count)| {
            (0..count).map(|step| start + f64::from(step) * width).collect()
        })
    }

    /// Bounds as they are after the checks.
    fn bounds() -> impl Strategy<Value = Vec<f64>> {
        prop_oneof![
            prop::collection::vec(finite(), 1..60),
            prop::collection::vec(finite(), 256),
            clusters(),
            steps()
        ]
        .prop_map(|mut values: Vec<f64>| {
            values.iter_mut().for_each(|value| *value += 0.0);
            values.sort_by(f64::total_cmp);
            values.dedup();
            values.truncate(MOST_BOUNDS);
            values
        })
        .prop_filter("bounds", |values| !values.is_empty())
    }

    fn is_single(bounds: &FloatBounds) -> bool {
        match &bounds.0.search {
            Search::Wide(_) => true,
            Search::Close { cells, .. } => cells.leaves_one(),
        }
    }

    proptest! {
        #[test]
        fn values_lie_in_specified_buckets(
            bounds in bounds(),
            others in prop::collection::vec(finite(), 50),
        ) {
            let layout = FloatLayout::new(&bounds);
            let values = bounds.iter().flat_map(|bound| near(*bound)).chain(others);
            for value in values.filter(|value| layout.takes(*value)) {
                let naive = naive_bucket(&bounds, value);
                prop_assert_eq!(layout.bucket(value), naive, "value {:?}", value);
            }
        }

        #[test]
        fn keys_are_ordered_as_floats_are(one in finite(), two in finite()) {
            let [one, two] = [one, two].map(|value| value + 0.0);
            let order = key(one.to_bits()).cmp(&key(two.to_bits()));
            prop_assert_eq!(Some(order), one.partial_cmp(&two));
        }
    }

    /// Common bounds leave one comparison, at any number and on both sides of zero.
    #[test]
    fn common_bounds_leave_one_comparison() {
        let outliers = |values: &[f64]| FloatBounds::new(&[&[-1e300], values, &[1e300]].concat());
        for bounds in [
            Ok(FloatBounds::default()),
            FloatBounds::exponential(0.001, 1.135, 64),
            FloatBounds::exponential(1e-300, 1.03, 256),
            FloatBounds::linear(0.0, 0.1, 64),
            FloatBounds::linear(0.01, 0.01, 256),
            FloatBounds::linear(1e6, 1.0, 256),
            FloatBounds::linear(-3.2, 0.1, 65),
            FloatBounds::linear(-64.0, 0.5, 256),
            FloatBounds::new(
                &(0..200).map(|step| f64::from_bits(1.0_f64.to_bits() + step)).collect::<Vec<_>>(),
            ),
            FloatBounds::new(&(0..256).map(f64::from_bits).collect::<Vec<_>>()),
            outliers(&[1.0, 1.25, 1.5, 1.75]),
        ] {
            let bounds = bounds.unwrap();
            assert!(is_single(&bounds), "{:?}", bounds.values());
        }
    }

    /// A table that cannot separate all bounds keeps its size.
    #[test]
    fn far_apart_clusters_share_cells() {
        let near = |step: u64| f64::from_bits(1.0_f64.to_bits() + step);
        let values: Vec<f64> =
            (0..100).map(near).chain((0..100).map(|step| 1e200 * near(step))).collect();
        let bounds = FloatBounds::new(&values).unwrap();
        assert!(!is_single(&bounds));
        for (bucket, value) in values.iter().enumerate() {
            assert_eq!(bounds.0.bucket(*value), bucket);
        }
    }

    #[test]
    fn zeros_of_both_signs_are_equal() {
        for bound in [-0.0, 0.0] {
            let bounds = FloatBounds::new(&[-1.25, bound, 1.25]).unwrap();
            assert!(bounds.values()[1].is_sign_positive());
            assert_eq!([-0.0, 0.0].map(|value| bounds.0.bucket(value)), [1, 1]);
        }
    }

    #[test]
    fn values_beyond_all_exponents_have_buckets() {
        let usual = FloatBounds::default().0;
        assert_eq!([f64::MIN, -1.0, 0.0, 5e-324, 1e-9].map(|value| usual.bucket(value)), [0; 5]);
        assert_eq!(
            [10.000_000_000_000_002, 16.0, f64::MAX].map(|value| usual.bucket(value)),
            [11; 3]
        );
        let whole = FloatBounds::new(&[f64::MIN, f64::MAX]).unwrap().0;
        assert_eq!([f64::MIN, 0.0, f64::MAX].map(|value| whole.bucket(value)), [0, 1, 1]);
    }

    #[test]
    fn negative_values_need_negative_bounds() {
        let taken = |bounds: &[f64], value| FloatBounds::new(bounds).unwrap().0.takes(value);
        assert!(taken(&[-1.0, 1.0], f64::MIN));
        assert!(!taken(&[0.0, 1.0], -5e-324));
        for bounds in [&[-1.0][..], &[1.0]] {
            assert!([0.0, -0.0, f64::MAX].iter().all(|value| taken(bounds, *value)));
            assert!(
                ![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
                    .iter()
                    .any(|value| taken(bounds, *value))
            );
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
    fn invalid_bounds_are_rejected_by_value() {
        for (values, message) in [
            (&[][..], "no bounds given: expected at least one"),
            (&[0.0; 257], "257 bounds given: expected at most 256"),
            (&[f64::NAN], "invalid bound NaN: must be finite, +Inf is always there"),
            (&[f64::NEG_INFINITY, 1.0], "invalid bound -inf: must be finite, +Inf is always there"),
            (&[-0.0, 0.0], "invalid bound 0.0: must be above -0.0 before it"),
            (&[-1.0, -2.0], "invalid bound -2.0: must be above -1.0 before it"),
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
