//! What the tests across crates share: the real programs they start, a client
//! that keeps count, the naive tally that the metrics are compared with, and a
//! reader of what HTTP metrics recorded.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails by panicking"
)]

use std::io::Write;

pub mod by_hand;
pub mod client;
pub mod conversations;
pub mod engine;
pub mod fetched;
pub mod loopback;
pub mod page;
pub mod parser;
pub mod process;
pub mod prometheus;
pub mod recorded;
pub mod scrapes;
pub mod service;
pub mod tally;
pub mod wire;

/// Whether the environment says that a test must not skip itself for want of this:
/// `TICKMARK_REQUIRE`, words with commas between them.
#[must_use]
pub fn required(what: &str) -> bool {
    std::env::var("TICKMARK_REQUIRE").is_ok_and(|words| words.split(',').any(|word| word == what))
}

/// Says that a test skips itself. Not by a macro: of a test that passes, the harness
/// shows nothing.
pub fn say_skipped(reason: &str) {
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("SKIPPED: {reason}\n").as_bytes()).unwrap();
}

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// Those for who comes from other libraries.
#[cfg(doctest)]
#[doc = include_str!("../../MIGRATING.md")]
pub struct Migrating;

/// The examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../guide/empty-page.md")]
pub struct EmptyPage;
