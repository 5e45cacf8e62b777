//! One thread, by its own clock, so other threads on the core do not count.

use cpu_time::ThreadTime;

use super::{TURN_NS, full_or_quick, take_turns};
use crate::Subject;

/// Rounds of a measurement.
const ROUNDS: usize = 15;

/// Nanoseconds per record, once for each subject and round.
pub fn measure(subjects: &[Subject]) -> Vec<(String, Vec<f64>)> {
    let counts: Vec<usize> = subjects.iter().map(calibrate).collect();
    take_turns(subjects, full_or_quick(ROUNDS, 2), |subject, index, round| {
        [turn(subject, (round + 1) * counts[index], counts[index])]
    })
}

fn turn(subject: &Subject, first: usize, count: usize) -> f64 {
    // First restores, with other inputs, what the others evicted from the caches.
    subject.run(first.saturating_sub(count / 8)..first);
    let start = ThreadTime::now();
    subject.run(first..first + count);
    let taken = start.elapsed();
    subject.upkeep();
    taken.as_nanos() as f64 / count as f64
}

/// Returns the number of records in a turn, after first touches.
fn calibrate(subject: &Subject) -> usize {
    let mut count = 1;
    loop {
        // At most one of the two contains a first touch, or another process on the core.
        let ns = turn(subject, count, count).min(turn(subject, count, count)).max(0.1);
        if ns * count as f64 > TURN_NS / 8.0 {
            return ((TURN_NS / ns) as usize).max(1);
        }
        count *= 2;
    }
}
