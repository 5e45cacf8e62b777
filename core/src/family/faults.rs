//! Faults: the families in which the engine reports on itself.

use std::sync::Arc;

use crate::family::core::FamilyCore;
use crate::family::reports::Counted;
use crate::metrics::counter::Counter;
use crate::metrics::gauge::Gauge;
use crate::metrics::metric::Sealed;
use crate::metrics::shape::Shape;
use crate::names::description::Description;
use crate::series::series::Series;

/// The fault families of a registry, exposed from the first fault on.
#[derive(Debug)]
pub(crate) struct Faults {
    overflows: Arc<FamilyCore>,
    overflowing: Arc<FamilyCore>,
    unsettled: Arc<FamilyCore>,
    rejected_records: Arc<FamilyCore>,
    rejected_exemplars: Arc<FamilyCore>,
    pub(crate) collector_failures: Arc<FamilyCore>,
    pub(crate) omissions: Arc<FamilyCore>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        let family =
            |name: &str, help: &str, label_names: &[&str], shape: Shape, limit: Option<usize>| {
                let described = shape.describe(name, help, label_names);
                let description = Description { is_of_faults: true, ..described };
                let family = FamilyCore::new(description, shape);
                if let Some(limit) = limit {
                    family.set_series_limit(limit);
                }
                Arc::new(family)
            };
        // At most one row per family.
        let by_family = |name: &str, help: &str, shape| {
            family(name, help, &["family"], shape, Some(usize::MAX))
        };
        // Limited, because the family names come from collectors.
        let limited = |name: &str, help: &str, labels: &[&str]| {
            family(name, help, labels, Shape::Counter, None)
        };
        Self {
            overflows: by_family(
                "tickmark_series_overflow",
                "Look-ups of new label sets over the limit of series or label names.",
                Shape::Counter,
            ),
            overflowing: by_family(
                "tickmark_series_overflowing",
                "Whether records of a family may merge in its overflow series.",
                Shape::Gauge,
            ),
            unsettled: by_family(
                "tickmark_histogram_reads_unsettled",
                "Histogram reads with sum and buckets of different observations.",
                Shape::Counter,
            ),
            rejected_records: by_family(
                "tickmark_observations_rejected",
                "Rejected values of float metrics: NaN, infinite, or negative.",
                Shape::Counter,
            ),
            rejected_exemplars: by_family(
                "tickmark_exemplars_rejected",
                "Rejected exemplars: too long, or with invalid labels.",
                Shape::Counter,
            ),
            collector_failures: limited(
                "tickmark_collector_failures",
                "Collected families or series left out of a scrape.",
                &["collector", "family", "reason"],
            ),
            omissions: limited(
                "tickmark_exposition_omissions",
                "Families or parts of families left out of a page.",
                &["family", "reason"],
            ),
        }
    }

    /// Updates the reports of a family. Takes a lock if the family ever had a fault.
    pub(crate) fn report(&self, family: &FamilyCore) {
        let counted = family.counted_faults();
        if counted == Counted::default() {
            return;
        }
        let mut state = family.reports.state.lock();
        if state.is_over {
            return;
        }
        let name = state
            .exposed_name
            .get_or_insert_with(|| family.description.exposed_name().into_owned().into());
        let labels = [&**name];
        for (reports, count) in [
            (&self.overflows, counted.overflows),
            (&self.unsettled, counted.unsettled),
            (&self.rejected_records, counted.rejected_records),
            (&self.rejected_exemplars, counted.rejected_exemplars),
        ] {
            if count > 0 {
                // From the present value. It may belong to an earlier family of that
                // name, and vanish when the walk that holds it ends. Another scrape may
                // have reported more.
                let counter = Counter::open(reports.with(&labels), ());
                counter.add(count.saturating_sub(counter.get()));
            }
        }
        if counted.overflows > 0 {
            Gauge::open(self.overflowing.with(&labels), ()).set(family.is_overflowing().into());
        }
    }

    /// Removes the reports of a family, and ends them.
    pub(crate) fn forget(&self, family: &FamilyCore) {
        let mut state = family.reports.state.lock();
        state.is_over = true;
        let name = family.description.exposed_name();
        for reports in self.by_family() {
            _ = reports.remove(&[&name]);
        }
        let is_of_it = |series: &Series| series.labels.iter().next() == Some(&*name);
        self.omissions.retain(|kept| !kept.get().is_some_and(is_of_it));
    }

    pub(crate) fn has(&self, family: &Arc<FamilyCore>) -> bool {
        self.families().any(|fault| Arc::ptr_eq(fault, family))
    }

    /// Iterates over the fault families.
    pub(crate) fn families(&self) -> impl Iterator<Item = &Arc<FamilyCore>> {
        self.by_family().into_iter().chain([&self.collector_failures, &self.omissions])
    }

    fn by_family(&self) -> [&Arc<FamilyCore>; 5] {
        [
            &self.overflows,
            &self.overflowing,
            &self.unsettled,
            &self.rejected_records,
            &self.rejected_exemplars,
        ]
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::series::series::reject_record;
    use crate::sync::Ordering;

    fn rejecting_family(shape: Shape) -> FamilyCore {
        let family = FamilyCore::of_labels(&["label"], shape);
        reject_record(&family.with(&["one"]));
        family
    }

    fn reported(faults: &Faults) -> u64 {
        faults
            .rejected_records
            .get(&["family_total"])
            .map_or(0, |series| Counter::open(series, ()).get())
    }

    /// A walk over the series, or another use of the table's lock, would delay creations.
    #[test]
    fn reporting_rejections_leaves_the_table_alone() {
        let (faults, family) =
            (Arc::new(Faults::new()), Arc::new(rejecting_family(Shape::FloatCounter)));
        let (sender, ended) = channel();
        let reporter = {
            let (faults, family) = (Arc::clone(&faults), Arc::clone(&family));
            move || {
                faults.report(&family);
                sender.send(reported(&faults)).unwrap();
            }
        };
        let writer = family.table.write();
        let thread = thread::spawn(reporter);
        // With a time limit, so that a report that waits for the lock fails the test.
        let seen = ended.recv_timeout(Duration::from_secs(30));
        drop(writer);
        thread.join().unwrap();
        assert_eq!(seen, Ok(1));
    }

    #[test]
    fn an_unregistered_family_reports_nothing_more() {
        let (faults, family) = (Faults::new(), rejecting_family(Shape::FloatCounter));
        (0..2).for_each(|_| faults.report(&family));
        assert_eq!(reported(&faults), 1);
        faults.forget(&family);
        reject_record(&family.with(&["one"]));
        faults.report(&family);
        assert_eq!(reported(&faults), 0);
    }

    #[test]
    fn gauge_values_count_no_faults() {
        for shape in [Shape::Gauge, Shape::FloatGauge] {
            let family = rejecting_family(shape);
            family.with(&["one"]).get().unwrap().bits.store(7, Ordering::Relaxed);
            reject_record(&family.with(&["one"]));
            assert_eq!(family.counted_faults(), Counted::default());
        }
    }
}
