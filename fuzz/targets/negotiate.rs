//! Negotiation of any headers does not panic, and equals the naive version.

#![no_main]

#[path = "../../exporter-text/tests/naive_negotiation/mod.rs"]
mod naive_negotiation;

use libfuzzer_sys::fuzz_target;
use tickmark_text::{Format, accepts_gzip};

// Each line is a header.
fuzz_target!(|data: &[u8]| {
    let headers: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let selected = Format::negotiate(headers.iter().copied());
    assert_eq!(selected.content_type(), naive_negotiation::content_type(&headers));
    assert_eq!(accepts_gzip(headers.iter().copied()), naive_negotiation::gzip(&headers));

    // The content type of a page is an entry that refuses it, with a quality of 0. Then
    // only the default format may be selected again.
    let refusal = format!("{};q=0", selected.content_type());
    let again = Format::negotiate([refusal.as_bytes()].into_iter().chain(headers));
    assert!(again != selected || again == Format::Text0_0_4);
});
