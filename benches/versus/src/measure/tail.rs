//! How long single records take, beside a scrape and without one.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::pin;

/// How long a phase is, and how often the phases take turns.
const PHASE: Duration = Duration::from_millis(120);
const TURNS: usize = 8;

/// The quantiles that are shown; a maximum would show the scheduler.
pub const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

/// Nanoseconds of every record.
pub struct Tails {
    pub timer_alone: Histogram<u64>,
    pub idle: Histogram<u64>,
    pub scraped: Histogram<u64>,
}

/// Records on one core while another core now and then writes pages.
pub fn measure(record: impl Fn(usize), mut scrape: impl FnMut() + Send) -> Tails {
    let histogram = || Histogram::new_with_bounds(1, 1_000_000_000, 3).unwrap();
    let mut tails = Tails { timer_alone: histogram(), idle: histogram(), scraped: histogram() };
    (0..20_000).for_each(&record);
    for _ in 0..TURNS {
        pin(0);
        phase(&mut tails.timer_alone, |_| ());
        phase(&mut tails.idle, &record);
        let begun = Barrier::new(2);
        let done = AtomicBool::new(false);
        // Its last page is written when the scope ends, so none is in the next phase.
        thread::scope(|scope| {
            scope.spawn(|| {
                pin(1);
                begun.wait();
                // Relaxed, both: the flag carries nothing but itself.
                while !done.load(Ordering::Relaxed) {
                    scrape();
                }
            });
            begun.wait();
            phase(&mut tails.scraped, &record);
            done.store(true, Ordering::Relaxed);
        });
    }
    tails
}

/// The value below which this part of the records is.
///
/// A clock has steps, here perhaps 10 ns; within one, records are taken to be spread evenly.
pub fn quantile(histogram: &Histogram<u64>, part: f64) -> f64 {
    let wanted = part * histogram.len() as f64;
    let (mut below, mut before) = (0.0, 0);
    for step in histogram.iter_recorded() {
        let count = step.count_at_value() as f64;
        let value = step.value_iterated_to();
        if below + count >= wanted {
            return before as f64 + (value - before) as f64 * (wanted - below) / count;
        }
        (below, before) = (below + count, value);
    }
    before as f64
}

/// Times every record of a phase.
fn phase(histogram: &mut Histogram<u64>, record: impl Fn(usize)) {
    let clock = quanta::Clock::new();
    let end = Instant::now() + PHASE;
    let mut round = 0;
    while Instant::now() < end {
        for _ in 0..256 {
            let start = clock.raw();
            record(round);
            let taken = clock.delta_as_nanos(start, clock.raw());
            histogram.saturating_record(taken.max(1));
            round += 1;
        }
    }
}
