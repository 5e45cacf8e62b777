//! The loops of examples and documentation, run over real sockets: each answers the
//! client's close.

pub(crate) mod axum;
pub(crate) mod fastwebsockets;
pub(crate) mod stream;

use crate::hosts::Host;
use crate::message::Message;
use crate::service::TAUGHT;

#[tokio::test]
async fn documented_loop_answers_a_close() {
    let closes = [
        (Message::Close(Some((4001, "had enough".to_owned()))), "4xxx by client"),
        (Message::close(1000), "1000 by client"),
        (Message::close(1001), "1001 by client"),
        (Message::Close(None), "1005 by client"),
    ];
    for host in Host::each() {
        for (close, how) in &closes {
            let server = host.serve().await;
            let mut socket = server.connect_to(TAUGHT).await;
            socket.round_trip("hello").await;
            socket.send(close.clone()).await;
            assert_eq!(socket.next().await, Some(close.clone()), "{host:?}: the reply");
            assert_eq!(socket.next().await, None, "{host:?}");
            assert_eq!(server.settled().await, [format!("{TAUGHT}: {how} x 1")], "{host:?}");
        }
    }
}

#[tokio::test]
async fn documented_loop_echoes_only_data() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect_to(TAUGHT).await;
        for message in [Message::text("ü"), Message::Binary(vec![0, 255]), Message::text("")] {
            socket.send(Message::Pong(vec![1])).await;
            socket.send(Message::Ping(vec![2])).await;
            assert_eq!(socket.next().await, Some(Message::Pong(vec![2])), "{host:?}");
            socket.send(message.clone()).await;
            assert_eq!(socket.next().await, Some(message), "{host:?}");
        }
        drop(socket);
        assert_eq!(server.settled().await, [format!("{TAUGHT}: 1006 by none x 1")], "{host:?}");
    }
}

/// The function `echo` of a file, without documentation marks.
fn echo_in(source: &'static str) -> String {
    let plain = |line: &'static str| match line.trim_start().strip_prefix("///") {
        Some(doc) => doc.strip_prefix(' ').unwrap_or(doc),
        None => line.strip_prefix("pub(crate) ").unwrap_or(line),
    };
    let lines = source.lines().map(plain).skip_while(|line| !line.starts_with("async fn echo"));
    let function: Vec<_> = lines.take_while(|line| *line != "}").collect();
    assert!(function.len() > 3, "{function:?}");
    function.join("\n")
}

#[test]
fn documented_loops_are_those_tested() {
    let axum = echo_in(include_str!("axum.rs"));
    assert_eq!(echo_in(include_str!("../../../../adapters/ws/src/libraries/axum.rs")), axum);
    assert_eq!(echo_in(include_str!("../../../../adapters/ws/examples/echo.rs")), axum);
    assert_eq!(echo_in(include_str!("../../../../adapters/ws/README.md")), axum);
    let stream = echo_in(include_str!("stream.rs"));
    assert_eq!(echo_in(include_str!("../../../../adapters/ws/src/socket.rs")), stream);
    let frames = include_str!("../../../../adapters/ws/src/libraries/fastwebsockets.rs");
    assert_eq!(echo_in(frames), echo_in(include_str!("fastwebsockets.rs")));
}
