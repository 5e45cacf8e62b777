//! Shared by the tests across crates: starters of the real programs, a counting client,
//! the naive tally as the reference for metrics, and a reader of recorded HTTP metrics.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test helper fails by panicking"
)]

use std::io::Write;

pub mod by_hand;
pub mod client;
pub mod conversations;
pub mod echo;
pub mod engine;
pub mod exchange;
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

/// Whether a test must fail instead of skipping itself for lack of this.
/// `TICKMARK_REQUIRE` lists such words, separated by commas.
#[must_use]
pub fn required(what: &str) -> bool {
    std::env::var("TICKMARK_REQUIRE").is_ok_and(|words| words.split(',').any(|word| word == what))
}

/// Reports that a test skips itself. Not by a macro, because the harness hides macro
/// output of passing tests.
pub fn say_skipped(reason: &str) {
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("SKIPPED: {reason}\n").as_bytes()).unwrap();
}

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The examples of MIGRATING.md.
#[cfg(doctest)]
#[doc = include_str!("../../MIGRATING.md")]
pub struct Migrating;

/// The examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../guide/empty-page.md")]
pub struct EmptyPage;
