//! The sockets and messages of each library, behind the feature of its name.

#[cfg(feature = "axum")]
pub(crate) mod axum;
#[cfg(feature = "fastwebsockets")]
pub(crate) mod fastwebsockets;
#[cfg(feature = "tungstenite")]
mod tungstenite;
#[cfg(feature = "tungstenite-029")]
mod tungstenite_029;
#[cfg(feature = "warp")]
mod warp;
