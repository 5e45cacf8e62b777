//! Rejected records: what float metrics do not record is counted instead, and reported by family.
//!
//! A series counts its own in [`Series::shared`], which its kind does not need otherwise, so that counting waits for
//! nobody. A scrape adds them up and brings the family's fault counter to that sum.

use crate::Counter;
use crate::ever::Ever;
use crate::family::FamilyCore;
use crate::metric::Sealed;
use crate::series::Series;
use crate::sync::{AtomicU64, Kept, Ordering};

/// Whether any record was ever rejected: until then, scrapes have nothing to add up.
static ANY: Ever = Ever::new();

/// Whether any record of this process was rejected before this call.
pub(crate) fn any() -> bool {
    ANY.has_happened()
}

/// Counts a record that the series does not take. Wait-free.
#[cold]
#[inline(never)]
pub(crate) fn count(series: &Kept<Series>) {
    if let Some(series) = series.get() {
        // Relaxed: a count publishes nothing but itself.
        let _ = series.shared.fetch_add(1, Ordering::Relaxed);
        ANY.happened();
    }
}

/// What a family knows of its rejected records. Changed under the lock of its table.
#[derive(Debug, Default)]
pub(crate) struct Rejected {
    /// Those of series that are gone.
    left: AtomicU64,
    /// Those that are in the fault counter.
    reported: AtomicU64,
}

impl FamilyCore {
    /// Brings the fault counter of this family to the number of records that its series rejected, ever. Takes a lock.
    pub(crate) fn report_rejected(&self) {
        let Some(faults) = self.faults.as_ref().filter(|_| self.shape.rejects()) else { return };
        let table = self.table.write();
        // Relaxed, all: stored under the same lock, but for the counts of the series, which publish only themselves.
        let left = self.rejected.left.load(Ordering::Relaxed);
        let total = table.series().fold(left, |total, series| {
            let count = series.get().map_or(0, |series| series.shared.load(Ordering::Relaxed));
            total.wrapping_add(count)
        });
        let reported = self.rejected.reported.load(Ordering::Relaxed);
        if total != reported {
            let counter = Counter::open(faults.rejected.with(&[&self.exposed_name]), ());
            counter.add(total.wrapping_sub(reported));
            // Relaxed: as above.
            self.rejected.reported.store(total, Ordering::Relaxed);
        }
    }

    /// Keeps what a series that is being removed has rejected. The caller holds the lock of the table.
    ///
    /// The count of the series starts anew, so that none is counted twice should the series be listed again.
    pub(crate) fn retire(&self, series: &Series) {
        if self.shape.rejects() {
            // Relaxed, both: as in `report_rejected`.
            let count = series.shared.swap(0, Ordering::Relaxed);
            let _ = self.rejected.left.fetch_add(count, Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::faults::Faults;
    use crate::shape::Shape;

    /// What the family's fault counter says, having been brought up to date.
    fn reported(family: &FamilyCore) -> u64 {
        family.report_rejected();
        let counters = family.faults.iter().map(|faults| &faults.rejected);
        counters
            .filter_map(|counter| counter.get(&[&family.exposed_name]))
            .map(|series| Counter::open(series, ()).get())
            .sum()
    }

    fn family(shape: Shape) -> FamilyCore {
        FamilyCore::new("family", "F.", &["label"], shape, Some(Arc::new(Faults::new())))
    }

    #[test]
    fn what_removed_series_rejected_stays_and_is_counted_once() {
        let family = family(Shape::FloatCounter);
        let (one, two) = (family.with(&["one"]), family.with(&["two"]));
        assert_eq!(reported(&family), 0);
        (0..3).for_each(|_| count(&one));
        count(&two);
        assert!(any());
        assert_eq!([reported(&family), reported(&family)], [4, 4]);
        // Listed still, as if it had been removed and had come back.
        family.retire(one.get().unwrap());
        assert_eq!(reported(&family), 4);
        count(&one);
        count(&two);
        family.retire(two.get().unwrap());
        family.retire(two.get().unwrap());
        assert_eq!(reported(&family), 6);
    }

    #[test]
    fn the_value_of_a_gauge_is_no_count_of_rejected_records() {
        for shape in [Shape::Gauge, Shape::FloatGauge] {
            let family = family(shape);
            let gauge = family.with(&["one"]);
            let value = &gauge.get().unwrap().shared;
            value.store(7, Ordering::Relaxed);
            family.retire(gauge.get().unwrap());
            assert_eq!((reported(&family), value.load(Ordering::Relaxed)), (0, 7));
        }
    }
}
