#![doc = include_str!("../README.md")]
//!
//! # In a handler
//! One line, whatever the library of the socket:
//!
//! ```
//! use futures_util::{Stream, StreamExt};
//! use tickmark_ws::{WsMessage, WsMetrics};
//!
//! /// A handler of any stream of messages; the features of this crate know those of the usual libraries.
//! async fn handle<S, M, E>(metrics: WsMetrics, socket: S)
//! where
//!     S: Stream<Item = Result<M, E>> + Unpin,
//!     M: WsMessage,
//! {
//!     let mut socket = metrics.websocket("/rooms/{id}", socket);
//!     // As before: what is read from it and sent to it is counted.
//!     while let Some(Ok(_message)) = socket.next().await {}
//! }
//! ```
//!
//! An echo for each library: [`MeteredSocket`], and with their features `MeteredUpgrade`
//! of axum and `MeteredFrames` of fastwebsockets.
//!
//! # What is recorded
//! Every name begins with the prefix, which is empty unless set.
//!
//! | family | labels | recorded |
//! | --- | --- | --- |
//! | `ws_connections_total` | path | when the socket is open, which is after the status 101 |
//! | `ws_connections_active` | path | from then until the wrapper is dropped |
//! | `ws_connection_duration_seconds` | path | when the wrapper is dropped |
//! | `ws_messages_total` | path, direction, opcode | when a message is yielded by the socket, or taken by it |
//! | `ws_message_bytes_total` | path, direction, opcode | the same: the bytes of its payload; of a close 2 and those of the reason |
//! | `ws_closed_total` | path, code, initiator | when the wrapper is dropped |
//! | `ws_handshakes_failed_total` | path | a status 101 that led to no connection |
//! | `ws_message_size_bytes`, if [asked for](WsMetricsBuilder::message_sizes) | path, direction | with each message |
//! | `ws_reply_duration_seconds`, if [asked for](WsMetricsBuilder::reply_durations) | path | from a text or binary message that is received to the next that is sent |
//! | `ws_paths_overflow_total` | | each call with a path that the limit turned away |
//!
//! - The path is what you give, the template of the route; `_overflow` beyond [the
//!   limit](WsMetricsBuilder::max_paths). All other labels have a fixed set of values,
//!   and every family has room for all of them at each path.
//! - The direction is `received` or `sent`; the opcode `text`, `binary`, `ping`, `pong`
//!   or `close`.
//! - The code and the initiator, `client` or `server`, are those of the first close that
//!   went through; a close that answers it changes nothing. Without a body the code is
//!   1005; without any close it is 1006, and the initiator is `none`. Codes from 3000 and
//!   from 4000 share `3xxx` and `4xxx`, all that have no meaning share `other`.
//!
//! A message costs two additions, and allocates nothing. The lifetime of a connection is
//! in no histogram of HTTP: for those the request ends with the status 101.

#![forbid(unsafe_code)]

#[cfg(feature = "axum")]
mod axum;
mod builder;
mod close;
mod connection;
mod dimension;
mod error;
mod families;
#[cfg(feature = "fastwebsockets")]
mod fastwebsockets;
mod message;
mod metrics;
mod path;
mod preset;
mod socket;
#[cfg(feature = "tungstenite")]
mod tungstenite;
#[cfg(feature = "tungstenite-029")]
mod tungstenite_029;
#[cfg(feature = "warp")]
mod warp;

#[cfg(feature = "axum")]
pub use self::axum::MeteredUpgrade;
#[cfg(feature = "fastwebsockets")]
pub use self::fastwebsockets::MeteredFrames;
pub use builder::WsMetricsBuilder;
pub use connection::Connection;
pub use error::BuildError;
pub use message::{Opcode, WsMessage};
pub use metrics::WsMetrics;
pub use preset::Preset;
pub use socket::MeteredSocket;
