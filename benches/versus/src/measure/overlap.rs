//! Two threads on two cores that really record at the same time.
//!
//! On a machine with few cores and much else to do, two threads that are merely started
//! together mostly run one after the other, and then nothing contends. Here both spin
//! until the other is there, record for a short burst, and the burst counts only if it
//! overlapped.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::{TURN_NS, full_or_quick, pin, take_turns};
use crate::Subject;

/// How long a burst is to be: far shorter than the time slice of a scheduler.
const BURST_NS: f64 = TURN_NS / BURSTS as f64;

/// The part of a burst that both threads have to be in.
const OVERLAP: f64 = 0.85;

/// How many rounds a measurement has, and how many bursts a turn.
const ROUNDS: usize = 4;
const BURSTS: usize = 80;

/// When a thread was in a burst.
#[derive(Clone, Copy)]
struct Span {
    start: Instant,
    end: Instant,
}

/// Nanoseconds of a record in each burst that counts, and the part of all bursts that
/// did.
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

/// Some bursts of two threads; none where they did not overlap.
fn bursts(subject: &Subject, count: usize) -> Vec<Option<f64>> {
    let arrived = AtomicUsize::new(0);
    let run = |core: usize| {
        pin(core);
        // What a first touch costs is not in a burst.
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

/// Spins until both threads are at the burst with this number.
fn meet(arrived: &AtomicUsize, number: usize) {
    // Pairs with itself in the other thread; only the number matters, and it is the
    // atomic's own.
    arrived.fetch_add(1, Ordering::Relaxed);
    let both = (number + 1) * 2;
    let mut spins = 0_u32;
    while arrived.load(Ordering::Relaxed) < both {
        spin_loop();
        spins += 1;
        // The other one may need this very core to get here.
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

/// How many records make a burst when two threads are in it.
fn calibrate(subject: &Subject) -> usize {
    let mut count = 500;
    loop {
        let median = || {
            let overlapped: Vec<f64> = bursts(subject, count).into_iter().flatten().collect();
            subject.upkeep();
            super::median(&overlapped)
        };
        // Taken for too long, bursts would be too short, and count only where both
        // threads were kept from their cores.
        let ns = median().min(median()) * count as f64;
        if ns > BURST_NS / 2.0 {
            return ((count as f64 * BURST_NS / ns) as usize).max(64);
        }
        // Where nothing overlaps, as on one core, there is nothing to measure either.
        if count > 1 << 20 {
            return count;
        }
        count *= 2;
    }
}
