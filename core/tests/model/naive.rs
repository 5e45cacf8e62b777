//! The naive model: families as their users see them, in plain data. Of cells it knows
//! only the order of float additions.

use std::collections::BTreeMap;

/// In seconds, for a histogram of milliseconds.
pub(crate) const WHOLE_BOUNDS: [f64; 3] = [0.0, 0.002, 10.0];
/// For a float histogram, with and without negative observations.
pub(crate) const FLOAT_BOUNDS: [&[f64]; 2] = [&[0.5, 2.0], &[-1.0, 0.0, 0.5]];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    UpDownCounter,
    Histogram,
    FloatCounter,
    FloatGauge,
    FloatHistogram(&'static [f64]),
}

/// A recorded value. Each kind uses the part that it accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Selects one of the kind's methods.
    pub(crate) way: u8,
    pub(crate) whole: u64,
    pub(crate) float: f64,
}

/// A series as read by a handle or a walk.
#[derive(Debug)]
pub(crate) enum Reading {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Buckets(Vec<u64>, u64),
    FloatBuckets(Vec<u64>, f64),
}

/// The shard in which a thread adds floats: its own, perhaps inherited from an ended
/// thread, or the one of all threads without a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Own(u32),
    Shared,
}

/// Floats in the order of recording.
#[derive(Debug, Default)]
pub(crate) struct Sums(Vec<(Cell, f64)>);

impl Sums {
    fn add(&mut self, cell: Cell, amount: f64) {
        self.0.push((cell, amount));
    }

    /// Whether this value may be read: the sum of all cells, in any order. The guests'
    /// cell has a prefix of each shard's records: the first few, all or none.
    fn may_be(&self, seen: f64) -> bool {
        let own = |shard| self.0.iter().filter(|(cell, _)| *cell == Cell::Own(shard)).count();
        let choices = [0, 1, 2].map(|shard| own(shard) + 1);
        (0..choices.iter().product::<usize>()).any(|mut choice| {
            let visits = choices.map(|choices| {
                let visits = choice % choices;
                choice /= choices;
                visits
            });
            may_add_up(0.0, &self.cells(visits), seen)
        })
    }

    /// The cells, with this many of each shard's records in the guests' cell.
    fn cells(&self, mut visits: [usize; 3]) -> Vec<f64> {
        let mut cells = [None; 5];
        for (cell, amount) in &self.0 {
            let place = match *cell {
                Cell::Own(shard) if visits[shard as usize] == 0 => shard as usize,
                Cell::Own(shard) => {
                    visits[shard as usize] -= 1;
                    3
                }
                Cell::Shared => 4,
            };
            cells[place] = Some(finite_sum(cells[place].unwrap_or_default(), *amount));
        }
        cells.into_iter().flatten().collect()
    }

    /// A number that changes with the sum, independent of the distribution over cells.
    fn trace(&self) -> u64 {
        self.cells([0; 3]).into_iter().fold(0.0, finite_sum).to_bits()
    }
}

fn may_add_up(sum: f64, left: &[f64], seen: f64) -> bool {
    let next = |(place, next): (usize, &f64)| {
        let others = [&left[..place], &left[place + 1..]].concat();
        may_add_up(finite_sum(sum, *next), &others, seen)
    };
    if left.is_empty() { sum == seen } else { left.iter().enumerate().any(next) }
}

fn finite_sum(one: f64, other: f64) -> f64 {
    (one + other).clamp(f64::MIN, f64::MAX)
}

