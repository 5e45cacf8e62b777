//! The contract: what the adapters record of a request, whatever framework serves it.
//!
//! There is a host for each framework. All of them serve the same routes, each in the way
//! of its framework, and every test runs its one body against all hosts in turn, over
//! real sockets. Where a host is left out or expected to differ, a function of
//! [`Host`](hosts::Host) says why.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod aborted;
mod apart;
mod client;
mod complete;
mod hostile;
mod hosts;
mod http2;
mod labels;
mod layers;
mod panics;
mod routes;
mod script;
mod service;
mod shutdown;
mod tunnels;
mod uploads;
