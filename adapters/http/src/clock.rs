//! The clock that times requests: the system's.

use std::time::Instant;

/// A reading of the clock.
pub(crate) type Reading = Instant;

/// Reads the clock.
#[inline]
pub(crate) fn now() -> Reading {
    Instant::now()
}

/// Reads the clock and returns the nanoseconds since `start`.
#[inline]
pub(crate) fn nanos_since(start: Reading) -> u64 {
    let elapsed = start.elapsed();
    elapsed
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(elapsed.subsec_nanos()))
}

/// Does the one-time work of the clock; this one has none.
pub(crate) fn prepare() {}
