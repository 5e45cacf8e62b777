//! Two threads on two cores that really record at the same time.
//!
//! On a busy machine with few cores, two threads that are merely started together mostly
//! run in sequence, and then nothing contends. Here both spin until the other is ready
//! and record for a short burst, which counts only if it overlapped.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::{TURN_NS, full_or_quick, pin, take_turns};
use crate::Subject;

/// Intended length of a burst: far shorter than a scheduler's time slice.
const BURST_NS: f64 = TURN_NS / BURSTS as f64;

/// The share of a burst in which both threads must take part.
const OVERLAP: f64 = 0.85;

/// Rounds of a measurement, and bursts of a turn.
const ROUNDS: usize = 4;
const BURSTS: usize = 80;

/// Start and end of a thread's burst.
#[derive(Clone, Copy)]
struct Span {
    start: Instant,
    end: Instant,
}

/// Nanoseconds per record in each counted burst, and the share of counted bursts.
pub fn measure(subjects: &[Subject]) -> (Vec<(String, Vec<f64>)>, f64) {
    let counts: Vec<usize> = subjects.iter().map(calibrate).collect();
    let rounds = full_or_quick(ROUNDS, 1);
    let samples = take_turns(subjects, rounds, |subject, index, _| {
        let bursts = bursts(subject, counts[index]);
        subject.upkeep();
        bursts.into_iter().flatten()
    });
    let counted: usize = samples.iter().map(|(_, samples)| samples.len()).sum();
    (samples, counted as f64 / (rounds * BURSTS * subjects.len()) as f64)
}

/// Bursts of two threads; empty if they did not overlap.
fn bursts(subject: &Subject, count: usize) -> Vec<Option<f64>> {
    let arrived = AtomicUsize::new(0);
    let run = |core: usize| {
        pin(core);
        // First touches are done before the bursts.
        subject.run(0..64);
        let burst = |number: usize| {
            let first = (number * 2 + core) * count;
            meet(&arrived, number);
            let start = Instant::now();
            subject.run(first..first + count);
            Span { start, end: Instant::now() }
        };
        (0..BURSTS).map(burst).collect::<Vec<_>>()
    };
    let (one, other) = thread::scope(|scope| {
        let [one, other] = [0, 1].map(|core| scope.spawn(move || run(core)));
        (one.join().unwrap(), other.join().unwrap())
    });
    one.into_iter().zip(other).map(|(one, other)| ns_if_overlapped(one, other, count)).collect()
}

/// Spins until both threads have reached the burst with this number.
fn meet(arrived: &AtomicUsize, number: usize) {
    // Pairs with itself in the other thread; only the number matters, and it is the
    // atomic's own.
    arrived.fetch_add(1, Ordering::Relaxed);
    let both = (number + 1) * 2;
    let mut spins = 0_u32;
    while arrived.load(Ordering::Relaxed) < both {
        spin_loop();
        spins += 1;
        // The other thread may need this core to get here.
        if spins % 100_000 == 0 {
            thread::yield_now();
        }
    }
}

fn ns_if_overlapped(one: Span, other: Span, count: usize) -> Option<f64> {
    let shared = one.end.min(other.end).saturating_duration_since(one.start.max(other.start));
    let whole = one.end.max(other.end).duration_since(one.start.min(other.start));
    let ns = |span: Span| span.end.duration_since(span.start).as_nanos() as f64 / count as f64;
    (shared.as_secs_f64() > OVERLAP * whole.as_secs_f64()).then(|| (ns(one) + ns(other)) / 2.0)
}

/// Records per burst when two threads take part.
fn calibrate(subject: &Subject) -> usize {
    let mut count = 500;
    loop {
        let median = || {
            let overlapped: Vec<f64> = bursts(subject, count).into_iter().flatten().collect();
            subject.upkeep();
            super::median(&overlapped)
        };
        // An overestimated record time would make bursts too short, so that they count
        // only if both threads are interrupted.
        let ns = median().min(median()) * count as f64;
        if ns > BURST_NS / 2.0 {
            return ((count as f64 * BURST_NS / ns) as usize).max(64);
        }
        // Without overlap, as on a single core, there is nothing to measure.
        if count > 1 << 20 {
            return count;
        }
        count *= 2;
    }
}
