//! axum: the extractor.

use axum::Router;
use axum::extract::ws::{CloseFrame, Message};
use axum::routing::get;
use tickmark_ws::MeteredUpgrade;
use tokio::net::TcpListener;

use super::{Context, ECHO, LONGEST, SPLIT};
use crate::echo::{TestMessage, echo, split};

pub(crate) fn router(context: Context) -> Router {
    let limited = |upgrade: MeteredUpgrade| upgrade.map(|upgrade| upgrade.max_message_size(LONGEST));
    let halves = context.halves;
    Router::new()
        .route(ECHO, get(async move |upgrade: MeteredUpgrade| limited(upgrade).on_upgrade(echo)))
        .route(
            SPLIT,
            get(async move |upgrade: MeteredUpgrade| limited(upgrade).on_upgrade(|socket| split(socket, halves))),
        )
        .with_state(context.ws)
        .layer(tickmark_axum::layer(context.http))
}

pub(super) async fn serve(listener: TcpListener, context: Context) {
    axum::serve(listener, router(context)).await.unwrap();
}

impl TestMessage for Message {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn close(code: u16) -> Self {
        Self::Close(Some(CloseFrame { code, reason: "bye".into() }))
    }

    fn ping() -> Self {
        Self::Ping("hello".into())
    }

    fn pong() -> Self {
        Self::Pong("hello".into())
    }

    fn binary(length: usize) -> Self {
        Self::Binary(vec![7; length].into())
    }
}
