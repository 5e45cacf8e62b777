//! Values whose presence an invariant guarantees.
//!
//! Recording and reading must not panic in the host, so they do not index or unwrap. A
//! debug build panics on a broken invariant, with its text. A release build continues
//! with the default.

/// Returns the value, or the default if `invariant` is broken.
#[inline]
pub(crate) fn guaranteed<T: Default>(value: Option<T>, invariant: &str) -> T {
    debug_assert!(value.is_some(), "broken invariant: {invariant}");
    value.unwrap_or_default()
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_present_value_is_returned() {
        assert_eq!(guaranteed([1, 2].get(1).copied(), "two elements"), 2);
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "broken invariant: two elements")]
    fn a_missing_value_panics_in_debug() {
        _ = guaranteed([1, 2].get(2).copied(), "two elements");
    }

    #[cfg(not(debug_assertions))]
    #[test]
    fn a_missing_value_is_the_default() {
        assert_eq!(guaranteed([1, 2].get(2).copied(), "two elements"), 0);
    }
}
