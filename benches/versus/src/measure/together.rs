//! Many threads at once, even more than cores.
//!
//! Throughput counts: a thread that waits for a lock uses no core, but does not progress
//! either.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::{TURN_NS, cores, full_or_quick, take_turns};
use crate::Subject;

/// CPU time of each thread in a turn, which is longer with many threads. It exceeds a
/// scheduler's slice, so that threads beyond the cores alternate.
const THREAD_NS: f64 = 4_000_000.0;

const ROUNDS: usize = 5;

/// Nanoseconds of all cores per record with this many threads, once for each subject and
/// round.
pub fn measure(subjects: &[Subject], threads: usize) -> Vec<(String, Vec<f64>)> {
    let counts: Vec<usize> = subjects.iter().map(|subject| calibrate(subject, threads)).collect();
    take_turns(subjects, full_or_quick(ROUNDS, 1), |subject, index, _| {
        [turn(subject, threads, counts[index])]
    })
}

fn turn(subject: &Subject, threads: usize, count: usize) -> f64 {
    let start = Barrier::new(threads);
    let run = |number: usize| {
        subject.run(0..64);
        start.wait();
        let begun = Instant::now();
        subject.run(number * count..(number + 1) * count);
        (begun, Instant::now())
    };
    let spans = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || run(number))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    subject.upkeep();
    let begun = spans.iter().map(|(begun, _)| *begun).min().unwrap();
    let ended = spans.iter().map(|(_, ended)| *ended).max().unwrap();
    let core_ns = ended.duration_since(begun).as_nanos() as f64 * threads.min(cores()) as f64;
    core_ns / (threads * count) as f64
}

/// Records of each thread in a turn.
fn calibrate(subject: &Subject, threads: usize) -> usize {
    // The total over all threads is constant, or the slowest subjects would take minutes.
    let count = (20_000 / threads).max(500);
    let ns = turn(subject, threads, count).min(turn(subject, threads, count));
    let core_ns = (TURN_NS * threads.min(cores()) as f64 / threads as f64).max(THREAD_NS);
    ((core_ns / ns.max(0.1)) as usize).max(1_000)
}
