//! Valid messages.

use crate::client::Socket;
use crate::hosts::Host;
use crate::message::Message;
use crate::service::{ECHO, MOST_BYTES};

#[tokio::test]
async fn messages_count_by_kind_and_direction() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.round_trip("grüße").await;
        socket.round_trip("").await;
        // The lengths at which the frame head grows, and the largest.
        for length in [0, 125, 126, 65_535, 65_536, MOST_BYTES] {
            let message = Message::Binary(vec![7; length]);
            socket.send(message.clone()).await;
            assert_eq!(socket.next().await, Some(message), "{host:?}");
        }
        assert_eq!(server.active(), 1.0, "{host:?}");
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1000 by client").await;
    }
}

#[tokio::test]
async fn received_fragments_count_as_one_message() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        // The second piece begins within a character.
        let text = Message::text("ünïcödé in pieces");
        socket.send_in_pieces(text.clone(), 4).await;
        while socket.next().await.unwrap() != text {}
        let binary = Message::Binary((0..=255).collect());
        socket.send_in_pieces(binary.clone(), 100).await;
        while socket.next().await.unwrap() != binary {}
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1000 by client").await;
    }
}

#[tokio::test]
async fn sent_fragments_count_as_one_message() {
    for host in Host::each().filter(|host| host.sends_pieces()) {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        for _ in 0..2 {
            socket.text("pieces").await;
            assert_eq!(
                socket.next().await,
                Some(Message::Ping(b"in between".to_vec())),
                "{host:?}"
            );
            assert_eq!(socket.next().await, Some(Message::text("in three pieces")), "{host:?}");
        }
        drop(socket);
        server.assert_closed("1006 by none").await;
    }
}

#[tokio::test]
async fn library_pongs_are_not_counted() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        for ping in ["", "are you there"] {
            let ping = ping.as_bytes().to_vec();
            socket.send(Message::Ping(ping.clone())).await;
            assert_eq!(socket.next().await, Some(Message::Pong(ping)), "{host:?}");
        }
        // An unsolicited pong gets no reply.
        socket.send(Message::Pong(b"by the way".to_vec())).await;
        socket.text("pong").await;
        assert_eq!(socket.next().await, Some(Message::Pong(b"unsolicited".to_vec())), "{host:?}");

        socket.text("ping").await;
        let Some(Message::Ping(ping)) = socket.next().await else { panic!("{host:?}: no ping") };
        socket.send(Message::Pong(ping)).await;
        socket.round_trip("after the pong").await;
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1000 by client").await;
    }
}

#[tokio::test]
async fn bytes_on_the_wire_are_not_compressed() {
    for host in Host::each() {
        let server = host.serve().await;
        let offer = "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
        // Opening it fails if the response has an extension.
        let mut socket = Socket::open(server.client, ECHO, offer, ECHO, server.tally.clone()).await;
        socket.round_trip(&"compressible ".repeat(1_000)).await;
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1000 by client").await;
    }
}

#[tokio::test]
async fn paths_and_connections_add_up() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sockets =
            vec![server.connect().await, server.connect().await, server.connect().await];
        for (number, socket) in sockets.iter_mut().enumerate() {
            socket.round_trip(&"x".repeat(number)).await;
        }
        assert_eq!(server.active(), 3.0, "{host:?}");
        for (code, mut socket) in [4001, 1000, 4999].into_iter().zip(sockets) {
            socket.send(Message::close(code)).await;
            socket.ends().await;
        }
        assert_eq!(
            server.settled().await,
            [format!("{ECHO}: 1000 by client x 1"), format!("{ECHO}: 4xxx by client x 2")],
            "{host:?}"
        );
    }
}
