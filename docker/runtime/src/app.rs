//! The state of the handlers.

use std::sync::Arc;

use tickmark_ws::WsMetrics;

/// The state of the handlers.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) front_page: Arc<str>,
    /// The metrics of WebSocket connections. `None` if they are not measured.
    pub(crate) connections: Option<WsMetrics>,
}
