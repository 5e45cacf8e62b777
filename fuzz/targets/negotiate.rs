//! Any headers are read without a panic, and get the answer of the naive version.

#![no_main]

#[path = "../../exporter-text/tests/naive_negotiation/mod.rs"]
mod naive_negotiation;

use libfuzzer_sys::fuzz_target;
use tickmark_text::{Format, accepts_gzip};

// The lines are headers.
fuzz_target!(|data: &[u8]| {
    let headers: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let picked = Format::negotiate(headers.iter().copied());
    assert_eq!(picked.content_type(), naive_negotiation::content_type(&headers));
    assert_eq!(accepts_gzip(headers.iter().copied()), naive_negotiation::gzip(&headers));

    // What a page says of itself refuses it, with a quality of 0. Then only the last
    // resort may be picked again.
    let refusal = format!("{};q=0", picked.content_type());
    let again = Format::negotiate([refusal.as_bytes()].into_iter().chain(headers));
    assert!(again != picked || again == Format::Text0_0_4);
});
