//! How long single records take, beside a scrape and without one.

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
    let scraping = AtomicBool::new(false);
    let done = AtomicBool::new(false);
    let histogram = || Histogram::new_with_bounds(1, 1_000_000_000, 3).unwrap();
    let mut tails = Tails { timer_alone: histogram(), idle: histogram(), scraped: histogram() };
    thread::scope(|scope| {
        // Relaxed: the flags carry nothing but themselves.
        scope.spawn(|| {
            pin(1);
            while !done.load(Ordering::Relaxed) {
                if scraping.load(Ordering::Relaxed) { scrape() } else { thread::sleep(Duration::from_micros(100)) }
            }
        });
        pin(0);
        (0..20_000).for_each(&record);
        for _ in 0..TURNS {
            phase(&mut tails.timer_alone, |_| ());
            phase(&mut tails.idle, &record);
            scraping.store(true, Ordering::Relaxed);
            phase(&mut tails.scraped, &record);
            scraping.store(false, Ordering::Relaxed);
        }
        done.store(true, Ordering::Relaxed);
    });
    tails
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
