//! What each library's messages say of themselves.

use tickmark_ws::{Opcode, WsMessage};

/// Checks a message of each kind: a text and data of 3 bytes, a ping and a pong of 1, and closes with a code of 4001 and a
/// reason of 3 bytes, and without any.
#[allow(dead_code, reason = "without features there are no messages")]
fn assert_kinds<M: WsMessage>([text, data, ping, pong, close, empty_close]: [M; 6]) {
    let said = |message: &M| (message.opcode(), message.payload_len(), message.close_code());
    assert_eq!(said(&text), (Some(Opcode::Text), 3, None));
    assert_eq!(said(&data), (Some(Opcode::Binary), 3, None));
    assert_eq!(said(&ping), (Some(Opcode::Ping), 1, None));
    assert_eq!(said(&pong), (Some(Opcode::Pong), 1, None));
    assert_eq!(said(&close), (Some(Opcode::Close), 5, Some(4001)));
    assert_eq!(said(&empty_close), (Some(Opcode::Close), 0, None));
}

#[cfg(feature = "axum")]
#[test]
fn those_of_axum() {
    use axum::extract::ws::{CloseFrame, Message};
    let close = CloseFrame { code: 4001, reason: "bye".into() };
    assert_kinds([
        Message::text("abc"),
        Message::binary(vec![1, 2, 3]),
        Message::Ping("p".into()),
        Message::Pong("p".into()),
        Message::Close(Some(close)),
        Message::Close(None),
    ]);
}

#[cfg(feature = "warp")]
#[test]
fn those_of_warp() {
    use warp::ws::Message;
    assert_kinds([
        Message::text("abc"),
        Message::binary(vec![1, 2, 3]),
        Message::ping("p"),
        Message::pong("p"),
        Message::close_with(4001_u16, "bye"),
        Message::close(),
    ]);
}

#[cfg(feature = "tungstenite")]
#[test]
fn those_of_tungstenite() {
    use tungstenite::Message;
    use tungstenite::protocol::CloseFrame;
    use tungstenite::protocol::frame::{Frame, coding};
    let close = CloseFrame { code: 4001.into(), reason: "bye".into() };
    assert_kinds([
        Message::text("abc"),
        Message::binary(vec![1, 2, 3]),
        Message::Ping("p".into()),
        Message::Pong("p".into()),
        Message::Close(Some(close)),
        Message::Close(None),
    ]);
    let part = Frame::message("part", coding::OpCode::Data(coding::Data::Continue), false);
    assert_eq!(Message::Frame(part).opcode(), None, "no whole message");
}

#[cfg(feature = "tungstenite-029")]
#[test]
fn those_of_tungstenite_029() {
    use tungstenite_029::Message;
    use tungstenite_029::protocol::CloseFrame;
    let close = CloseFrame { code: 4001.into(), reason: "bye".into() };
    assert_kinds([
        Message::text("abc"),
        Message::binary(vec![1, 2, 3]),
        Message::Ping("p".into()),
        Message::Pong("p".into()),
        Message::Close(Some(close)),
        Message::Close(None),
    ]);
}
