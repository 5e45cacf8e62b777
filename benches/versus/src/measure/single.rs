//! One thread, by its own clock: what others do to the core does not count.

use cpu_time::ThreadTime;

use super::{TURN_NS, take_turns};
use crate::Subject;

/// How many rounds a measurement has.
const ROUNDS: usize = 15;

/// Nanoseconds of a record, once for each subject and round.
pub fn measure(subjects: &[Subject]) -> Vec<(String, Vec<f64>)> {
    let counts: Vec<usize> = subjects.iter().map(calibrate).collect();
    take_turns(subjects, ROUNDS, |subject, index, round| [turn(subject, (round + 1) * counts[index], counts[index])])
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

/// How many records make a turn. What a first touch costs is over then.
fn calibrate(subject: &Subject) -> usize {
    let _first_touch = turn(subject, 0, 20_000);
    let ns = turn(subject, 20_000, 20_000).max(0.1);
    ((TURN_NS / ns) as usize).max(16)
}
