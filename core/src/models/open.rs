//! Open families: lists of label names, and help that changes.

use std::sync::Arc;

use loom::thread;

use crate::family::core::FamilyCore;
use crate::family::open::OpenFamily;
use crate::metrics::gauge::Gauge;
use crate::metrics::shape::Shape;

fn open_family() -> OpenFamily<Gauge> {
    OpenFamily::new(Arc::new(FamilyCore::open(Shape::Gauge)), ())
}

/// Two threads that add the last list of label names both succeed.
///
/// Kills: no second check of the lists under the lock; `is_full` read after the search of
/// the lists.
#[test]
fn two_threads_add_one_list() {
    loom::model(|| {
        let family = open_family();
        let adding = family.clone();
        let adder = thread::spawn(move || drop(adding.with(&[("a", "1")])));
        drop(family.with(&[("a", "2")]));
        adder.join().unwrap();
        assert!(family.get(&[("a", "1")]).is_some() && family.get(&[("a", "2")]).is_some());
        assert!(family.get(&[("overflow", "_overflow")]).is_none());
    });
}

/// A reader sees the help texts in the order of their changes, each with its own id.
///
/// Kills: `current` loaded or stored with Relaxed; stored before the text.
#[test]
fn help_never_goes_back() {
    loom::model(|| {
        let family = open_family();
        let reading = family.clone();
        let reader = thread::spawn(move || {
            let seen = [(); 2].map(|()| reading.shown_help());
            assert!(seen.is_sorted_by_key(|(_, help)| help.clone()), "{seen:?}");
            let [(one_id, one), (other_id, other)] = seen;
            assert_eq!(one_id == other_id, one == other);
        });
        family.set_help("G.");
        family.set_help("H.");
        reader.join().unwrap();
        assert_eq!(family.shown_help().1, "H.");
    });
}
