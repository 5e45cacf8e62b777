//! A client that does not read what the server sends.

use tickmark_tests::recorded;

use crate::hosts::{Host, Server};
use crate::message::Message;
use crate::service::{ECHO, FLOOD_BYTES};

/// More than Linux buffers for a client that does not read: at most 4 MB at the sender
/// and 6 MB at the reader.
const COUNT: u32 = 2_000;

fn sent(server: &Server) -> f64 {
    server.recorded().sum("ws_messages_total", &[ECHO, "sent", "binary"])
}

/// Waits until the flood has begun.
async fn begins(server: &Server) {
    recorded::becomes(&server.registry, "the flood", |page| {
        page.sum("ws_messages_total", &[ECHO, "sent", "binary"]) > 0.0
    })
    .await;
}

#[tokio::test]
async fn buffered_messages_are_not_counted_before_accepted() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.text(format!("flood {COUNT}")).await;
        begins(&server).await;
        assert!(
            sent(&server) < COUNT.into(),
            "{host:?}: the flood ended although the client does not read"
        );
        for read in 1..=COUNT {
            assert_eq!(
                socket.next().await,
                Some(Message::Binary(vec![0; FLOOD_BYTES])),
                "{host:?}"
            );
            // A message waiting in the library is counted. One counted on write may be
            // read before that.
            assert!(sent(&server) >= f64::from(read - 1), "{host:?}");
        }
        socket.round_trip("dry again").await;
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1000 by client").await;
    }
}

#[tokio::test]
async fn client_leaving_a_flood_ends_it() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.text(format!("flood {COUNT}")).await;
        assert_eq!(socket.next().await, Some(Message::Binary(vec![0; FLOOD_BYTES])), "{host:?}");
        drop(socket);
        recorded::becomes(&server.registry, "the end", |page| {
            page.sum("ws_closed_total", &[ECHO, "1006", "none"]) == 1.0
                && page.sum("ws_connections_active", &[ECHO]) == 0.0
        })
        .await;
        assert!((1.0..COUNT.into()).contains(&sent(&server)), "{host:?}: {}", sent(&server));
    }
}
