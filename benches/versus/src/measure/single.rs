//! One thread, by its own clock: what others do to the core does not count.

use cpu_time::ThreadTime;

use super::{TURN_NS, full_or_quick, take_turns};
use crate::Subject;

/// How many rounds a measurement has.
const ROUNDS: usize = 15;

/// Nanoseconds of a record, once for each subject and round.
pub fn measure(subjects: &[Subject]) -> Vec<(String, Vec<f64>)> {
    let counts: Vec<usize> = subjects.iter().map(calibrate).collect();
    take_turns(subjects, full_or_quick(ROUNDS, 2), |subject, index, round| {
        [turn(subject, (round + 1) * counts[index], counts[index])]
    })
}

fn turn(subject: &Subject, first: usize, count: usize) -> f64 {
    // What the others drove out of the caches comes back first, by other inputs.
    subject.run(first.saturating_sub(count / 8)..first);
    let start = ThreadTime::now();
    subject.run(first..first + count);
    let taken = start.elapsed();
    subject.upkeep();
    taken.as_nanos() as f64 / count as f64
}

/// Returns how many records make a turn. First touches are over afterwards.
fn calibrate(subject: &Subject) -> usize {
    let mut count = 1;
    loop {
        // A first touch, or another process on the core, is in one of two at most.
        let ns = turn(subject, count, count).min(turn(subject, count, count)).max(0.1);
        if ns * count as f64 > TURN_NS / 8.0 {
            return ((TURN_NS / ns) as usize).max(1);
        }
        count *= 2;
    }
}
