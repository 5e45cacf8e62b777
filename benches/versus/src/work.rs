//! The recorded values: the inputs of `tickmark-benches`, combined into requests.

use std::collections::HashMap;
use std::iter::zip;
use std::ops::Range;
use std::sync::LazyLock;

use tickmark_benches::{BOUNDS, INPUTS, durations, requests, seconds};

/// Upper bounds of body sizes, in bytes; as many as for durations.
pub const SIZE_BOUNDS: [f64; 11] = [1e2, 3e2, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7];

/// The names of the labels.
pub const LABELS: [&str; 3] = ["method", "route", "status"];

/// The values of the labels.
pub type Labels = [&'static str; 3];

/// The histograms of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Duration,
    RequestSize,
    ResponseSize,
}

impl Part {
    /// The name of the family.
    pub fn name(self) -> &'static str {
        match self {
            Self::Duration => "latency_seconds",
            Self::RequestSize => "request_size_bytes",
            Self::ResponseSize => "response_size_bytes",
        }
    }

    pub fn bounds(self) -> [f64; 11] {
        if self == Self::Duration { BOUNDS } else { SIZE_BOUNDS }
    }
}

pub const PARTS: [Part; 3] = [Part::Duration, Part::RequestSize, Part::ResponseSize];

/// A value in both types that libraries use: nanoseconds and seconds of a duration, bytes
/// and bytes of a size.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    whole: u32,
    float: f64,
}

impl Value {
    #[inline]
    pub fn whole(self) -> u64 {
        self.whole.into()
    }

    #[inline]
    pub fn float(self) -> f64 {
        self.float
    }
}

/// Values of all rounds, separated by type: a library reads those of its own type.
///
/// Small, like all inputs: they should not evict the measured data from the caches.
struct Values {
    whole: [u32; INPUTS],
    float: [f64; INPUTS],
}

impl Values {
    const NONE: Self = Self { whole: [0; INPUTS], float: [0.0; INPUTS] };

    #[inline]
    fn get(&self, round: usize) -> Value {
        Value { whole: self.whole[round % INPUTS], float: self.float[round % INPUTS] }
    }

    fn set(&mut self, round: usize, whole: u64, float: f64) {
        self.whole[round] = u32::try_from(whole).unwrap();
        self.float[round] = float;
    }
}

/// A request with resolved route, method and status: numbers.
#[derive(Clone, Copy, Debug)]
pub struct Resolved {
    /// Index into [`CELLS`].
    pub cell: u16,
    /// Index of the label set among those that occur.
    pub set: u16,
}

/// Methods and statuses that occur.
pub const CELLS: [[&str; 2]; 4] =
    [["GET", "200"], ["GET", "404"], ["POST", "200"], ["POST", "404"]];

/// The inputs, made once; enough to defeat branch predictors.
pub struct Work {
    resolved: [Resolved; INPUTS],
    durations: Values,
    sizes: Values,
    /// The distinct ones that occur.
    label_sets: Vec<Labels>,
}

/// The inputs of all subjects.
pub fn work() -> &'static Work {
    static WORK: LazyLock<Work> = LazyLock::new(Work::new);
    &WORK
}

impl Work {
    /// The request of a round.
    #[inline]
    pub fn resolved(&self, round: usize) -> Resolved {
        self.resolved[round % INPUTS]
    }

    /// The labels of the request of a round.
    #[inline]
    pub fn labels(&self, round: usize) -> &Labels {
        &self.label_sets[usize::from(self.resolved(round).set)]
    }

    /// The duration of a round.
    #[inline]
    pub fn duration(&self, round: usize) -> Value {
        self.durations.get(round)
    }

    /// The values of a round for [`PARTS`]. The sizes are those of other rounds, so that
    /// they are independent.
    #[inline]
    pub fn values(&self, round: usize) -> [Value; 3] {
        let size = |ahead: usize| self.sizes.get(round + ahead);
        [self.duration(round), size(5_000), size(10_000)]
    }

    /// A value per label set, in the order of their numbers.
    pub fn for_each_set<T>(&self, make: impl FnMut(&Labels) -> T) -> Vec<T> {
        self.label_sets.iter().map(make).collect()
    }

    fn new() -> Self {
        let mut work = Self {
            resolved: [Resolved { cell: 0, set: 0 }; INPUTS],
            durations: Values::NONE,
            sizes: Values::NONE,
            label_sets: Vec::new(),
        };
        let mut numbers = HashMap::new();
        for (round, request) in requests().into_iter().enumerate() {
            let cell = CELLS
                .iter()
                .position(|[method, status]| request[0] == *method && request[2] == *status);
            let set = *numbers.entry(request).or_insert_with_key(|request| {
                work.label_sets.push(request.each_ref().map(|text| text.clone().leak() as &str));
                work.label_sets.len() - 1
            });
            let small = |number| u16::try_from(number).unwrap();
            work.resolved[round] = Resolved { cell: small(cell.unwrap()), set: small(set) };
        }
        for (round, (nanos, seconds)) in zip(durations(), seconds()).enumerate() {
            work.durations.set(round, nanos, seconds);
            // From 100 B to 300 KB, spread like the durations.
            work.sizes.set(round, nanos / 10_000, (nanos / 10_000) as f64);
        }
        work
    }
}

/// The requested number of label sets, beyond those of requests.
pub fn label_sets(numbers: Range<usize>) -> impl Iterator<Item = Labels> {
    numbers.map(|series| ["GET", format!("/api/v1/items/{series}").leak() as &str, "200"])
}
