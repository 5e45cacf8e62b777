//! Frames of fastwebsockets that are sent in fragments, to a peer in memory.
#![cfg(feature = "fastwebsockets")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

mod support;

use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};
use support::lines;
use tickmark::Registry;
use tickmark_ws::WsMetrics;

fn frame(fin: bool, opcode: OpCode, payload: &'static [u8]) -> Frame<'static> {
    Frame::new(fin, opcode, None, Payload::Borrowed(payload))
}

#[tokio::test]
async fn a_message_sent_in_fragments_is_counted_once_with_its_whole_length() {
    let registry = Registry::new();
    let metrics = WsMetrics::builder().build(&registry).unwrap();
    let (here, there) = tokio::io::duplex(1_000);
    let mut frames = metrics.frames("/a", FragmentCollector::new(WebSocket::after_handshake(here, Role::Server)));
    let mut peer = FragmentCollector::new(WebSocket::after_handshake(there, Role::Client));
    let sent = |name: &str| lines(&registry, name).into_iter().find(|line| line.contains(r#"sent",opcode="text""#));
    for (fin, opcode, payload) in [(false, OpCode::Text, &b"ab"[..]), (false, OpCode::Continuation, b"c")] {
        frames.write_frame(frame(fin, opcode, payload)).await.unwrap();
        assert!(sent("ws_messages_total").unwrap().ends_with(" 0"), "not before its end");
    }
    frames.write_frame(frame(true, OpCode::Ping, b"p")).await.unwrap();
    frames.write_frame(frame(true, OpCode::Continuation, b"de")).await.unwrap();
    assert!(sent("ws_messages_total").unwrap().ends_with(" 1"));
    assert!(sent("ws_message_bytes_total").unwrap().ends_with(" 5"));
    assert_eq!(&*peer.read_frame().await.unwrap().payload, b"abcde");
}
