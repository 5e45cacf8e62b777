//! The service as a process: its settings, responses and shutdown.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails by panicking")]

mod health;
mod program;
mod routes;
mod settings;
mod shutdown;
mod websocket;
