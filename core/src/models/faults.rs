//! Faults: each is counted and reported once.

use std::sync::Arc;

use loom::thread;

use crate::family::core::FamilyCore;
use crate::family::faults::Faults;
use crate::metrics::shape::Shape;
use crate::models::counts;
use crate::series::fault_counts::FaultNumber;
use crate::series::series::reject_record;

/// Scrapes that report rejected records at once report each once, and one that has ended
/// has reported all before it.
///
/// Kills: the lock of the report left out; what is reported read before it.
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

/// A family that has the fault counts of another that is gone begins at zero, whichever
/// thread held the last of that.
///
/// Kills: counts that are given out again while a series of the family is held; counts
/// that are not cleared; the count of users lowered with Relaxed.
#[test]
fn fault_counts_given_out_again_are_zero() {
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

/// The rejected records that are on the page.
fn reported(faults: &Faults) -> u64 {
    let families =
        faults.families().filter(|family| family.name() == "tickmark_observations_rejected");
    families.flat_map(|family| counts(family)).map(|(_, count)| count).sum()
}