/// All records of a series.
#[derive(Debug)]
pub(crate) enum Tally {
    Counter(u128),
    Gauge(i64),
    UpDownCounter { ups: u128, downs: u128 },
    Histogram { buckets: Vec<u128>, sum: u128 },
    FloatCounter(Sums),
    FloatGauge(f64),
    FloatHistogram { bounds: &'static [f64], buckets: Vec<u128>, sums: Sums },
}

impl Tally {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(0),
            Kind::Gauge => Self::Gauge(0),
            Kind::UpDownCounter => Self::UpDownCounter { ups: 0, downs: 0 },
            Kind::Histogram => Self::Histogram { buckets: vec![0; WHOLE_BOUNDS.len() + 1], sum: 0 },
            Kind::FloatCounter => Self::FloatCounter(Sums::default()),
            Kind::FloatGauge => Self::FloatGauge(0.0),
            Kind::FloatHistogram(bounds) => Self::FloatHistogram {
                bounds,
                buckets: vec![0; bounds.len() + 1],
                sums: Sums::default(),
            },
        }
    }

    /// Records, or returns that this kind rejects the value.
    fn record(&mut self, sample: Sample, cell: Cell) -> bool {
        let Sample { way, whole, float } = sample;
        match self {
            Self::Counter(sum) => *sum += if way == 0 { 1 } else { u128::from(whole) },
            Self::Gauge(value) => match way {
                0 => *value = value.wrapping_add(1),
                1 => *value = value.wrapping_sub(1),
                2 => *value = value.wrapping_add(whole as i64),
                3 => *value = value.wrapping_sub(whole as i64),
                _ => *value = whole as i64,
            },
            Self::UpDownCounter { ups, downs } => *if way % 2 == 0 { ups } else { downs } += 1,
            Self::Histogram { buckets, sum } => {
                // A duration is in nanoseconds.
                let millis = if way == 0 { whole / 1_000_000 } else { whole };
                buckets[bucket(&WHOLE_BOUNDS, millis as f64 / 1_000.0)] += 1;
                *sum += u128::from(millis);
            }
            Self::FloatCounter(sums) => {
                let amount = if way == 0 { 1.0 } else { float };
                if !amount.is_finite() || amount < 0.0 {
                    return true;
                }
                sums.add(cell, amount);
            }
            Self::FloatGauge(value) => match way {
                0 => *value += 1.0,
                1 => *value += -1.0,
                2 if !float.is_nan() => *value += float,
                3 if !float.is_nan() => *value += -float,
                _ => *value = float,
            },
            Self::FloatHistogram { bounds, buckets, sums } => {
                let value = if way == 0 {
                    std::time::Duration::from_nanos(whole).as_secs_f64()
                } else {
                    float
                };
                if !value.is_finite() || (value < 0.0 && bounds[0] >= 0.0) {
                    return true;
                }
                buckets[bucket(bounds, value)] += 1;
                sums.add(cell, value);
            }
        }
        false
    }

    /// Whether this value may be read.
    pub(crate) fn agrees(&self, reading: &Reading) -> bool {
        match (self, reading) {
            (Self::Counter(sum), Reading::Unsigned(seen)) => *sum as u64 == *seen,
            (Self::Gauge(value), Reading::Signed(seen)) => value == seen,
            (Self::UpDownCounter { ups, downs }, Reading::Signed(seen)) => {
                *ups as i128 - *downs as i128 == (*seen).into()
            }
            (Self::Histogram { buckets, sum }, Reading::Buckets(seen, seen_sum)) => {
                // A snapshot saturates at `u64::MAX`; a walk continues in floats.
                are_equal(buckets, seen) && (*sum).min(u64::MAX.into()) == u128::from(*seen_sum)
            }
            (Self::Histogram { buckets, sum }, Reading::FloatBuckets(seen, seen_sum)) => {
                let in_units = *sum as f64 / 1_000.0;
                are_equal(buckets, seen)
                    && *sum > u128::from(u64::MAX)
                    && in_units.to_bits() == seen_sum.to_bits()
            }
            (Self::FloatCounter(sums), Reading::Float(seen)) => sums.may_be(*seen),
            (Self::FloatGauge(value), Reading::Float(seen)) => {
                value.to_bits() == seen.to_bits() || (value.is_nan() && seen.is_nan())
            }
            (Self::FloatHistogram { buckets, sums, .. }, Reading::FloatBuckets(seen, seen_sum)) => {
                are_equal(buckets, seen) && sums.may_be(*seen_sum)
            }
            _ => false,
        }
    }

    /// The trace that two looks at a series compare: the number of records where it is
    /// known, otherwise the value.
    fn trace(&self) -> u128 {
        match self {
            Self::Counter(sum) => u128::from(*sum as u64),
            Self::Gauge(value) => *value as u128,
            Self::UpDownCounter { ups, downs } => ups + downs,
            Self::Histogram { buckets, .. } | Self::FloatHistogram { buckets, .. } => {
                buckets.iter().sum()
            }
            Self::FloatCounter(sums) => sums.trace().into(),
            Self::FloatGauge(value) => value.to_bits().into(),
        }
    }

    fn is_under_way(&self) -> bool {
        matches!(self, Self::UpDownCounter { ups, downs } if ups > downs)
    }
}

fn bucket(bounds: &[f64], value: f64) -> usize {
    bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
}

fn are_equal(counts: &[u128], seen: &[u64]) -> bool {
    counts.iter().copied().eq(seen.iter().copied().map(u128::from))
}

pub(crate) type Labels = Vec<&'static str>;

#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) tally: Tally,
    /// Creation time: a walk shows series created before its families were requested.
    pub(crate) born: u64,
    /// Number of held handles.
    pub(crate) holders: usize,
    /// Its trace when a watching scrape last showed it.
    shown: Option<u128>,
    /// Whether it was removed while held or open.
    is_marked: bool,
}

