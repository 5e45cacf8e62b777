//! Amounts: what cells add up, as whole numbers or as floats.

use crate::sync::{AtomicU64, Ordering};
use crate::value::Number;

/// A value to add, or the sum of some. A cell keeps it as bits, and zero bits are zero of either kind.
///
/// Floats are finite, and their sums stay finite: one past an end of `f64` is that end, so no record makes a sum NaN or
/// infinite for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Amount {
    /// Wraps past `u64::MAX`.
    Whole(u64),
    Float(f64),
}

impl Amount {
    /// Adds what a cell holds, of the same kind.
    ///
    /// A float sum is rounded, and rounding keeps the order: a cell that holds no less never makes the sum less.
    #[inline]
    #[must_use]
    pub(crate) fn plus(self, bits: u64) -> Self {
        match self {
            Self::Whole(value) => Self::Whole(value.wrapping_add(bits)),
            Self::Float(value) => Self::Float(add(value, f64::from_bits(bits))),
        }
    }

    /// As a cell keeps it.
    #[inline]
    pub(crate) fn bits(self) -> u64 {
        match self {
            Self::Whole(value) => value,
            Self::Float(value) => value.to_bits(),
        }
    }

    /// Adds this to a cell that others add to as well; `ordering` is that of the store. Wait-free for whole numbers; for
    /// floats lock-free, because an add begins anew when another one came between.
    pub(crate) fn add_shared(self, cell: &AtomicU64, ordering: Ordering) {
        match self {
            Self::Whole(value) => {
                let _ = cell.fetch_add(value, ordering);
            }
            Self::Float(_) => {
                // Relaxed: only the number itself is used of what is loaded.
                let _ = cell.fetch_update(ordering, Ordering::Relaxed, |bits| Some(self.plus(bits).bits()));
            }
        }
    }
}

/// The sum, or the end of `f64` that it would pass.
#[inline]
pub(crate) fn add(one: f64, other: f64) -> f64 {
    let sum = one + other;
    // A branch that is never taken: the next add waits for this one, and need not wait for a comparison as well.
    if sum.is_finite() { sum } else { end_of_floats(sum) }
}

#[cold]
#[inline(never)]
fn end_of_floats(sum: f64) -> f64 {
    f64::MAX.copysign(sum)
}

impl Default for Amount {
    fn default() -> Self {
        Self::Whole(0)
    }
}

impl From<Amount> for Number {
    fn from(amount: Amount) -> Self {
        match amount {
            Amount::Whole(value) => Self::Unsigned(value),
            Amount::Float(value) => Self::Float(value),
        }
    }
}
