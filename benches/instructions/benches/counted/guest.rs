//! 1,000 records of a guest, in a block that belongs to another thread.

use std::hint::black_box;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use gungraun::{library_benchmark, library_benchmark_group};
use tickmark::{Counter, Registry};

use crate::about;

/// Fewer than earn a block.
const GUEST_RECORDS: usize = 1_000;

/// A counter in another thread's block. The thread keeps it until the sender is dropped.
fn counter_of_another() -> (Counter, Sender<()>) {
    let counter = Registry::new().counter("counter", "C.").unwrap();
    let (first, (leave, left)) = (counter.clone(), channel());
    let (recorded, is_recorded) = channel();
    thread::spawn(move || {
        first.inc();
        recorded.send(()).unwrap();
        left.recv().unwrap_err();
    });
    is_recorded.recv().unwrap();
    counter.inc();
    (counter, leave)
}

#[library_benchmark(setup = counter_of_another, config = about(130_038))]
#[bench::handle()]
fn inc_as_guest((counter, leave): (Counter, Sender<()>)) -> (Counter, Sender<()>) {
    for _ in 0..GUEST_RECORDS {
        black_box(&counter).inc();
    }
    (counter, leave)
}

library_benchmark_group!(name = guests, benchmarks = [inc_as_guest]);
