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

use crate::dimension::UNMATCHED;
use crate::message::{Opcode, WsMessage};
use crate::metrics::WsMetrics;
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

/// The methods of axum's `WebSocket`, with the same names.
impl MeteredSocket<WebSocket> {
    /// Receives the next message; `None` once the connection is over. Reading after a
    /// close sends the answer to it.
    pub async fn recv(&mut self) -> Option<Result<Message, axum::Error>> {
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Sends a message and waits until it is written.
    ///
    /// # Errors
    /// If the connection is closed or broken.
    pub async fn send(&mut self, message: Message) -> Result<(), axum::Error> {
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut *self).poll_ready(cx)).await?;
        std::pin::Pin::new(&mut *self).start_send(message)?;
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut *self).poll_flush(cx)).await
    }

    /// Returns the selected subprotocol.
    #[must_use]
    pub fn protocol(&self) -> Option<&HeaderValue> {
        self.get_ref().protocol()
    }
}

/// Extracts a `WebSocketUpgrade` whose connection counts at the matched route.
///
/// The state of the router must be a [`WsMetrics`], or contain one by
/// `FromRef`.
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
/// let registry = tickmark::Registry::new();
/// let metrics = WsMetrics::builder().build(&registry)?;
/// let service: Router = Router::new().route("/echo/{room}", any(echo)).with_state(metrics);
/// # _ = service;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
///
/// # With a state of your own
/// Implement `FromRef`, or derive it with the feature `macros` of axum:
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// # use axum::response::Response;
/// # use axum::routing::any;
/// use tickmark_ws::{MeteredUpgrade, WsMetrics};
///
/// #[derive(Clone)]
/// struct App {
///     connections: WsMetrics,
///     greeting: &'static str,
/// }
///
/// impl FromRef<App> for WsMetrics {
///     fn from_ref(app: &App) -> Self {
///         app.connections
///     }
/// }
///
/// # async fn echo(upgrade: MeteredUpgrade) -> Response {
/// #     upgrade.on_upgrade(async |mut socket| while socket.recv().await.is_some() {})
/// # }
/// #
/// let registry = tickmark::Registry::new();
/// let app = App { connections: WsMetrics::builder().build(&registry)?, greeting: "hello" };
/// let service: Router = Router::new().route("/echo/{room}", any(echo)).with_state(app);
/// # _ = service;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Debug)]
#[must_use = "return the response of `on_upgrade`"]
pub struct MeteredUpgrade {
    upgrade: WebSocketUpgrade,
    metrics: WsMetrics,
    path: String,
}

impl MeteredUpgrade {
    /// Changes the settings of the upgrade, such as the limit of message sizes.
    pub fn map(self, set: impl FnOnce(WebSocketUpgrade) -> WebSocketUpgrade) -> Self {
        Self { upgrade: set(self.upgrade), ..self }
    }

    /// Accepts the connection, and calls `callback` with the socket once it is open. A
    /// connection that does not open counts as a failed handshake.
    #[must_use = "return the response"]
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
    /// Accepts a connection that counts at `path`, and calls `callback` with the socket
    /// once it is open. [`MeteredUpgrade`] does so at the matched route.
    #[must_use = "return the response"]
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
