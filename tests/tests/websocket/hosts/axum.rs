//! axum: a router, with handlers that take the upgrade.

use axum::Router;
use axum::extract::ws::{CloseFrame, Message as AxumMessage, WebSocket};
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::SinkExt;
use hyper_util::service::TowerToHyperService;
use tickmark_axum::layer;
use tickmark_ws::{MeteredSocket, MeteredUpgrade, WsMetrics};
use tokio::net::TcpListener;

use crate::message::Message;
use crate::service::{self, Context, ECHO, MOST_BYTES, SPLIT, Socket, TAUGHT};
use crate::taught;

pub(super) async fn serve(listener: TcpListener, context: Context, upgrades: bool) {
    let http = context.http;
    let router = Router::new()
        .route(ECHO, any(echo))
        .route(SPLIT, any(split))
        .route(TAUGHT, any(taught::axum::echo))
        .nest("/api", Router::new().route("/rooms/{room}", any(echo)))
        .fallback(echo)
        .with_state(context)
        .layer(layer(http));
    if upgrades {
        axum::serve(listener, router).await.unwrap();
    } else {
        super::hyper::serve(listener, TowerToHyperService::new(router), upgrades).await;
    }
}

impl FromRef<Context> for WsMetrics {
    fn from_ref(context: &Context) -> Self {
        context.ws
    }
}

/// A client that requests a protocol first receives the chosen one.
async fn echo(upgrade: MeteredUpgrade) -> Response {
    let upgrade = upgrade.map(|upgrade| upgrade.max_message_size(MOST_BYTES).protocols(["chat"]));
    upgrade.on_upgrade(async |mut socket| {
        let chosen = socket.protocol().map(|protocol| protocol.to_str().unwrap().to_owned());
        if let Some(chosen) = chosen {
            socket.send(AxumMessage::text(chosen)).await.unwrap();
        }
        service::echo(Mirrored(socket)).await;
    })
}

async fn split(State(context): State<Context>, upgrade: MeteredUpgrade) -> Response {
    upgrade.on_upgrade(async move |socket| service::split(socket, context.halves))
}

/// Through the methods that mirror axum's own.
struct Mirrored(MeteredSocket<WebSocket>);

impl Socket for Mirrored {
    async fn receive(&mut self) -> Option<Message> {
        Some(self.0.recv().await?.ok()?.into())
    }

    async fn send(&mut self, message: Message) -> bool {
        self.0.send(message.into()).await.is_ok()
    }

    async fn finish(&mut self) {
        _ = self.0.close().await;
    }
}

impl From<AxumMessage> for Message {
    fn from(message: AxumMessage) -> Self {
        match message {
            AxumMessage::Text(text) => Self::text(text.as_str()),
            AxumMessage::Binary(data) => Self::Binary(data.into()),
            AxumMessage::Ping(data) => Self::Ping(data.into()),
            AxumMessage::Pong(data) => Self::Pong(data.into()),
            AxumMessage::Close(close) => {
                Self::Close(close.map(|close| (close.code, close.reason.as_str().to_owned())))
            }
        }
    }
}

impl From<Message> for AxumMessage {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(data) => Self::Binary(data.into()),
            Message::Ping(data) => Self::Ping(data.into()),
            Message::Pong(data) => Self::Pong(data.into()),
            Message::Close(close) => {
                Self::Close(close.map(|(code, reason)| CloseFrame { code, reason: reason.into() }))
            }
        }
    }
}
