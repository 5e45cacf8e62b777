//! Addresses of the loopback network. Linux has sixteen million.

use std::net::Ipv4Addr;
use std::process;
use std::sync::atomic::{AtomicU8, Ordering};

static NEXT: AtomicU8 = AtomicU8::new(1);

/// An address that no other test of this process has, and hardly one of another process.
/// So a server can use its production port here, and reuse it after a restart. Outgoing
/// connections, which take any free port, start from 127.0.0.1.
///
/// # Panics
///
/// If a process requests more than 254.
#[must_use]
pub fn own_address() -> Ipv4Addr {
    // Relaxed: it only tells calls apart.
    let own = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!((1..255).contains(&own), "no address is left");
    let [_, _, high, low] = process::id().to_be_bytes();
    // Not 127.0, which other programs use.
    Ipv4Addr::new(127, 1 + high % 250, low, own)
}
