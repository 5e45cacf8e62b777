//! Two threads that record at the same time.

#![forbid(unsafe_code)]

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// The time that two threads take for `rounds` records each, begun together: the longer of the two.
///
/// Each thread records a little first, so that what a first touch costs is not in it.
pub fn two_threads(rounds: u64, record: impl Fn(u64) + Sync) -> Duration {
    let start = Barrier::new(2);
    let run = || {
        (0..64).for_each(&record);
        let _ = start.wait();
        let begun = Instant::now();
        (0..rounds).for_each(&record);
        begun.elapsed()
    };
    thread::scope(|scope| {
        let other = scope.spawn(run);
        let own = run();
        other.join().map_or(own, |other| own.max(other))
    })
}
