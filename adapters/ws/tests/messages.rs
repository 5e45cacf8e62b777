//! What is counted of the messages of tungstenite, of both versions. Those of the other
//! libraries go through real sockets.
#![cfg(all(feature = "tungstenite", feature = "tungstenite-029"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

use tickmark_ws::{Opcode, WsMessage};

/// Checks a text of two characters in three bytes, two bytes, a ping, a pong, a close
/// with 4001 and "bye", an empty close, and a frame.
fn assert_seen<M: WsMessage>(messages: [M; 7]) {
    let seen =
        messages.map(|message| (message.opcode(), message.payload_len(), message.close_code()));
    let expected = [
        (Some(Opcode::Text), 3, None),
        (Some(Opcode::Binary), 2, None),
        (Some(Opcode::Ping), 1, None),
        (Some(Opcode::Pong), 0, None),
        (Some(Opcode::Close), 5, Some(4001)),
        (Some(Opcode::Close), 0, None),
    ];
    assert_eq!(seen[..6], expected);
    assert_eq!(seen[6].0, None, "a frame is no message");
}

#[test]
fn of_version_0_30() {
    use tungstenite::Message;
    use tungstenite::protocol::CloseFrame;
    use tungstenite::protocol::frame::Frame;

    assert_seen([
        Message::text("aü"),
        Message::binary(vec![1, 2]),
        Message::Ping(vec![1].into()),
        Message::Pong(vec![].into()),
        Message::Close(Some(CloseFrame { code: 4001.into(), reason: "bye".into() })),
        Message::Close(None),
        Message::Frame(Frame::ping(vec![1])),
    ]);
}

#[test]
fn of_version_0_29() {
    use tungstenite_029::Message;
    use tungstenite_029::protocol::CloseFrame;
    use tungstenite_029::protocol::frame::Frame;

    assert_seen([
        Message::text("aü"),
        Message::binary(vec![1, 2]),
        Message::Ping(vec![1].into()),
        Message::Pong(vec![].into()),
        Message::Close(Some(CloseFrame { code: 4001.into(), reason: "bye".into() })),
        Message::Close(None),
        Message::Frame(Frame::ping(vec![1])),
    ]);
}
