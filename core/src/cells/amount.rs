//! Amounts that cells add up, whole numbers or floats, and their sums.

use crate::sync::{AtomicU64, Ordering};
use crate::value::Number;

/// A value to add. A cell keeps a sum as bits, and zero bits are zero of either kind.
///
/// Floats are finite, and their sums saturate at the ends of `f64`. So no record can make
/// a sum NaN or infinite for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Amount {
    /// The sum in a cell wraps past `u64::MAX`. The caller counts the wraps.
    Whole(u64),
    Float(f64),
}

impl Amount {
    /// Adds the bits of a cell of the same kind. Returns the new bits, and whether a
    /// whole number wrapped.
    #[inline]
    pub(crate) fn plus(self, bits: u64) -> (u64, bool) {
        match self {
            Self::Whole(value) => value.overflowing_add(bits),
            Self::Float(value) => (add(value, f64::from_bits(bits)).to_bits(), false),
        }
    }

    /// Returns the sum of `count` such amounts, and how often a whole number wrapped on
    /// the way.
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the product")]
    #[expect(clippy::cast_precision_loss, reason = "a float sum is rounded")]
    pub(crate) fn times(self, count: u64) -> (Self, u64) {
        match self {
            Self::Whole(value) => {
                let product = u128::from(value) * u128::from(count);
                (Self::Whole(product as u64), (product >> 64) as u64)
            }
            // Clamped, because the largest float times two is infinite.
            Self::Float(value) => {
                (Self::Float((value * count as f64).clamp(f64::MIN, f64::MAX)), 0)
            }
        }
    }

    /// Adds this to a cell with other writers; `ordering` is that of the store. Wait-free
    /// for whole numbers. Lock-free for floats, whose adds retry after another add.
    ///
    /// Returns how many multiples of 2^63 a whole sum passed, at most two.
    pub(crate) fn add_shared(self, cell: &AtomicU64, ordering: Ordering) -> u64 {
        match self {
            Self::Whole(value) => {
                let before = cell.fetch_add(value, ordering);
                let (after, wrapped) = before.overflowing_add(value);
                (u64::from(wrapped) * 2 + (after >> 63)).wrapping_sub(before >> 63)
            }
            Self::Float(_) => {
                // Relaxed: the load reads nothing but the number itself.
                _ = cell.fetch_update(ordering, Ordering::Relaxed, |bits| Some(self.plus(bits).0));
                0
            }
        }
    }
}

/// The sum of amounts over any number of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sum {
    /// Exact: the sum of 2^64 values of any size fits.
    Whole(u128),
    Float(f64),
}

impl Sum {
    /// Adds the sum of a cell of the same kind: a whole number with its wraps, or the
    /// bits of a float.
    ///
    /// A float sum is rounded, and rounding is monotonic: a cell that does not decrease
    /// never decreases the sum.
    #[inline]
    #[must_use]
    pub(crate) fn plus(self, held: u128) -> Self {
        match self {
            Self::Whole(sum) => Self::Whole(sum.wrapping_add(held)),
            #[expect(clippy::cast_possible_truncation, reason = "a float has 64 bits")]
            Self::Float(sum) => Self::Float(add(sum, f64::from_bits(held as u64))),
        }
    }

    /// Returns the sum as exporters see it. Past `u64::MAX`, a whole sum becomes the
    /// nearest float in units of exposition, each of which is `per_unit`. That step never
    /// decreases the sum.
    #[expect(clippy::cast_precision_loss, reason = "meant")]
    pub(crate) fn number(self, per_unit: u64) -> Number {
        match self {
            Self::Whole(sum) => match u64::try_from(sum) {
                Ok(sum) => Number::Unsigned(sum),
                Err(_) => Number::Float(sum as f64 / per_unit as f64),
            },
            Self::Float(sum) => Number::Float(sum),
        }
    }
}

/// Adds two floats, and saturates at the ends of `f64`.
#[inline]
pub(crate) fn add(one: f64, other: f64) -> f64 {
    let sum = one + other;
    // A predicted branch: the next add waits for this one, but not for a comparison.
    if sum.abs() <= f64::MAX { sum } else { end_of_floats(sum) }
}

#[cold]
#[inline(never)]
fn end_of_floats(sum: f64) -> f64 {
    f64::MAX.copysign(sum)
}

impl Default for Sum {
    fn default() -> Self {
        Self::Whole(0)
    }
}
