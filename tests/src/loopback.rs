//! Addresses of the loopback network, which on Linux has sixteen million of them.

use std::net::Ipv4Addr;
use std::process;
use std::sync::atomic::{AtomicU8, Ordering};

static NEXT: AtomicU8 = AtomicU8::new(1);

/// An address that no other test of this process has, and hardly one of another. So a
/// server on it can have the port that it has in earnest, and have it again when it comes
/// back: outgoing connections, which take any free port, start from 127.0.0.1.
///
/// # Panics
///
/// When a process asks for more than 254.
#[must_use]
pub fn own_address() -> Ipv4Addr {
    // Relaxed: it only tells one call from another.
    let own = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!((1..255).contains(&own), "no address is left");
    let [_, _, high, low] = process::id().to_be_bytes();
    // Not 127.0, which is everybody's.
    Ipv4Addr::new(127, 1 + high % 250, low, own)
}
