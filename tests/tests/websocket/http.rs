//! The HTTP metrics of a WebSocket.

use tickmark_tests::recorded;

use crate::hosts::Host;
use crate::message::Message;
use crate::service::ECHO;

#[tokio::test]
async fn open_socket_is_a_completed_request() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut socket = server.connect().await;
        socket.round_trip("hello").await;
        let over = [format!("GET {ECHO}: 101 x 1, timed 0, request 1 of 0, response 1 of 0")];
        // While the socket is open; checks that nothing is in flight.
        assert_eq!(recorded::settled(&server.registry).await, over, "{host:?}");
        assert_eq!(server.active(), 1.0, "{host:?}");
        socket.send(Message::close(1000)).await;
        socket.ends().await;
        server.assert_closed("1000 by client").await;
        assert_eq!(
            recorded::settled(&server.registry).await,
            over,
            "{host:?}: its end is not a request"
        );
    }
}

#[tokio::test]
async fn ordinary_request_opens_no_connection() {
    for host in Host::each() {
        let server = host.serve().await;
        let status = server.client.get(ECHO).await.status;
        assert!((400..500).contains(&status), "{host:?}: {status}");
        let summary = recorded::settled(&server.registry).await;
        assert_eq!(summary.len(), 1, "{host:?}: {summary:?}");
        assert!(
            summary[0].starts_with(&format!("GET {ECHO}: {status} x 1, timed 1, ")),
            "{host:?}: {summary:?}"
        );
        assert_eq!(server.moved(), [""; 0], "{host:?}");
    }
}
