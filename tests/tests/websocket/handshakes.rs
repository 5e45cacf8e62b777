//! How a connection begins, and what HTTP metrics say of that.

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tickmark_tests::recorded::{self, Recorded};
use tickmark_tests::wire;
use tokio::net::TcpListener;

use crate::client::{CLOSE, Client, TEXT, close};
use crate::hosts::{self, ECHO, Host};

#[tokio::test]
async fn extensions_are_not_agreed_on_so_bytes_are_those_of_the_payload() {
    for host in Host::each() {
        let server = host.serve().await;
        let offer = "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
        let mut client = Client::ask(server.addr, ECHO, offer).await;
        assert!(!client.head.contains("sec-websocket-extensions"), "{host:?}: {}", client.head);
        client.send(TEXT, &[b'x'; 1_000]).await;
        assert_eq!(client.receive().await.1.len(), 1_000, "{host:?}");
        client.send(CLOSE, &close(1000, "")).await;
        client.drain().await;
        server.assert_ended(host, &client.traffic, "1000", "client").await;
    }
}

#[tokio::test]
async fn who_asks_for_no_connection_has_an_ordinary_answer() {
    for host in Host::each() {
        let server = host.serve().await;
        let status = wire::Client(server.addr).get(ECHO).await.status;
        assert!((400..500).contains(&status), "{host:?}: {status}");
        let recorded = server.recorded();
        assert_eq!(recorded.sum("ws_connections_total", &["*"]), 0.0, "{host:?}");
        assert_eq!(recorded.sum("ws_handshakes_failed_total", &["*"]), 0.0, "{host:?}");
    }
}

#[tokio::test]
async fn the_request_ends_with_its_head_and_the_connection_is_in_no_latency() {
    for host in Host::each().filter(|host| host.has_http_metrics()) {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, b"hello").await;
        _ = client.receive().await;
        let assert_request = || {
            let recorded = server.recorded();
            assert_eq!(recorded.sum("http_requests_total", &["GET", ECHO, "101"]), 1.0, "{host:?}");
            assert_eq!(recorded.sum("http_request_duration_seconds_count", &["*", "*"]), 0.0, "{host:?}");
            assert_eq!(recorded.sum("http_requests_aborted_total", &["*", "*"]), 0.0, "{host:?}");
            assert_eq!(recorded.in_flight(), 0.0, "{host:?}");
        };
        assert_request();
        drop(client);
        server.reaches(0).await;
        assert_request();
    }
}

/// A server that promises, and does not hand over the connection.
#[tokio::test]
async fn a_promise_that_is_not_kept_is_a_failed_handshake() {
    let (registry, router) = hosts::axum_router();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Without `with_upgrades`.
        _ = http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
    }));
    let mut client = Client::connect(addr, ECHO).await;
    client.drain().await;
    recorded::until(|| Recorded::of(&registry), |recorded| recorded.sum("ws_handshakes_failed_total", &[ECHO]) == 1.0)
        .await;
    assert_eq!(Recorded::of(&registry).sum("ws_connections_total", &["*"]), 0.0);
}
