//! What the tests across crates share: the real programs they start, a client
//! that keeps count, and the naive tally that the metrics are compared with.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails by panicking"
)]

pub mod by_hand;
pub mod client;
pub mod page;
pub mod process;
pub mod prometheus;
pub mod scrapes;
pub mod service;
pub mod tally;

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
