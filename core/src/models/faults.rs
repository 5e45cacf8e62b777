//! Faults: each one is counted and reported once.

use std::sync::Arc;

use loom::thread;

use crate::family::core::FamilyCore;
use crate::family::faults::Faults;
use crate::metrics::shape::Shape;
use crate::models::counts;
use crate::series::fault_counts::FaultNumber;
use crate::series::series::reject_record;

/// Concurrent scrapes report each rejected record once, and a finished scrape has
/// reported all earlier ones.
///
/// Kills: the lock of the report left out; the reported counts read before the lock.
#[test]
fn rejected_records_are_reported_once() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::of_labels(&[], Shape::FloatCounter));
        let faults = Arc::new(Faults::new());
        let counter = family.with(&[]).clone();
        let scrapes = [(); 2].map(|()| {
            let (family, faults, counter) =
                (Arc::clone(&family), Arc::clone(&faults), counter.clone());
            thread::spawn(move || {
                reject_record(&counter);
                faults.report(&family);
                reported(&faults)
            })
        });
        let seen = scrapes.map(|scrape| scrape.join().unwrap());
        let total = reported(&faults);
        // Before a failure unwinds: series do not outlive a model.
        drop((family, faults, counter));
        assert!(seen.iter().all(|seen| (1..=2).contains(seen)) && total == 2, "{seen:?}, {total}");
    });
}

/// A family that reuses the fault counts of a dropped family begins at zero, whichever
/// thread held the last reference.
///
/// Kills: counts reused while a series of the family is held; counts that are not reset;
/// the count of references lowered with Relaxed.
#[test]
fn reused_fault_counts_are_zero() {
    loom::model(|| {
        let family = FamilyCore::of_labels(&[], Shape::FloatCounter);
        let held = family.with(&[]).clone();
        let recorder = thread::spawn(move || {
            reject_record(&held);
            drop(held);
        });
        drop(family);
        let next = FaultNumber::new();
        let before = next.counts().rejected_records();
        recorder.join().unwrap();
        let after = next.counts().rejected_records();
        drop(next);
        assert_eq!((before, after), (0, 0));
    });
}

/// Returns the reported number of rejected records.
fn reported(faults: &Faults) -> u64 {
    let families =
        faults.families().filter(|family| family.name() == "tickmark_observations_rejected");
    families.flat_map(|family| counts(family)).map(|(_, count)| count).sum()
}
