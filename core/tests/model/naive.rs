//! The model: what a family is to those who use it, in the plainest data. It knows of
//! cells only in which order floats were added up.

use std::collections::BTreeMap;

/// In seconds, of a histogram that counts milliseconds.
pub(crate) const WHOLE_BOUNDS: [f64; 3] = [0.0, 0.002, 10.0];
/// Of a float histogram, with and without negative observations.
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

/// What is recorded. Each kind takes of it what it can.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// By which of the kind's methods.
    pub(crate) way: u8,
    pub(crate) whole: u64,
    pub(crate) float: f64,
}

/// What was read of a series, by a handle or a walk.
#[derive(Debug)]
pub(crate) enum Reading {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Buckets(Vec<u64>, u64),
    FloatBuckets(Vec<u64>, f64),
}

/// Whose shard a thread adds floats up in: its own, which it may have from a thread that
/// ended, or that of all without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Own(u32),
    Shared,
}

/// Floats, in the order in which they were recorded.
#[derive(Debug, Default)]
pub(crate) struct Sums(Vec<(Cell, f64)>);

impl Sums {
    fn add(&mut self, cell: Cell, amount: f64) {
        self.0.push((cell, amount));
    }

    /// Whether that may be read: the sum of all cells, in any order. The first records of
    /// a shard, all or none of them too, are in the one cell of the guests.
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

    /// The cells, with so many of each shard's records in that of the guests.
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

    /// A number that changes when the sum does, however it is spread.
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

/// All that was recorded in a series.
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

    /// Records, unless it is what this kind rejects: then it says so.
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
                // A duration is given in nanoseconds.
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

    /// Whether that may be read.
    pub(crate) fn agrees(&self, reading: &Reading) -> bool {
        match (self, reading) {
            (Self::Counter(sum), Reading::Unsigned(seen)) => *sum as u64 == *seen,
            (Self::Gauge(value), Reading::Signed(seen)) => value == seen,
            (Self::UpDownCounter { ups, downs }, Reading::Signed(seen)) => {
                *ups as i128 - *downs as i128 == (*seen).into()
            }
            (Self::Histogram { buckets, sum }, Reading::Buckets(seen, seen_sum)) => {
                // A snapshot ends at `u64::MAX`; a walk goes on in floats.
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

    /// What two looks at a series compare: how often it was recorded in where that is
    /// known, its value otherwise.
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
    /// When it came into being: a walk shows what was there when its families were asked
    /// for.
    pub(crate) born: u64,
    /// Handles that are held.
    pub(crate) holders: usize,
    /// Its trace when a scrape that watches it showed it last.
    shown: Option<u128>,
    /// It was removed while it was held or under way.
    is_marked: bool,
}

impl Series {
    /// Whether it was removed, and no scrape has shown all of it since it is watched.
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
    /// As faults name it.
    pub(crate) exposed_name: String,
    pub(crate) series: BTreeMap<Labels, Series>,
    label_count: usize,
    limit: usize,
    expires: bool,
    /// Ever, also in series that are gone.
    pub(crate) rejected: u64,
    pub(crate) rejected_reported: u64,
    /// Look-ups, ever.
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

    /// Whether a look-up of these labels is turned away. The series of what is turned
    /// away does not count and always has room, and so has the one series of a family
    /// without labels.
    pub(crate) fn turns_away(&self, labels: &Labels) -> bool {
        !self.series.contains_key(labels) && *labels != self.overflow() && self.is_full()
    }

    fn is_full(&self) -> bool {
        let overflow = self.overflow();
        self.series.keys().filter(|known| **known != overflow).count() >= self.limit
    }

    /// Whether records of other label sets are in the overflow series, or may get there.
    pub(crate) fn is_overflowing(&self) -> bool {
        self.series.get(&self.overflow()).is_some_and(|series| self.is_full() || series.holders > 0)
    }

    /// The series of a look-up, which may be that of what is turned away.
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

    /// The series with exactly these labels, whatever the limit.
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
        let series = self.series.get_mut(labels).expect("a series that is recorded in is there");
        self.rejected += u64::from(series.tally.record(sample, cell));
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Turned off, what scrapes have seen is forgotten. What was removed has to go all
    /// the same.
    pub(crate) fn set_expires(&mut self, expires: bool) {
        self.expires = expires;
        if !expires {
            self.series
                .values_mut()
                .filter(|series| !series.is_marked)
                .for_each(|series| series.shown = None);
        }
    }

    /// Gone at once if it is unheld, has ended, and no scrape owes it a showing.
    /// Otherwise it is marked, and stays.
    pub(crate) fn remove(&mut self, labels: &Labels) -> bool {
        let Some(series) = self.series.get_mut(labels) else { return false };
        series.is_marked |= series.is_held();
        if !series.is_held() && !series.is_owed() {
            _ = self.series.remove(labels);
        }
        true
    }

    /// What a walk shows that began when the clock stood there. Marked series, and all of
    /// a family that expires at once, go if they are unheld, have ended, and were shown
    /// as they are.
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
