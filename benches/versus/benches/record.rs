//! Recording: one thread alone, and two that record at the same time.

use versus::measure::{overlap, single};
use versus::operations::OPERATIONS;
use versus::{Row, part_of, print, print_samples};

fn main() {
    // One operation per process, because a real program has only its own series.
    let names = OPERATIONS.map(|operation| operation.name);
    let operation = &OPERATIONS[part_of(&names)];
    let subjects = (operation.subjects)();
    print_samples("record", operation.title, Some(1), "ns", &single::measure(&subjects));
    let (samples, counted) = overlap::measure(&subjects);
    print_samples("record", operation.title, Some(2), "ns", &samples);
    print(&[Row::new("method", "bursts that overlapped", None, operation.title, "of 1", counted)]);
}
