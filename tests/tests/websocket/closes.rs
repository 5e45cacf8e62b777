//! Connections that end with a close: its initiator, and its code.

use crate::hosts::Host;
use crate::message::Message;

#[tokio::test]
async fn close_of_the_client_has_its_code() {
    let closes = [
        (Message::Close(Some((4001, "had enough".to_owned()))), "4xxx by client"),
        (Message::close(1000), "1000 by client"),
        (Message::close(1001), "1001 by client"),
        (Message::close(3000), "3xxx by client"),
        (Message::Close(None), "1005 by client"),
    ];
    for host in Host::each() {
        for (close, how) in &closes {
            let server = host.serve().await;
            let mut socket = server.connect().await;
            socket.send(close.clone()).await;
            assert_eq!(socket.next().await, Some(close.clone()), "{host:?}: the reply");
            assert_eq!(socket.next().await, None, "{host:?}");
            server.assert_closed(how).await;
        }
    }
}

#[tokio::test]
async fn echo_of_server_close_changes_nothing() {
    let closes = [
        ("close 1008", Message::Close(Some((1008, "as asked".to_owned()))), "1008 by server"),
        ("close 4000", Message::Close(Some((4000, "as asked".to_owned()))), "4xxx by server"),
        ("close", Message::Close(None), "1005 by server"),
    ];
    for host in Host::each() {
        for (ask, close, how) in &closes {
            let server = host.serve().await;
            let mut socket = server.connect().await;
            socket.text(*ask).await;
            assert_eq!(socket.next().await, Some(close.clone()), "{host:?}");
            // The client may reply with another code: the first one counts.
            socket.send(Message::close(4444)).await;
            socket.ends().await;
            server.assert_closed(how).await;
        }
    }
}

#[tokio::test]
async fn server_close_counts_without_an_echo() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.text("close 1012").await;
        assert_eq!(
            socket.next().await,
            Some(Message::Close(Some((1012, "as asked".to_owned())))),
            "{host:?}"
        );
        drop(socket);
        server.assert_closed("1012 by server").await;
    }
}

#[tokio::test]
async fn messages_refused_after_close_are_not_counted() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.text("farewell").await;
        assert_eq!(socket.next().await, Some(Message::close(1001)), "{host:?}");
        socket.send(Message::close(1001)).await;
        socket.ends().await;
        server.assert_closed("1001 by server").await;
    }
}

#[tokio::test]
async fn closing_the_sink_is_a_server_close() {
    for host in Host::each().filter(|host| host.is_stream_and_sink()) {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.text("finish").await;
        assert_eq!(socket.next().await, Some(Message::Close(None)), "{host:?}");
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1005 by server").await;
    }
}

#[tokio::test]
async fn reserved_close_code_is_reported_by_library() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        let shown = Message::Close(Some((1002, "Protocol violation".to_owned())));
        socket.send_forbidden_close(1006, host.shows_forbidden_closes().then_some(shown)).await;
        socket.ends().await;
        server
            .assert_closed(if host.shows_forbidden_closes() {
                "1002 by client"
            } else {
                "1006 by none"
            })
            .await;
    }
}
