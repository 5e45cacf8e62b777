//! Random families, and records in them.

use arbitrary::{Arbitrary, Result, Unstructured};
use tickmark::Scale;
use tickmark_text::{Escaping, Format};

/// Frequent parts of names and values.
const FRAGMENTS: [&str; 32] = [
    "a", "b", "_", ".", ":", "\"", "\\", "\n", "\r", "\0", " ", "{", "}", ",", "=", "#", "# EOF\n",
    "_total", "_info", "_bucket", "_sum", "_count", "_created", "le", "quantile", "__", "0", "U__",
    "\u{feff}", "花", "🎆", "seconds",
];

#[derive(Clone, Debug)]
pub struct Text(pub String);

impl Arbitrary<'_> for Text {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Text> {
        let mut text = String::new();
        let length = u.int_in_range(0..=9)?;
        for _ in 0..length {
            let choice: u8 = u.arbitrary()?;
            match FRAGMENTS.get(usize::from(choice)) {
                Some(fragment) => text.push_str(fragment),
                None if choice < 128 => text.push(char::from(choice)),
                None => text.push(u.arbitrary()?),
            }
        }
        Ok(Text(text))
    }
}

#[derive(Arbitrary, Debug)]
pub struct Input {
    pub format: PageFormat,
    pub families: Vec<Family>,
}

#[derive(Arbitrary, Debug)]
pub struct Family {
    pub allows_utf8: bool,
    pub keeps_created_times: bool,
    pub keeps_counter_names: bool,
    pub unit: Option<Text>,
    pub constants: Vec<(Text, Text)>,
    pub name: Text,
    pub help: Text,
    /// The help set later, of an open family.
    pub later_help: Option<Text>,
    pub labels: Labels,
    pub metric: Metric,
}

/// The names of the labels, and the label values of the series.
#[derive(Arbitrary, Debug)]
pub enum Labels {
    None,
    One(Text, Vec<[Text; 1]>),
    Two([Text; 2], Vec<[Text; 2]>),
    Open(Vec<Vec<(Text, Text)>>),
}

#[derive(Arbitrary, Debug)]
pub enum Metric {
    Counter(Vec<u64>, Option<Vec<(Text, Text)>>),
    FloatCounter(Vec<f64>),
    Gauge(i64),
    FloatGauge(f64),
    Histogram(HistogramScale, u8, Vec<(u64, u16)>),
    FloatHistogram(u8, Vec<(f64, u16)>),
    Collected(Vec<(f64, u8)>, f64),
    Summary(Vec<(f64, f64)>, f64, u64),
    Info,
    StateSet(Vec<(Text, bool)>),
    Unknown(f64),
}

impl Family {
    pub fn is_collected(&self) -> bool {
        matches!(
            self.metric,
            Metric::Collected(..)
                | Metric::Summary(..)
                | Metric::Info
                | Metric::StateSet(_)
                | Metric::Unknown(_)
        )
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum HistogramScale {
    One,
    Millis,
    Micros,
    Nanos,
}

impl HistogramScale {
    pub fn scale(self) -> (Scale, u64) {
        match self {
            Self::One => (Scale::One, 1),
            Self::Millis => (Scale::Millis, 1_000),
            Self::Micros => (Scale::Micros, 1_000_000),
            Self::Nanos => (Scale::Nanos, 1_000_000_000),
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum PageFormat {
    Text0,
    Text1(Scheme),
    OpenMetrics(Option<Scheme>),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Scheme {
    AllowUtf8,
    Underscores,
    Dots,
    Values,
}

impl Scheme {
    fn escaping(self) -> Escaping {
        match self {
            Self::AllowUtf8 => Escaping::AllowUtf8,
            Self::Underscores => Escaping::Underscores,
            Self::Dots => Escaping::Dots,
            Self::Values => Escaping::Values,
        }
    }
}

impl PageFormat {
    pub fn format(self) -> Format {
        match self {
            Self::Text0 => Format::Text0_0_4,
            Self::Text1(scheme) => Format::Text1_0_0(scheme.escaping()),
            Self::OpenMetrics(scheme) => Format::OpenMetrics1_0(scheme.map(Scheme::escaping)),
        }
    }
}
