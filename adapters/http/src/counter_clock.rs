//! The clock that times requests: the processor's counter.
//!
//! Uses the `Clock` of `quanta`, not its `Instant`. The latter looks up a clock of the
//! thread first, which costs more than the reading and panics in thread destructors.

use std::sync::OnceLock;

use quanta::Clock;

static CLOCK: OnceLock<Clock> = OnceLock::new();

/// A reading of the counter, in the clock's own unit.
pub(crate) type Reading = u64;

/// Reads the clock.
#[inline]
pub(crate) fn now() -> Reading {
    clock().raw()
}

/// Reads the clock and returns the nanoseconds since `start`.
#[inline]
pub(crate) fn nanos_since(start: Reading) -> u64 {
    let clock = clock();
    clock.delta_as_nanos(start, clock.raw())
}

/// Calibrates the counter, so that the first reading does not.
pub(crate) fn prepare() {
    _ = clock();
}

#[inline]
fn clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::new)
}
