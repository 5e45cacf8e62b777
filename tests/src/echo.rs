//! The WebSocket echo of the service.

/// The route, and the label value `path`.
pub const PATH: &str = "/ws/echo";
