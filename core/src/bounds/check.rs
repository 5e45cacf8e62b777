//! The rules for the bounds of any histogram.

use crate::bounds::error::{BoundsError, MOST_BOUNDS};

/// Checks the rules for any histogram. Returns the bounds, with zero for negative zero.
pub(super) fn checked(values: &[f64]) -> Result<Vec<f64>, BoundsError> {
    check_count(values.len())?;
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Err(BoundsError::NotFinite { value: *value });
    }
    for (value, after) in values.iter().zip(values.iter().skip(1)) {
        if after <= value {
            return Err(BoundsError::NotIncreasing { value: *after, before: *value });
        }
    }
    Ok(values.iter().map(|value| value + 0.0).collect())
}

pub(super) fn check_count(count: usize) -> Result<(), BoundsError> {
    match count {
        0 => Err(BoundsError::NoBounds),
        1..=MOST_BOUNDS => Ok(()),
        _ => Err(BoundsError::TooMany { count }),
    }
}
