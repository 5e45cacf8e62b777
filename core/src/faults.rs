//! Faults: the families in which the engine reports what went wrong.

use std::sync::Arc;

use crate::family::FamilyCore;
use crate::shape::Shape;

/// The families in which a registry says what went wrong. They are on the page only if something did.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) overflows: Arc<FamilyCore>,
    pub(crate) unsettled: Arc<FamilyCore>,
    pub(crate) collector_failures: Arc<FamilyCore>,
    pub(crate) rejected: Arc<FamilyCore>,
    pub(crate) omissions: Arc<FamilyCore>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        let counter = |name: &str, help: &str| {
            let family = FamilyCore::new(name, help, &["family"], Shape::Counter, None);
            family.set_series_limit(usize::MAX);
            Arc::new(family)
        };
        // Not without a limit: the names of the families come from the collectors.
        let collector_failures = FamilyCore::new(
            "tickmark_collector_failures",
            "Families lost from a scrape, whole or in part; family=\"\" is all of a collector that panicked.",
            &["collector", "family", "reason"],
            Shape::Counter,
            None,
        );
        let omissions = FamilyCore::new(
            "tickmark_exposition_omissions",
            "Families, or parts of them, that an exporter left out of a page.",
            &["family", "reason"],
            Shape::Counter,
            None,
        );
        Self {
            omissions: Arc::new(omissions),
            overflows: counter(
                "tickmark_series_overflow",
                "Look-ups of a new label set that the series limit of the family turned away.",
            ),
            unsettled: counter(
                "tickmark_histogram_reads_unsettled",
                "Reads of a histogram whose sum may differ from its buckets by the observations in flight.",
            ),
            collector_failures: Arc::new(collector_failures),
            rejected: counter(
                "tickmark_observations_rejected",
                "Values that a float metric did not record: NaN, infinite, or negative where none may be.",
            ),
        }
    }

    /// Drops what was reported of a family.
    pub(crate) fn forget(&self, exposed_name: &str) {
        for reports in [&self.overflows, &self.unsettled, &self.rejected] {
            let _ = reports.remove(&[exposed_name]);
        }
    }

    pub(crate) fn has(&self, family: &Arc<FamilyCore>) -> bool {
        self.families().iter().any(|fault| Arc::ptr_eq(fault, family))
    }

    /// Each of them.
    pub(crate) fn families(&self) -> [&Arc<FamilyCore>; 5] {
        [&self.overflows, &self.unsettled, &self.collector_failures, &self.rejected, &self.omissions]
    }
}
