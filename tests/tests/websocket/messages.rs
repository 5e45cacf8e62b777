//! What goes through a connection.

use crate::client::{BINARY, CLOSE, Client, PING, PONG, TEXT, close};
use crate::echo::FLOOD;
use crate::hosts::{Host, Server};

/// The client ends the conversation, and everything is as it counted.
async fn assert_counted(host: Host, server: &Server, mut client: Client) {
    client.send(CLOSE, &close(1000, "bye")).await;
    client.drain().await;
    server.assert_ended(host, &client.traffic, "1000", "client").await;
}

#[tokio::test]
async fn text_and_data_are_counted_both_ways() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        // At the limits of the three ways to write a length.
        for length in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            for (opcode, byte) in [(TEXT, b'x'), (BINARY, 0xff)] {
                client.send(opcode, &vec![byte; length]).await;
                assert_eq!(client.receive().await, (opcode, vec![byte; length]), "{host:?}");
            }
        }
        assert_counted(host, &server, client).await;
    }
}

#[tokio::test]
async fn a_message_in_fragments_is_one_message() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send_in_fragments(TEXT, &[b"one ", b"", b"mess", b"age"]).await;
        assert_eq!(client.receive().await, (TEXT, b"one message".into()), "{host:?}");
        assert_counted(host, &server, client).await;
    }
}

#[tokio::test]
async fn a_ping_within_a_message_is_a_message_of_its_own() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.write(BINARY, b"1234").await;
        client.write(0x80 | PING, b"p").await;
        client.write(0x80, b"56").await;
        // The pong is the library's.
        assert_eq!(client.read().await, Some((PONG, b"p".into())), "{host:?}");
        assert_eq!(client.receive().await, (BINARY, b"123456".into()), "{host:?}");
        _ = client.traffic.insert(("received", "binary"), (1, 6));
        if host.sees_pings() {
            _ = client.traffic.insert(("received", "ping"), (1, 1));
        }
        assert_counted(host, &server, client).await;
    }
}

#[tokio::test]
async fn pings_and_pongs_are_counted_where_the_handler_sees_them() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.write(0x80 | PING, b"1234").await;
        assert_eq!(client.read().await, Some((PONG, b"1234".into())), "{host:?}");
        if host.sees_pings() {
            _ = client.traffic.insert(("received", "ping"), (1, 4));
        }
        client.send(PONG, b"unasked").await;
        client.send(TEXT, b"ping").await;
        assert_eq!(client.receive().await, (PING, b"hello".into()), "{host:?}");
        client.send(PONG, b"hello").await;
        client.send(TEXT, b"pong").await;
        assert_eq!(client.receive().await, (PONG, b"hello".into()), "{host:?}");
        assert_counted(host, &server, client).await;
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_what_is_counted() {
    const MESSAGES: usize = 1_000;
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, format!("flood {MESSAGES}").as_bytes()).await;
        // 10 MB are more than sockets hold: the server waits for the client.
        for _ in 0..MESSAGES {
            assert_eq!(client.receive().await, (BINARY, vec![7; FLOOD]), "{host:?}");
        }
        assert_counted(host, &server, client).await;
    }
}

#[tokio::test]
async fn what_was_not_taken_by_the_socket_is_not_counted() {
    const MESSAGES: usize = 10_000;
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, format!("flood {MESSAGES}").as_bytes()).await;
        let _first = client.receive().await;
        drop(client);
        server.reaches(0).await;
        let recorded = server.recorded();
        let sent = recorded.sum("ws_messages_total", &["*", "sent", "binary"]);
        // Of 100 MB, those that buffers had room for.
        assert!(sent >= 1.0 && sent < MESSAGES as f64, "{host:?}: {sent}");
        assert_eq!(recorded.sum("ws_message_bytes_total", &["*", "sent", "binary"]), sent * FLOOD as f64, "{host:?}");
    }
}
