//! Look-ups: a series is found while others are added and removed.

use std::sync::Arc;

use loom::thread;

use crate::family::core::FamilyCore;
use crate::metrics::shape::Shape;
use crate::models::family_of_one;
use crate::names::labels::LabelValues;
use crate::series::index::Index;
use crate::series::series::Series;
use crate::series::table::Table;

/// A look-up finds a series that was inserted before, even while the table grows.
///
/// Kills: buckets added to the index before the entries are copied there; entries that
/// are not copied.
#[test]
fn known_series_are_found_beside_inserts() {
    loom::model(|| {
        let table = Arc::new(Table::default());
        // One whose entry moves when the index grows from two buckets to four.
        let moves = |value: &&str| table.hash(&[value]) & 2 != 0;
        let known = ["a", "c", "d", "e", "f"].into_iter().find(moves).unwrap();
        insert(&table, known);
        let finding = Arc::clone(&table);
        let finder = thread::spawn(move || finding.find(finding.hash(&[known]), &[known]).is_ok());
        insert(&table, "b");
        assert!(finder.join().unwrap());
        for value in [known, "b"] {
            assert!(table.find(table.hash(&[value]), &[value]).is_ok(), "{value}");
        }
    });
}

/// An entry is found while it shifts back behind a removed one, then moves to a new
/// bucket because the index grows.
///
/// Kills: a search that does not compare generations; `generation` or an entry loaded or
/// stored with Relaxed; a move without another generation, or with one after the reuse of
/// the old bucket; an entry that leaves its old bucket before the copy; buckets added
/// before the entries are copied there.
#[test]
fn an_entry_is_found_while_it_moves() {
    loom::model(|| {
        let index = Arc::new(Index::default());
        // The first two share a bucket of four, and not of eight.
        index.insert(0, 0, 3);
        index.insert(1, 4, 7);
        let finding = Arc::clone(&index);
        let finder =
            thread::spawn(move || finding.find(4, |slot| (slot == 7).then_some(())).is_some());
        index.remove(0, 3);
        [1, 2, 3].into_iter().zip(1..).for_each(|(hash, live)| index.insert(live, hash, 9));
        assert!(finder.join().unwrap());
        assert!(index.find(4, |slot| (slot == 7).then_some(())).is_some());
    });
}

/// A label set looked up by two threads at once is one series.
///
/// Kills: no second look-up under the lock.
#[test]
fn two_threads_create_one_series() {
    loom::model(|| ask_for_one_series_twice(2));
}

/// The same at the limit: neither thread gets the overflow series.
///
/// Kills: the limit checked only after the search; the count published before the series.
#[test]
fn the_last_series_is_created_once() {
    loom::model(|| ask_for_one_series_twice(1));
}

fn ask_for_one_series_twice(series_limit: usize) {
    let family = Arc::new(FamilyCore::of_labels(&["label"], Shape::Gauge));
    family.set_series_limit(series_limit);
    let [one, two] = [(); 2].map(|()| {
        let family = Arc::clone(&family);
        thread::spawn(move || family.with(&["only"]).get().map(|series| series.id))
    });
    assert_eq!(one.join().unwrap(), two.join().unwrap());
    assert_eq!(family.table.slots(), 0..1);
}

/// A series removed from a full family leaves room for the next look-up.
///
/// Kills: the count lowered after the removal from the index; removals not compared after
/// the search.
#[test]
fn a_removed_series_leaves_its_room() {
    loom::model(|| {
        let family = family_of_one("x");
        family.set_series_limit(1);
        let id = family.get(&["x"]).unwrap().get().unwrap().id;
        let (removing, finding) = (Arc::clone(&family), Arc::clone(&family));
        let remover = thread::spawn(move || removing.try_remove(0, id, |_| true));
        let find =
            |family: Arc<FamilyCore>| family.with(&["x"]).get().unwrap().labels.matches(&["x"]);
        let finder = thread::spawn(move || find(finding));
        // The other one may create the series again meanwhile, which fills the family.
        assert!(find(family));
        assert!(finder.join().unwrap());
        _ = remover.join().unwrap();
    });
}

fn insert(table: &Table, value: &str) {
    let series = Series::new(LabelValues::new(&[value]), 0, None);
    table.write().insert(table.hash(&[value]), series);
}
