//! Scales: in which unit a histogram of whole numbers counts.

/// The unit in which a histogram takes and adds up its values, relative to the unit in
/// which it is exposed.
///
/// Sums are kept in this unit as a `u64`, exactly, and wrap past `u64::MAX`: readers take
/// that for a counter reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scale {
    /// Values are whole units (bytes, items). The sum of 1 GB a second wraps after 584
    /// years.
    #[default]
    One,
    /// Values are milliseconds, exposed in seconds. A thousand open at any time wrap
    /// after 584,000 years.
    Millis,
    /// Values are microseconds, exposed in seconds. A thousand open at any time wrap
    /// after 584 years.
    Micros,
    /// Values are nanoseconds, exposed in seconds. A sum of durations wraps after 584
    /// years of them: with ten requests under way at any time after 58 years, with a
    /// thousand after seven months.
    Nanos,
}

impl Scale {
    /// How many of this unit make one unit of exposition.
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
