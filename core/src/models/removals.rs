//! Removals: a record keeps its series, and a removed series goes once it was shown.

use std::sync::Arc;

use loom::thread;

use crate::family::core::FamilyCore;
use crate::metrics::counter::Counter;
use crate::metrics::metric::Sealed;
use crate::metrics::shape::Shape;
use crate::models::{counts, family_of_one};
use crate::series::series::Series;
use crate::series::table::Removal;
use crate::sync::Ordering;

/// What is recorded while the series is being removed for being idle keeps it: the record
/// is never lost.
///
/// Kills: the value not looked at again; a removal that does not ask whether the series
/// is held; a look-up that takes a series which somebody tries to remove for one that is
/// not there.
#[test]
fn a_record_keeps_the_series_that_was_to_go() {
    loom::model(|| {
        let family = family_of_one("x");
        let id = family.get(&["x"]).unwrap().get().unwrap().id;
        let value = |series: &Series| series.shared.load(Ordering::Relaxed);
        let (recording, removing) = (Arc::clone(&family), Arc::clone(&family));
        let recorder = thread::spawn(move || {
            let kept = recording.with(&["x"]);
            _ = kept.get().unwrap().shared.fetch_add(1, Ordering::Relaxed);
        });
        let remover =
            thread::spawn(move || removing.try_remove(0, id, |series| value(series) == 0));
        _ = remover.join().unwrap();
        recorder.join().unwrap();
        assert_eq!(value(family.get(&["x"]).unwrap().get().unwrap()), 1);
    });
}

/// A series that is held is found and shown at any moment of an attempt to remove it, and
/// never a second time.
///
/// Kills: a walk that takes an empty slot for free without asking the lock; a look-up in
/// a full family that takes a series which somebody tries to remove for one that is not
/// there.
#[test]
fn a_held_series_is_there_while_its_removal_is_tried() {
    loom::model(|| {
        let family = family_of_one("x");
        family.set_series_limit(1);
        let held = family.get(&["x"]).unwrap().clone();
        let id = held.get().unwrap().id;
        let [walking, finding, removing] = [(); 3].map(|()| Arc::clone(&family));
        let walker =
            thread::spawn(move || walking.table.first_series(walking.table.slots()).is_some());
        let finder = thread::spawn(move || finding.with(&["x"]).get().unwrap().id);
        let remover = thread::spawn(move || removing.try_remove(0, id, |_| true));
        assert!(walker.join().unwrap());
        assert_eq!(finder.join().unwrap(), id);
        assert_eq!(remover.join().unwrap(), Removal::Held);
        assert_eq!(family.table.slots(), 0..1);
        drop(held);
    });
}

/// A series that was held when it was removed goes, and not before all of it was shown,
/// while its handle is dropped, a walk comes by and the removal is repeated.
///
/// Kills: a mark that counts as shown; a repeated removal that does not ask for the mark;
/// what was shown noted as it is after the visit; a walk that drops a marked series
/// without looking at its value, or not again when it is out of its slot.
#[test]
fn a_marked_series_goes_when_all_of_it_was_shown() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::of_labels(&["label"], Shape::Counter));
        let held = Counter::open(family.with(&["x"]).clone(), ());
        assert!(family.remove(&["x"]));
        let [walking, removing] = [(); 2].map(|()| Arc::clone(&family));
        let walker = thread::spawn(move || [counts(&walking), counts(&walking)].concat());
        let remover = thread::spawn(move || removing.remove(&["x"]));
        held.add(1);
        drop(held);
        let mut seen = walker.join().unwrap();
        _ = remover.join().unwrap();
        seen.extend(counts(&family));
        let after = [counts(&family), counts(&family)];
        seen.extend(after.concat());
        // Before a failure unwinds: series do not outlive a model.
        drop(family);
        assert_eq!(seen.last(), Some(&(String::from("x"), 1)));
        assert!(after.concat().is_empty() || after[1].is_empty(), "{after:?}");
    });
}

/// The same in a row, which keeps the series while it is shown.
///
/// Kills: a row that is shown although one of its series may go.
#[test]
fn a_marked_series_of_a_row_goes_when_shown() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::of_labels(&["label"], Shape::Counter));
        let held = Counter::open(family.with(&["x"]).clone(), ());
        drop(family.with(&["y"]));
        assert!(family.remove(&["x"]));
        let walking = Arc::clone(&family);
        let walker = thread::spawn(move || counts(&walking));
        held.add(1);
        drop(held);
        let mut seen = walker.join().unwrap();
        let after = [counts(&family), counts(&family)];
        seen.extend(after.concat());
        // Before a failure unwinds: series do not outlive a model.
        drop(family);
        let y = (String::from("y"), 0);
        assert_eq!(seen.iter().rfind(|(label, _)| label == "x"), Some(&(String::from("x"), 1)));
        assert_eq!(after[1], [y], "{after:?}");
    });
}

/// A walk reads the cells of the series that it shows, also while one goes and another
/// comes that has the same slot and the same cells; and a walk that comes after shows
/// what is there.
///
/// Kills: a row that stays when one of its series goes, or when one comes; a row that is
/// made without the lock.
#[test]
fn a_row_shows_its_own_series() {
    loom::model(|| {
        let family = Arc::new(FamilyCore::of_labels(&["label"], Shape::Counter));
        let add = |family: &FamilyCore, value: &str, amount| {
            Counter::open(family.with(&[value]), ()).add(amount)
        };
        add(&family, "a", 1);
        add(&family, "b", 2);
        let [old, kept] =
            ["a", "b"].map(|value| (String::from(value), if value == "a" { 1 } else { 2 }));
        let new = (String::from("c"), 5);
        let id = family.get(&["a"]).unwrap().get().unwrap().id;
        let [walking, changing] = [(); 2].map(|()| Arc::clone(&family));
        let walker = thread::spawn(move || [counts(&walking), counts(&walking)]);
        let changer = thread::spawn(move || {
            let removal = changing.try_remove(0, id, |_| true);
            if removal == Removal::Done {
                add(&changing, "c", 5);
            }
            removal
        });
        let seen = walker.join().unwrap();
        let removal = changer.join().unwrap();
        let after = counts(&family);
        // What kept the row is gone.
        let again = family.try_remove(0, id, |_| true);
        // Before a failure unwinds: series do not outlive a model.
        drop(family);
        for seen in seen.iter().flatten() {
            let begun = (String::from("c"), 0);
            assert!([&old, &kept, &new, &begun].contains(&seen), "{seen:?}");
        }
        match removal {
            Removal::Done => assert_eq!((&after[..], again), (&[new, kept][..], Removal::Absent)),
            _ => assert_eq!((&after[..], again), (&[old, kept][..], Removal::Done)),
        }
    });
}
