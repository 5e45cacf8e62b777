//! Scales: the unit of the values of a histogram.

/// The unit of a histogram's values and sums, relative to its unit of exposition.
///
/// Sums are exact. Past `u64::MAX` of this unit, exporters show the nearest float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scale {
    /// Values are whole units of exposition, such as bytes or items.
    #[default]
    One,
    /// Values are milliseconds, exposed in seconds.
    Millis,
    /// Values are microseconds, exposed in seconds.
    Micros,
    /// Values are nanoseconds, exposed in seconds. A sum passes `u64::MAX` after 584
    /// years of durations: after seven months with a thousand requests in flight at any
    /// time.
    Nanos,
}

impl Scale {
    /// Returns the number of these units in one unit of exposition.
    #[must_use]
    pub const fn per_unit(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        }
    }
}
