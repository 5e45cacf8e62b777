//! The sockets of axum.

use std::future::Future;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use futures_core::Stream;
use futures_sink::Sink;

use crate::message::{Opcode, WsMessage};
use crate::metrics::WsMetrics;
use crate::path::UNMATCHED;
use crate::socket::MeteredSocket;

impl WsMessage for Message {
    fn opcode(&self) -> Option<Opcode> {
        Some(match self {
            Self::Text(_) => Opcode::Text,
            Self::Binary(_) => Opcode::Binary,
            Self::Ping(_) => Opcode::Ping,
            Self::Pong(_) => Opcode::Pong,
            Self::Close(_) => Opcode::Close,
        })
    }

    fn payload_len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.len(),
            Self::Close(Some(close)) => 2 + close.reason.len(),
            Self::Close(None) => 0,
        }
    }

    fn close_code(&self) -> Option<u16> {
        match self {
            Self::Close(Some(close)) => Some(close.code),
            _ => None,
        }
    }
}

/// As the methods of axum's own.
impl MeteredSocket<WebSocket> {
    /// Returns the next message; none once the connection is over. Reading on after a
    /// close sends the answer to it.
    pub async fn recv(&mut self) -> Option<Result<Message, axum::Error>> {
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Sends a message, and waits until it is written.
    ///
    /// # Errors
    /// When the connection is closed or broken.
    pub async fn send(&mut self, message: Message) -> Result<(), axum::Error> {
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut *self).poll_ready(cx)).await?;
        std::pin::Pin::new(&mut *self).start_send(message)?;
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut *self).poll_flush(cx)).await
    }

    /// The subprotocol that was chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<&HeaderValue> {
        self.get_ref().protocol()
    }
}

/// [`WebSocketUpgrade`] whose connection is counted at the route that matched; extracted
/// where a [`WsMetrics`] is the state, or a part of it.
///
/// ```
/// use axum::Router;
/// use axum::extract::ws::Message;
/// use axum::response::Response;
/// use axum::routing::any;
/// use tickmark_ws::{MeteredUpgrade, WsMetrics};
///
/// async fn echo(upgrade: MeteredUpgrade) -> Response {
///     upgrade.on_upgrade(async |mut socket| {
///         // The library answers a close when the socket is read again: read until `None`.
///         while let Some(Ok(message)) = socket.recv().await {
///             let is_data = matches!(message, Message::Text(_) | Message::Binary(_));
///             if is_data && socket.send(message).await.is_err() {
///                 return;
///             }
///         }
///     })
/// }
///
/// # let registry = tickmark::Registry::new();
/// let metrics = WsMetrics::builder().build(&registry)?;
/// let service: Router = Router::new().route("/echo/{room}", any(echo)).with_state(metrics);
/// # drop(service);
/// # Ok::<(), tickmark_ws::BuildError>(())
/// ```
#[derive(Debug)]
#[must_use = "the response of `on_upgrade` has to be returned"]
pub struct MeteredUpgrade {
    upgrade: WebSocketUpgrade,
    metrics: WsMetrics,
    path: String,
}

impl MeteredUpgrade {
    /// Changes the settings of the upgrade, such as the largest message.
    pub fn map(self, set: impl FnOnce(WebSocketUpgrade) -> WebSocketUpgrade) -> Self {
        Self { upgrade: set(self.upgrade), ..self }
    }

    /// Promises the connection, and calls back with the socket once it is open. When it
    /// cannot be opened, that is a failed handshake.
    #[must_use = "the response has to be returned"]
    pub fn on_upgrade<F>(
        self,
        callback: impl FnOnce(MeteredSocket<WebSocket>) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.metrics.upgrade(self.path, self.upgrade, callback)
    }
}

impl WsMetrics {
    /// Promises a connection, and calls back with the socket once it is open, to be
    /// counted at `path`: what [`MeteredUpgrade`] does, where the path is not that of the
    /// route.
    #[must_use = "the response has to be returned"]
    pub fn upgrade<F>(
        self,
        path: impl Into<String>,
        upgrade: WebSocketUpgrade,
        callback: impl FnOnce(MeteredSocket<WebSocket>) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let path = path.into();
        let failed_path = path.clone();
        upgrade
            .on_failed_upgrade(move |_| self.handshake_failed(&failed_path))
            .on_upgrade(move |socket| callback(self.websocket(&path, socket)))
    }
}

impl<S> FromRequestParts<S> for MeteredUpgrade
where
    S: Send + Sync,
    WsMetrics: FromRef<S>,
{
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await?;
        let path = parts.extensions.get::<MatchedPath>().map_or(UNMATCHED, MatchedPath::as_str);
        Ok(Self { upgrade, metrics: WsMetrics::from_ref(state), path: path.to_owned() })
    }
}
