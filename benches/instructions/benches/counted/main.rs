//! Instructions of tickmark's operations, counted by valgrind. Counts are nearly equal on
//! busy and quiet machines, so they can be bounded. `tests/run` fails if one exceeds its
//! recorded number by 3 %.
//!
//! `cargo bench` needs valgrind and the runner: `cargo install gungraun-runner --version
//! 0.18.2 --locked`. After an intended change of an operation's cost, record the printed
//! number here.

mod guest;
mod message;
mod page;
mod record;
mod request;

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, main};

use crate::guest::guests;
use crate::message::messages;
use crate::page::pages;
use crate::record::records;
use crate::request::requests;

/// Bounds an operation by its measured count plus 3 %: label values are hashed with
/// another seed in each process.
fn about(instructions: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, instructions + instructions * 3 / 100)]);
    LibraryBenchmarkConfig::default().tool(callgrind).clone()
}

main!(library_benchmark_groups = records, guests, requests, messages, pages);
