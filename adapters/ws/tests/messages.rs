//! Facts of the messages of both versions of tungstenite. The messages of the other
//! libraries are tested over real sockets.
#![cfg(all(feature = "tungstenite", feature = "tungstenite-029"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

use tickmark_ws::{Opcode, WsMessage};

/// Checks the facts of seven messages: a text of two characters in three bytes, two
/// bytes, a ping, a pong, a close with 4001 and "bye", an empty close, a raw frame.
fn assert_facts<M: WsMessage>(messages: [M; 7]) {
    let facts =
        messages.map(|message| (message.opcode(), message.payload_len(), message.close_code()));
    let expected = [
        (Some(Opcode::Text), 3, None),
        (Some(Opcode::Binary), 2, None),
        (Some(Opcode::Ping), 1, None),
        (Some(Opcode::Pong), 0, None),
        (Some(Opcode::Close), 5, Some(4001)),
        (Some(Opcode::Close), 0, None),
    ];
    assert_eq!(facts[..6], expected);
    assert_eq!(facts[6].0, None, "a raw frame is not counted");
}

#[test]
fn messages_of_version_0_30() {
    use tungstenite::Message;
    use tungstenite::protocol::CloseFrame;
    use tungstenite::protocol::frame::Frame;

    assert_facts([
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
fn messages_of_version_0_29() {
    use tungstenite_029::Message;
    use tungstenite_029::protocol::CloseFrame;
    use tungstenite_029::protocol::frame::Frame;

    assert_facts([
        Message::text("aü"),
        Message::binary(vec![1, 2]),
        Message::Ping(vec![1].into()),
        Message::Pong(vec![].into()),
        Message::Close(Some(CloseFrame { code: 4001.into(), reason: "bye".into() })),
        Message::Close(None),
        Message::Frame(Frame::ping(vec![1])),
    ]);
}
