//! Values: the result of reading one series.

/// A number in its stored form. It reaches the page without rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number without a sign.
    Unsigned(u64),
    /// A whole number with a sign.
    Signed(i64),
    /// A float. NaN and the infinities occur only where they were set or collected.
    Float(f64),
}

impl From<u8> for Number {
    fn from(number: u8) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<u16> for Number {
    fn from(number: u16) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::Unsigned(number as u64)
    }
}

impl From<i8> for Number {
    fn from(number: i8) -> Self {
        Self::Signed(number.into())
    }
}

impl From<i16> for Number {
    fn from(number: i16) -> Self {
        Self::Signed(number.into())
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self::Signed(number.into())
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<isize> for Number {
    fn from(number: isize) -> Self {
        Self::Signed(number as i64)
    }
}

impl From<f32> for Number {
    fn from(number: f32) -> Self {
        Self::Float(number.into())
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

/// The type of a family as exporters see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A count that never decreases.
    Counter,
    /// A value that goes up and down: gauges and up-down counters.
    Gauge,
    /// Observations by bucket, with their sum.
    Histogram,
    /// Quantiles computed by the program, with the sum and the count of the observations.
    Summary,
    /// Text about the program, in labels only.
    Info,
    /// States, each on or off.
    StateSet,
    /// A number of unstated kind: a counter, or a gauge.
    Unknown,
}

impl Kind {
    /// Returns the suffix that all samples of such a family share: `_total` of a counter,
    /// `_info` of an info family, and nothing of the others.
    ///
    /// ```
    /// use tickmark::export::Kind;
    ///
    /// let kinds = [Kind::Counter, Kind::Info, Kind::Gauge];
    /// assert_eq!(kinds.map(Kind::suffix), ["_total", "_info", ""]);
    /// ```
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram | Self::Summary | Self::StateSet | Self::Unknown => "",
        }
    }

    /// Returns every suffix that the names of such a family have, in samples and metadata
    /// of all formats. The first is empty.
    ///
    /// ```
    /// use tickmark::export::Kind;
    ///
    /// assert_eq!(Kind::Summary.suffixes(), ["", "_sum", "_count", "_created"]);
    /// ```
    #[must_use]
    pub const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[""],
            Self::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            Self::Summary => &["", "_sum", "_count", "_created"],
            Self::Info => &["", "_info"],
        }
    }
}

/// The value of a series at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// The total of a counter.
    Counter(Number),
    /// The value of a gauge or an up-down counter.
    Gauge(Number),
    /// A histogram, whose buckets and sum describe the same observations.
    Histogram {
        /// Observations by bucket, not cumulated. The last bucket is `+Inf`.
        buckets: &'a [u64],
        /// The sum of the observed values. It never wraps. A whole number is exact, in
        /// the unit of the family's scale. A float is in units of exposition: the sum of
        /// a float histogram, or the float nearest to a whole sum past `u64::MAX`.
        sum: Number,
    },
    /// A summary.
    Summary {
        /// The value of each quantile of the family; NaN for an unknown one.
        values: &'a [f64],
        /// The sum of the observed values, in units of exposition.
        sum: Number,
        /// The number of observed values.
        count: u64,
    },
    /// An info series, whose labels are the information.
    Info,
    /// Whether each state of the family is on.
    StateSet(&'a [bool]),
    /// The number of a family of unknown kind.
    Unknown(Number),
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_primitive_converts_exactly() {
        let numbers = [u8::MAX.into(), u16::MAX.into(), u32::MAX.into(), Number::from(u64::MAX)];
        let unsigned = [0xFF, 0xFFFF, 0xFFFF_FFFF, u64::MAX];
        assert_eq!(numbers, unsigned.map(Number::Unsigned));
        let numbers = [i8::MIN.into(), i16::MIN.into(), i32::MIN.into(), Number::from(i64::MIN)];
        let signed = [-0x80, -0x8000, -0x8000_0000, i64::MIN];
        assert_eq!(numbers, signed.map(Number::Signed));
        assert_eq!(Number::from(7_usize), Number::Unsigned(7));
        assert_eq!(Number::from(-7_isize), Number::Signed(-7));
        assert_eq!([0.5_f32.into(), Number::from(0.5)], [Number::Float(0.5); 2]);
    }
}
