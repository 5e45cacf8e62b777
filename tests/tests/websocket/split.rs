//! Sockets in two halves, each with a task of its own.

use crate::hosts::{Host, Server};
use crate::message::Message;
use crate::service::SPLIT;

impl Server {
    /// Waits for the drop of a half.
    async fn loses_a_half(&self) {
        self.halves.dropped.acquire().await.unwrap().forget();
    }

    /// Ends the writing half once there is nothing to write.
    fn lets_the_writer_go(&self) {
        self.halves.gate.add_permits(1);
    }
}

fn hosts() -> impl Iterator<Item = Host> {
    Host::each().filter(|host| host.is_stream_and_sink())
}

#[tokio::test]
async fn connection_stays_active_until_writer_drops() {
    for host in hosts() {
        let server = host.serve().await;
        let mut socket = server.connect_to(SPLIT).await;
        socket.round_trip("hello").await;
        socket.text("drop reader").await;
        server.loses_a_half().await;
        assert_eq!(server.active(), 1.0, "{host:?}");
        server.lets_the_writer_go();
        socket.ends().await;
        server.loses_a_half().await;
        assert_eq!(server.active(), 0.0, "{host:?}");
        assert_eq!(server.settled().await, [format!("{SPLIT}: 1006 by none x 1")], "{host:?}");
    }
}

#[tokio::test]
async fn connection_stays_active_until_reader_drops() {
    for host in hosts() {
        let server = host.serve().await;
        let mut socket = server.connect_to(SPLIT).await;
        socket.round_trip("hello").await;
        socket.text("drop writer").await;
        server.loses_a_half().await;
        assert_eq!(server.active(), 1.0, "{host:?}");
        socket.text("into the void").await;
        drop(socket);
        server.loses_a_half().await;
        assert_eq!(server.settled().await, [format!("{SPLIT}: 1006 by none x 1")], "{host:?}");
    }
}

#[tokio::test]
async fn halves_count_like_a_whole_socket() {
    for host in hosts() {
        let server = host.serve().await;
        let mut socket = server.connect_to(SPLIT).await;
        for number in 0..10 {
            socket.send(Message::Binary(vec![number; number.into()])).await;
        }
        for number in 0..10 {
            assert_eq!(
                socket.next().await,
                Some(Message::Binary(vec![number; number.into()])),
                "{host:?}"
            );
        }
        socket.send(Message::close(4001)).await;
        server.loses_a_half().await;
        assert_eq!(server.active(), 1.0, "{host:?}: closed, and held");
        server.lets_the_writer_go();
        socket.ends().await;
        assert_eq!(server.settled().await, [format!("{SPLIT}: 4xxx by client x 1")], "{host:?}");
    }
}
