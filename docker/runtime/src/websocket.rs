//! The WebSocket route: an echo.

use std::fmt::Debug;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tickmark_ws::WsMetrics;

/// The template of the route.
pub(crate) const PATH: &str = "/ws/echo";

/// A message beyond this is refused, after it was read: so the client gets to know why.
const MESSAGE_LIMIT: usize = 64 << 10;

/// What is not even read.
const READ_LIMIT: usize = 16 << 20;

const NORMAL: u16 = 1000;
const TOO_BIG: u16 = 1009;

/// Promises an echo.
pub(crate) async fn upgrade(
    State(metrics): State<Option<WsMetrics>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(READ_LIMIT).max_frame_size(READ_LIMIT);
    match metrics {
        Some(metrics) => metrics.upgrade(PATH, upgrade, echo),
        None => upgrade.on_upgrade(echo),
    }
}

/// Sends back what comes, until the client closes or goes, or is told to.
async fn echo<S, E>(mut socket: S)
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error: Debug> + Unpin,
{
    while let Some(Ok(message)) = socket.next().await {
        let reply = match message {
            Message::Text(text) if text.len() > MESSAGE_LIMIT => close(TOO_BIG),
            Message::Binary(data) if data.len() > MESSAGE_LIMIT => close(TOO_BIG),
            Message::Text(text) => asked_close(&text).map_or(Message::Text(text), close),
            Message::Binary(data) => Message::Binary(data),
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => continue,
        };
        // After a close of ours, until the client's: to go at once could take it back.
        if socket.send(reply).await.is_err() {
            return;
        }
    }
}

/// The code, if a text asks for a close: `close` for 1000, or `close 4001` for another
/// that may be sent.
fn asked_close(text: &str) -> Option<u16> {
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
    fn a_close_is_asked_for_by_a_code_that_may_be_sent() {
        for (text, code) in
            [("close", Some(1000)), ("close 1000", Some(1000)), ("close 4001", Some(4001))]
        {
            assert_eq!(asked_close(text), code);
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
            assert_eq!(asked_close(text), None, "{text}");
        }
    }
}