impl Series {
    /// Whether it was removed, and no scrape has fully shown it since.
    fn is_owed(&self) -> bool {
        self.is_marked && self.shown != Some(self.tally.trace())
    }

    fn is_held(&self) -> bool {
        self.holders > 0 || self.tally.is_under_way()
    }
}

#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) kind: Kind,
    /// Its name in faults.
    pub(crate) exposed_name: String,
    pub(crate) series: BTreeMap<Labels, Series>,
    label_count: usize,
    limit: usize,
    expires: bool,
    /// Over all time, including series removed since.
    pub(crate) rejected: u64,
    pub(crate) rejected_reported: u64,
    /// Look-ups over all time.
    pub(crate) turned_away: u64,
    pub(crate) turned_away_reported: u64,
}

impl Family {
    pub(crate) fn new(kind: Kind, name: &str, label_count: usize) -> Self {
        let suffix = if matches!(kind, Kind::Counter | Kind::FloatCounter) { "_total" } else { "" };
        let exposed_name = format!("{name}{suffix}");
        Self {
            kind,
            exposed_name,
            series: BTreeMap::new(),
            label_count,
            limit: 2_000,
            expires: false,
            rejected: 0,
            rejected_reported: 0,
            turned_away: 0,
            turned_away_reported: 0,
        }
    }

    fn overflow(&self) -> Labels {
        vec!["_overflow"; self.label_count]
    }

    /// Whether a look-up of these labels is over the limit. The overflow series does not
    /// count and always has room, like the one series of a family without labels.
    pub(crate) fn turns_away(&self, labels: &Labels) -> bool {
        !self.series.contains_key(labels) && *labels != self.overflow() && self.is_full()
    }

    fn is_full(&self) -> bool {
        let overflow = self.overflow();
        self.series.keys().filter(|known| **known != overflow).count() >= self.limit
    }

    /// Whether the overflow series has records of other label sets, or may get some.
    pub(crate) fn is_overflowing(&self) -> bool {
        self.series.get(&self.overflow()).is_some_and(|series| self.is_full() || series.holders > 0)
    }

    /// The series of a look-up, possibly the overflow series.
    pub(crate) fn look_up(&mut self, labels: &Labels, clock: &mut u64) -> Labels {
        let labels = if self.turns_away(labels) {
            self.turned_away += 1;
            self.overflow()
        } else {
            labels.clone()
        };
        _ = self.make(&labels, clock);
        labels
    }

    /// The series with exactly these labels, regardless of the limit.
    pub(crate) fn make(&mut self, labels: &Labels, clock: &mut u64) -> &mut Series {
        let kind = self.kind;
        self.series.entry(labels.clone()).or_insert_with(|| {
            *clock += 1;
            Series {
                tally: Tally::new(kind),
                born: *clock,
                holders: 0,
                shown: None,
                is_marked: false,
            }
        })
    }

    pub(crate) fn record(&mut self, labels: &Labels, sample: Sample, cell: Cell) {
        let series = self.series.get_mut(labels).expect("a recorded series is present");
        self.rejected += u64::from(series.tally.record(sample, cell));
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Turning expiry off forgets what scrapes have seen. Removed series still have to
    /// go.
    pub(crate) fn set_expires(&mut self, expires: bool) {
        self.expires = expires;
        if !expires {
            self.series
                .values_mut()
                .filter(|series| !series.is_marked)
                .for_each(|series| series.shown = None);
        }
    }

    /// Goes at once if it is not held, not open, and has no unshown records. Otherwise it
    /// is marked and stays.
    pub(crate) fn remove(&mut self, labels: &Labels) -> bool {
        let Some(series) = self.series.get_mut(labels) else { return false };
        series.is_marked |= series.is_held();
        if !series.is_held() && !series.is_owed() {
            _ = self.series.remove(labels);
        }
        true
    }

    /// The series shown by a walk that began at this time. Marked series, and all of a
    /// family that expires at once, go if they are not held, not open, and unchanged
    /// since they were shown.
    pub(crate) fn walk(&mut self, began: u64) -> impl Iterator<Item = (&Labels, &Series)> {
        let expires = self.expires;
        self.series.retain(|_, series| {
            let is_new = series.born > began;
            let was_shown = series.shown == Some(series.tally.trace());
            if !is_new && (series.is_marked || expires) {
                series.shown = Some(series.tally.trace());
            }
            is_new || !was_shown || series.is_held()
        });
        self.series.iter().filter(move |(_, series)| series.born <= began)
    }
}
