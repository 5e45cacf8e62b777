//! Outcomes of a handshake: a socket at the path of its route, or none.

use tickmark_tests::recorded;

use crate::client::{Socket, handshake};
use crate::hosts::Host;
use crate::message::Message;
use crate::service::ECHO;

#[tokio::test]
async fn path_is_the_template_of_the_route() {
    let routes = [
        ("/api/rooms/1", "/api/rooms/{room}"),
        ("/api/rooms/2", "/api/rooms/{room}"),
        ("/.env", "unmatched"),
        ("/api/nowhere?room=1", "unmatched"),
    ];
    for host in Host::each().filter(|host| host.knows_routes()) {
        let server = host.serve().await;
        for (asked, path) in routes {
            let mut socket =
                Socket::open(server.client, asked, "", path, server.tally.clone()).await;
            socket.round_trip(asked).await;
        }
        assert_eq!(
            server.settled().await,
            ["/api/rooms/{room}: 1006 by none x 2", "unmatched: 1006 by none x 2"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn connection_over_the_path_limit_is_counted() {
    for host in Host::each().filter(|host| host.knows_routes()) {
        let server = host.serve_with_max_paths(1).await;
        let paths = [
            (ECHO, ECHO),
            ("/api/rooms/1", "_overflow"),
            ("/.env", "unmatched"),
            ("/api/rooms/1", "_overflow"),
        ];
        for (asked, path) in paths {
            let mut socket =
                Socket::open(server.client, asked, "", path, server.tally.clone()).await;
            socket.round_trip(asked).await;
        }
        let page = server.recorded();
        assert_eq!(page.sum("ws_paths_overflow_total", &[]), 2.0, "{host:?}");
        for (path, connections) in [(ECHO, 1.0), ("unmatched", 1.0), ("_overflow", 2.0)] {
            assert_eq!(page.sum("ws_connections_total", &[path]), connections, "{host:?} {path}");
        }
    }
}

#[tokio::test]
async fn protocol_is_that_of_the_upgrade() {
    for host in Host::each().filter(|host| host.knows_routes()) {
        let server = host.serve().await;
        let offer = "sec-websocket-protocol: soap, chat\r\n";
        let mut socket = Socket::open(server.client, ECHO, offer, ECHO, server.tally.clone()).await;
        assert_eq!(socket.next().await, Some(Message::text("chat")), "{host:?}");
        drop(socket);
        server.assert_closed("1006 by none").await;
    }
}

#[tokio::test]
async fn unopened_upgrade_is_a_failed_handshake() {
    for host in Host::each() {
        let server = host.serve_without_upgrades().await;
        let answer = server.client.send(handshake(ECHO, "")).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{host:?}: {answer}");
        if host.reports_failed_handshakes() {
            recorded::becomes(&server.registry, "the failure", |page| {
                page.sum("ws_handshakes_failed_total", &["*"]) > 0.0
            })
            .await;
            assert_eq!(
                server.moved(),
                [format!("ws_handshakes_failed_total {ECHO} 1")],
                "{host:?}"
            );
        } else {
            assert_eq!(server.moved(), [""; 0], "{host:?}");
        }
        assert_eq!(
            recorded::settled(&server.registry).await,
            [format!("GET {ECHO}: 101 x 1, timed 0, request 1 of 0, response 1 of 0")],
            "{host:?}"
        );
    }
}
