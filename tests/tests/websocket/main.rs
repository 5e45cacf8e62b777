//! The records of WebSockets, in every library.
//!
//! There is a host per library. All hosts serve the same routes in the way of their
//! library. Every test runs one body against all hosts in turn, over real sockets, with a
//! client that writes frames by hand and counts. Where a host is excluded or expected to
//! differ, a function of [`Host`](hosts::Host) gives the reason.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod client;
mod closes;
mod endings;
mod foreign_clients;
mod frame;
mod handshakes;
mod hosts;
mod http;
mod invalid;
mod many;
mod message;
mod messages;
mod pressure;
mod service;
mod split;
mod tally;
mod taught;
