//! The clock that requests are timed with: the processor's counter.
//!
//! Not by the `Instant` of `quanta`, which looks for a clock of the thread first. That
//! costs more than the reading, and panics in the destructors of a thread.

use std::sync::OnceLock;

use quanta::Clock;

static CLOCK: OnceLock<Clock> = OnceLock::new();

/// A reading of the counter. Its unit is the clock's own.
pub(crate) type Reading = u64;

/// Reads the clock.
#[inline]
pub(crate) fn now() -> Reading {
    clock().raw()
}

/// Reads the clock, and returns the nanoseconds since `start`.
#[inline]
pub(crate) fn nanos_since(start: Reading) -> u64 {
    let clock = clock();
    clock.delta_as_nanos(start, clock.raw())
}

/// Measures the counter, which the first reading does otherwise.
pub(crate) fn prepare() {
    _ = clock();
}

#[inline]
fn clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::new)
}
