//! Recording with growing numbers of threads.

use versus::measure::together;
use versus::operations::OPERATIONS;
use versus::{part_of, print_samples};

const THREADS: [usize; 6] = [1, 2, 4, 8, 16, 64];

/// Representative operations.
const SHOWN: [&str; 4] = ["counter", "histogram", "looked-up", "request-looked-up"];

fn main() {
    let name = SHOWN[part_of(&SHOWN)];
    let operation = OPERATIONS.iter().find(|operation| operation.name == name).unwrap();
    let subjects = (operation.subjects)();
    for threads in THREADS {
        let samples = together::measure(&subjects, threads);
        print_samples("threads", operation.title, Some(threads as u64), "ns", &samples);
    }
}
