//! Latency of single records, with a concurrent scrape and without.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{full_or_quick, pin};

/// Length of a phase, and number of alternations.
const PHASE: Duration = Duration::from_millis(120);
const TURNS: usize = 8;

/// The shown quantiles; a maximum would show the scheduler.
pub const QUANTILES: [(&str, f64); 4] =
    [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

/// Nanoseconds of every record.
pub struct Tails {
    pub timer_alone: Histogram<u64>,
    pub idle: Histogram<u64>,
    pub scraped: Histogram<u64>,
}

/// Records on one core while another core repeatedly writes pages.
pub fn measure(record: impl Fn(usize), mut scrape: impl FnMut() + Send) -> Tails {
    let histogram = || Histogram::new_with_bounds(1, 1_000_000_000, 3).unwrap();
    let mut tails = Tails { timer_alone: histogram(), idle: histogram(), scraped: histogram() };
    (0..20_000).for_each(&record);
    for _ in 0..full_or_quick(TURNS, 1) {
        pin(0);
        phase(&mut tails.timer_alone, |_| ());
        phase(&mut tails.idle, &record);
        let begun = Barrier::new(2);
        let done = AtomicBool::new(false);
        // Its last page is finished when the scope ends, so the next phase has none.
        thread::scope(|scope| {
            scope.spawn(|| {
                pin(1);
                begun.wait();
                // Relaxed, both: the flag publishes nothing.
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

impl Tails {
    /// The resolution of the clock: the least difference between two times.
    pub fn clock_step(&self) -> u64 {
        let times: Vec<u64> =
            self.timer_alone.iter_recorded().map(|step| step.value_iterated_to()).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(1)
    }
}

/// The value below which this share of the records lies. Within a clock step, records are
/// assumed to be spread evenly.
pub fn quantile(histogram: &Histogram<u64>, part: f64, clock_step: u64) -> f64 {
    let wanted = part * histogram.len() as f64;
    let mut below = 0.0;
    for step in histogram.iter_recorded() {
        let count = step.count_at_value() as f64;
        let value = step.value_iterated_to();
        if below + count >= wanted {
            let start = value.saturating_sub(clock_step);
            return start as f64 + (value - start) as f64 * (wanted - below) / count;
        }
        below += count;
    }
    histogram.max() as f64
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
