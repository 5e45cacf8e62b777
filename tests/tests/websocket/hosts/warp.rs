//! warp: the filter of its own, and the wrapper within the callback.

use tickmark_warp::path;
use tokio::net::TcpListener;
use warp::Filter;
use warp::ws::{Message, Ws};

use super::{Context, ECHO, LONGEST, SPLIT};
use crate::echo::{TestMessage, echo, split};

pub(super) async fn serve(listener: TcpListener, context: Context) {
    let Context { http, ws, halves } = context;
    let echoes = path!(http; "ws" / "echo").and(warp::ws()).map(move |upgrade: Ws| {
        upgrade.max_message_size(LONGEST).on_upgrade(move |socket| echo(ws.websocket(ECHO, socket)))
    });
    let splits = path!(http; "ws" / "split").and(warp::ws()).map(move |upgrade: Ws| {
        let halves = halves.clone();
        upgrade.on_upgrade(move |socket| split(ws.websocket(SPLIT, socket), halves))
    });
    tickmark_warp::serve(listener, http, warp::service(echoes.or(splits))).await;
}

impl TestMessage for Message {
    fn text(&self) -> Option<&str> {
        self.to_str().ok()
    }

    fn close(code: u16) -> Self {
        Self::close_with(code, "bye")
    }

    fn ping() -> Self {
        Self::ping("hello")
    }

    fn pong() -> Self {
        Self::pong("hello")
    }

    fn binary(length: usize) -> Self {
        Self::binary(vec![7; length])
    }
}
