//! Values: what an exporter reads of one series.

/// A number in the form in which it is kept, so that none is rounded on the way to a
/// page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number that is never negative.
    Unsigned(u64),
    /// A whole number.
    Signed(i64),
    /// Any other; NaN and the infinities only where a user set or collected them.
    Float(f64),
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::Unsigned(number as u64)
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self::Signed(number.into())
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

/// What kind of metric a family is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes up and down: gauges and up-down counters.
    Gauge,
    /// Observations by bucket, and their sum.
    Histogram,
    /// Quantiles that were computed by the program, with the sum and the count of what
    /// they are of.
    Summary,
    /// Text about the program, all of it in labels.
    Info,
    /// States of which each is on or off.
    StateSet,
}

impl Kind {
    /// Returns the suffix that all samples of such a family share: `_total` of a counter,
    /// `_info` of an info family, and nothing of the others.
    ///
    /// ```
    /// use tickmark::export::Kind;
    ///
    /// assert_eq!([Kind::Counter, Kind::Info, Kind::Gauge].map(Kind::suffix), ["_total", "_info", ""]);
    /// ```
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram | Self::Summary | Self::StateSet => "",
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
            Self::Gauge | Self::StateSet => &[""],
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
    /// Of a counter: all that was added.
    Counter(Number),
    /// Of a gauge or an up-down counter.
    Gauge(Number),
    /// Of a histogram: buckets and sum describe the same observations.
    Histogram {
        /// Observations by bucket, each alone (not cumulated); the last is beyond all
        /// bounds.
        buckets: &'a [u64],
        /// The sum of the observed values, which never wraps. A whole number is exact and
        /// in the unit of the family's scale. A float is in units of exposition: the sum
        /// of a float histogram, or the float nearest to a whole sum past `u64::MAX`.
        sum: Number,
    },
    /// Of a summary.
    Summary {
        /// By quantile of the family, the value that it has; NaN where there is none.
        values: &'a [f64],
        /// The sum of all that was observed, in units of exposition.
        sum: Number,
        /// How many values were observed.
        count: u64,
    },
    /// Of an info family: the labels say it all.
    Info,
    /// By state of the family, whether it is on.
    StateSet(&'a [bool]),
}
