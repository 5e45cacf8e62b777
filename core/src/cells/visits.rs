//! Visits: the records of a guest in a block, which earn it a block of its own.

use std::time::{Duration, Instant};

use crate::sync::{AtomicUsize, EARNING_RECORDS, Mutex, Ordering};

/// The shortest period. Several scrapers or registries therefore end no more periods than
/// one. A thread with 110 records a second in a block earns it in any case.
const SHORTEST_PERIOD: Duration = Duration::from_secs(10);

/// The period in which guests' records are counted, from one scrape to another. In a
/// program without scrapes it never ends, and the total of records earns a block.
#[derive(Debug, Default)]
pub(crate) struct Period {
    number: AtomicUsize,
    began: Mutex<Option<Instant>>,
}

impl Period {
    /// Returns the lower bits of the number of the period. A count from 65,536 periods
    /// ago passes for a current one, and earns a block early.
    #[expect(clippy::cast_possible_truncation, reason = "meant")]
    pub(crate) fn number(&self) -> u16 {
        // Relaxed: a hint of time, which publishes nothing.
        self.number.load(Ordering::Relaxed) as u16
    }

    /// Begins the next period, unless the current one is too short.
    pub(crate) fn note_scrape(&self, now: Instant) {
        let mut began = self.began.lock();
        if began.is_none_or(|began| now.saturating_duration_since(began) >= SHORTEST_PERIOD) {
            *began = Some(now);
            // Relaxed: as in `number`.
            _ = self.number.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The visits of one shard by block: four bytes for each block of 4 KiB that it saves.
#[derive(Debug, Default)]
pub(crate) struct Visits(Vec<Visit>);

#[derive(Clone, Copy, Debug, Default)]
struct Visit {
    period: u16,
    records: u16,
}

impl Visits {
    /// Counts a record. Returns whether the guest has earned its own block.
    pub(crate) fn earn(&mut self, block: usize, period: u16) -> bool {
        if self.0.len() <= block {
            self.0.resize(block + 1, Visit::default());
        }
        let Some(visit) = self.0.get_mut(block) else { return true };
        if visit.period != period {
            *visit = Visit { period, records: 0 };
        }
        visit.records = visit.records.saturating_add(1);
        visit.records > EARNING_RECORDS
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    fn earns_after(visits: &mut Visits, block: usize, period: u16) -> usize {
        (0..usize::from(u16::MAX)).take_while(|_| !visits.earn(block, period)).count()
    }

    #[test]
    fn each_block_is_earned_by_its_records() {
        let mut visits = Visits::default();
        assert!(!visits.earn(3, 0));
        assert_eq!(earns_after(&mut visits, 0, 0), usize::from(EARNING_RECORDS));
        assert_eq!(earns_after(&mut visits, 3, 0), usize::from(EARNING_RECORDS) - 1);
        assert!((0..=u16::MAX).all(|_| visits.earn(0, 0)), "a count wrapped");
    }

    #[test]
    fn a_new_period_counts_from_zero() {
        let mut visits = Visits::default();
        (1..100)
            .for_each(|period| (0..EARNING_RECORDS).for_each(|_| assert!(!visits.earn(0, period))));
        assert!(visits.earn(0, 99));
    }

    #[test]
    fn scrapes_in_quick_succession_end_one_period() {
        let period = Period::default();
        let start = Instant::now();
        let number_after = |seconds: u64| {
            period.note_scrape(start + Duration::from_secs(seconds));
            period.number()
        };
        assert_eq!([0, 1, 9, 10, 11, 19, 20, 60].map(number_after), [1, 1, 1, 2, 2, 2, 3, 4]);
        // The clock reads of two threads may be out of order.
        period.note_scrape(start);
        assert_eq!(period.number(), 4);
    }
}
