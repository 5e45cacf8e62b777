//! The clock that requests are timed with.

#[cfg(feature = "quanta")]
pub(crate) use quanta::Instant;
#[cfg(not(feature = "quanta"))]
pub(crate) use std::time::Instant;

/// Nanoseconds since `start`. Reads the clock.
#[inline]
pub(crate) fn nanos_since(start: Instant) -> u64 {
    let elapsed = start.elapsed();
    elapsed.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(elapsed.subsec_nanos()))
}

/// Does what a clock does when it is first read: see the feature `quanta` in the
/// documentation of the crate.
pub(crate) fn prepare() {
    _ = Instant::now();
}
