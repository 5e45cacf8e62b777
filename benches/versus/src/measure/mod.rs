//! Methods of timing. Subjects take turns in every measurement, so a disturbance affects
//! all.

use std::sync::LazyLock;

use core_affinity::CoreId;

use crate::Subject;

pub mod overlap;
pub mod single;
pub mod tail;
pub mod together;

/// Length of a turn, in every measurement but tails and cold pages: figures of one
/// operation are compared across chapters. In shorter turns a subject pays for the caches
/// and predictors left by its predecessors.
pub const TURN_NS: f64 = 12_000_000.0;

/// Set for a check in seconds that a bench works: its figures mean little.
pub const QUICK: &str = "VERSUS_QUICK";

/// Returns the second number in a quick run, otherwise the first.
pub fn full_or_quick<T>(full: T, quick: T) -> T {
    static IS_QUICK: LazyLock<bool> = LazyLock::new(|| std::env::var_os(QUICK).is_some());
    if *IS_QUICK { quick } else { full }
}

/// Runs subjects in turns, and stores the result of `turn` for each, given its index
/// and the number of the round.
fn take_turns<S: IntoIterator<Item = f64>>(
    subjects: &[Subject],
    rounds: usize,
    turn: impl Fn(&Subject, usize, usize) -> S,
) -> Vec<(String, Vec<f64>)> {
    let mut samples: Vec<_> =
        subjects.iter().map(|subject| (subject.name.clone(), Vec::new())).collect();
    for round in 0..rounds {
        for (index, subject) in subjects.iter().enumerate() {
            samples[index].1.extend(turn(subject, index, round));
        }
    }
    samples
}

/// The median; NaN of an empty list.
pub fn median(samples: &[f64]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Pins the calling thread to a core, if there are enough.
pub fn pin(core: usize) {
    // Read once: a pinned thread and its children see one core.
    static CORES: LazyLock<Vec<CoreId>> =
        LazyLock::new(|| core_affinity::get_core_ids().unwrap_or_default());
    if let Some(id) = CORES.get(core) {
        assert!(core_affinity::set_for_current(*id), "cannot pin a thread");
    }
}

/// The cores available to this process.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
