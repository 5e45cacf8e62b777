//! What is recorded of WebSockets, whatever library the socket is of.
//!
//! There is a host for each library. All of them serve the same routes, each in the way
//! of its library, and every test runs its one body against all hosts in turn, over real
//! sockets, with a client that writes frames by hand and keeps count. Where a host is
//! left out or expected to differ, a function of [`Host`](hosts::Host) says why.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
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
