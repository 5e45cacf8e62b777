//! The clock that requests are timed with: the system's.

use std::time::Instant;

/// A reading of the clock.
pub(crate) type Reading = Instant;

/// Reads the clock.
#[inline]
pub(crate) fn now() -> Reading {
    Instant::now()
}

/// Nanoseconds since `start`. Reads the clock.
#[inline]
pub(crate) fn nanos_since(start: Reading) -> u64 {
    let elapsed = start.elapsed();
    elapsed
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(elapsed.subsec_nanos()))
}

/// Takes the time that the first reading needs more.
pub(crate) fn prepare() {}
