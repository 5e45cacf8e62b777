//! The contract: the records of the adapters for a request, in every framework.
//!
//! There is a host per framework. All hosts serve the same routes in the way of their
//! framework. Every test runs one body against all hosts in turn, over real sockets.
//! Where a host is excluded or expected to differ, a function of [`Host`](hosts::Host)
//! gives the reason.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
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
