//! Static labels: entries are found while others are added.

use std::sync::Arc;

use loom::thread;

use crate::family::core::FamilyCore;
use crate::family::family::Family;
use crate::family::static_labels::StaticFamily;
use crate::metrics::gauge::Gauge;
use crate::metrics::shape::Shape;

/// An entry of static labels is found without a lock while others make the table grow.
///
/// Kills: a table that is the newest before all entries are copied; `newest` loaded or
/// stored with Relaxed.
#[test]
fn a_static_entry_stays_while_entries_grow() {
    loom::model(|| {
        let family = static_family();
        // One literal each: an equal one elsewhere may have another address.
        let (old, new) = (["old"], ["new"]);
        family.with(old).set(1);
        let adding = family.clone();
        let finder = thread::spawn(move || family.holds(old));
        let adder = thread::spawn(move || {
            adding.with(new).set(1);
            adding.holds(new)
        });
        assert!(finder.join().unwrap());
        assert!(adder.join().unwrap());
    });
}

/// Static labels looked up by two threads at once have one entry.
///
/// Kills: no second search under the lock.
#[test]
fn threads_add_one_static_entry() {
    loom::model(|| {
        let (family, new) = (static_family(), ["new"]);
        let adders = [(); 2].map(|()| {
            let family = family.clone();
            thread::spawn(move || family.with(new).inc())
        });
        adders.into_iter().for_each(|adder| adder.join().unwrap());
        assert_eq!((family.entry_count(), family.with(new).get()), (1, 2));
    });
}

fn static_family() -> StaticFamily<Gauge, 1> {
    let core = FamilyCore::of_labels(&["label"], Shape::Gauge);
    Family::new(Arc::new(core), ()).static_labels()
}
