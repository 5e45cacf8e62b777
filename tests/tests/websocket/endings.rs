//! Connections that end without a close.

use tickmark_tests::recorded;

use crate::hosts::Host;
use crate::service::ECHO;

#[tokio::test]
async fn broken_connection_is_a_1006_of_none() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.round_trip("hello").await;
        assert_eq!(server.active(), 1.0, "{host:?}");
        drop(socket);
        server.assert_closed("1006 by none").await;
    }
}

#[tokio::test]
async fn message_cut_by_disconnect_is_not_counted() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        let frame = crate::frame::masked(true, 1, b"cut short");
        socket.write(&frame[..frame.len() - 3]).await;
        drop(socket);
        server.assert_closed("1006 by none").await;
    }
}

#[tokio::test]
async fn handler_return_or_panic_is_a_1006() {
    for host in Host::each() {
        for end in ["return", "panic"] {
            let server = host.serve().await;
            let mut socket = server.connect().await;
            socket.round_trip("hello").await;
            socket.text(end).await;
            assert_eq!(socket.next().await, None, "{host:?} {end}");
            server.assert_closed("1006 by none").await;
        }
    }
}

#[tokio::test]
async fn sink_closed_after_disconnect_is_a_1006() {
    for host in Host::each().filter(|host| host.is_stream_and_sink()) {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.text("finish at the end").await;
        drop(socket);
        server.assert_closed("1006 by none").await;
    }
}

#[tokio::test]
async fn runtime_shutdown_ends_open_connections() {
    for host in Host::each() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.spawn(async move { host.serve().await }).await.unwrap();
        let mut reading = server.connect().await;
        reading.round_trip("hello").await;
        let mut holding = server.connect().await;
        holding.text("hold").await;
        recorded::becomes(&server.registry, "the text that holds", |page| {
            page.sum("ws_messages_total", &[ECHO, "received", "text"]) == 2.0
        })
        .await;
        assert_eq!(server.active(), 2.0, "{host:?}");
        runtime.shutdown_background();
        assert_eq!(server.settled().await, [format!("{ECHO}: 1006 by none x 2")], "{host:?}");
    }
}
