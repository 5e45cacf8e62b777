#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod close;
mod connection;
mod dimension;
mod families;
mod libraries;
mod message;
mod metrics;
mod path;
mod preset;
mod settings;
mod socket;

pub use builder::WsMetricsBuilder;
pub use connection::Connection;
#[cfg(feature = "axum")]
pub use libraries::axum::MeteredUpgrade;
#[cfg(feature = "fastwebsockets")]
pub use libraries::fastwebsockets::MeteredFrames;
pub use message::{Opcode, WsMessage};
pub use metrics::WsMetrics;
pub use preset::Preset;
pub use socket::MeteredSocket;
