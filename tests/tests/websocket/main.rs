//! What is recorded of WebSocket connections, whatever library has the socket.
//!
//! There is a host for each library, all of them with the same handler. Every test runs its one body against all hosts in
//! turn, over real sockets; the client counts by itself what went both ways. Where a host is left out or expected to differ, a
//! function of [`Host`](hosts::Host) says why.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a helper of a test fails by panicking, and counts are small"
)]

mod broken;
mod client;
mod closes;
mod echo;
mod handshakes;
mod hosts;
mod lifetimes;
mod messages;
mod others;
