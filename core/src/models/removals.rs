//! Removals: a record keeps its series, and a marked series is removed once shown.

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

/// A record during an attempt to remove an idle series keeps the series, and is not lost.
///
/// Kills: the value not checked again; a removal that does not check the references; a
/// look-up that takes a series mid-removal for an absent one.
#[test]
fn a_record_keeps_an_idle_series() {
    loom::model(|| {
        let family = family_of_one("x");
        let id = family.get(&["x"]).unwrap().get().unwrap().id;
        let value = |series: &Series| series.bits.load(Ordering::Relaxed);
        let (recording, removing) = (Arc::clone(&family), Arc::clone(&family));
        let recorder = thread::spawn(move || {
            let kept = recording.with(&["x"]);
            _ = kept.get().unwrap().bits.fetch_add(1, Ordering::Relaxed);
        });
        let remover =
            thread::spawn(move || removing.try_remove(0, id, |series| value(series) == 0));
        _ = remover.join().unwrap();
        recorder.join().unwrap();
        assert_eq!(value(family.get(&["x"]).unwrap().get().unwrap()), 1);
    });
}

/// A held series is found and visited at any moment of an attempt to remove it, and never
/// created twice.
///
/// Kills: a walk that takes an empty slot for a free one without the lock; a look-up in a
/// full family that takes a series mid-removal for an absent one.
#[test]
fn a_held_series_is_found_mid_removal() {
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

/// A series that was held when it was removed goes once its last value was shown, and not
/// before, beside the drop of its handle, a walk and a repeated removal.
///
/// Kills: a mark that counts as shown; a repeated removal that does not check the mark;
/// the value after the visit noted as shown; a walk that removes a marked series without
/// checking its value, or without another check when it is out of its slot.
#[test]
fn a_marked_series_goes_once_shown() {
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

/// The same in a row, which pins the series of a walk.
///
/// Kills: a row that is visited although one of its series is to be removed.
#[test]
fn marked_series_in_rows_go_once_shown() {
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

/// A walk reads the cells of the series that it visits, even while one is removed and
/// another gets its slot and its cells. A later walk visits the present series.
///
/// Kills: a row that stays valid when one of its series is removed or added; a row that
/// is built without the lock.
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
        // Nothing keeps the row any more.
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
