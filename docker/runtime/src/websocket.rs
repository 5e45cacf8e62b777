//! The WebSocket route: an echo.

use std::fmt::Debug;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{Sink, SinkExt, Stream, StreamExt};

use crate::app::App;

/// The template of the route.
pub(crate) const PATH: &str = "/ws/echo";

/// A longer message is read and answered by a close frame, so that the client learns why.
const MESSAGE_LIMIT: usize = 64 << 10;

/// A longer message ends the connection unread.
const READ_LIMIT: usize = 16 << 20;

const NORMAL: u16 = 1000;
const TOO_BIG: u16 = 1009;

/// Upgrades the connection to an echo.
pub(crate) async fn upgrade(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.max_message_size(READ_LIMIT).max_frame_size(READ_LIMIT);
    match app.connections {
        Some(metrics) => metrics.upgrade(PATH, upgrade, echo),
        None => upgrade.on_upgrade(echo),
    }
}

/// Sends each message back, until the client closes or disconnects.
async fn echo<S, E>(mut socket: S)
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error: Debug> + Unpin,
{
    while let Some(Ok(message)) = socket.next().await {
        let reply = match message {
            Message::Text(text) if text.len() > MESSAGE_LIMIT => close(TOO_BIG),
            Message::Binary(data) if data.len() > MESSAGE_LIMIT => close(TOO_BIG),
            Message::Text(text) => requested_close(&text).map_or(Message::Text(text), close),
            Message::Binary(data) => Message::Binary(data),
            // The library answers these.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => continue,
        };
        // After a close frame, the loop waits for that of the client: dropping the socket
        // could discard the frame.
        if socket.send(reply).await.is_err() {
            return;
        }
    }
}

/// Returns the code if a text requests a close: 1000 for `close`, another valid code for
/// `close 4001`.
fn requested_close(text: &str) -> Option<u16> {
    let rest = text.strip_prefix("close")?;
    if rest.is_empty() {
        return Some(NORMAL);
    }
    let code = rest.strip_prefix(' ')?.parse().ok()?;
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999).then_some(code)
}

fn close(code: u16) -> Message {
    Message::Close(Some(CloseFrame { code, reason: "".into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_requests_need_a_valid_code() {
        for (text, code) in
            [("close", Some(1000)), ("close 1000", Some(1000)), ("close 4001", Some(4001))]
        {
            assert_eq!(requested_close(text), code);
        }
        for text in [
            "",
            "closed",
            "close ",
            "close 1005",
            "close 1006",
            "close 5000",
            "close 99999",
            "close x",
            "Close",
        ] {
            assert_eq!(requested_close(text), None, "{text}");
        }
    }
}
