//! Instructions of tickmark's operations, counted by valgrind: nearly the same on a busy
//! machine as on a quiet one, so they can be held. `tests/run` fails when one takes 3 %
//! more than is written beside it.
//!
//! `cargo bench` needs valgrind and the runner:
//! `cargo install gungraun-runner --version 0.18.2 --locked`. Who makes an operation
//! dearer on purpose, or cheaper, writes the number that is printed here.

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

/// Bounds an operation by what was measured, and 3 %: label values are hashed with
/// another seed in each process.
fn about(instructions: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, instructions + instructions * 3 / 100)]);
    LibraryBenchmarkConfig::default().tool(callgrind).clone()
}

main!(library_benchmark_groups = records, guests, requests, messages, pages);
