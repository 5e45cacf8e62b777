//! Who closed, and why.

use crate::client::{CLOSE, TEXT, close};
use crate::hosts::Host;

#[tokio::test]
async fn a_close_of_the_client_has_its_code() {
    for host in Host::each() {
        let codes = [(1000, "1000"), (1001, "1001"), (1011, "1011"), (3000, "3xxx"), (4001, "4xxx"), (4999, "4xxx")];
        for (code, label) in codes {
            let server = host.serve().await;
            let mut client = server.connect().await;
            client.send(TEXT, b"hello").await;
            _ = client.receive().await;
            client.send(CLOSE, &close(code, "a reason")).await;
            client.drain().await;
            server.assert_ended(host, &client.traffic, label, "client").await;
        }
    }
}

#[tokio::test]
async fn a_close_without_a_body_is_1005() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(CLOSE, b"").await;
        client.drain().await;
        server.assert_ended(host, &client.traffic, "1005", "client").await;
    }
}

#[tokio::test]
async fn a_close_of_the_server_has_its_code_and_the_answer_changes_nothing() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, b"close 1008").await;
        assert_eq!(client.receive().await, (CLOSE, close(1008, "bye")), "{host:?}");
        client.send(CLOSE, &close(1000, "")).await;
        client.drain().await;
        server.assert_ended(host, &client.traffic, "1008", "server").await;
    }
}

#[tokio::test]
async fn a_close_of_the_server_that_nobody_answers_is_the_servers() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, b"close 4000").await;
        assert_eq!(client.receive().await, (CLOSE, close(4000, "bye")), "{host:?}");
        let traffic = client.traffic.clone();
        drop(client);
        server.assert_ended(host, &traffic, "4xxx", "server").await;
    }
}

#[tokio::test]
async fn a_connection_that_breaks_has_no_close() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, b"hello").await;
        _ = client.receive().await;
        let traffic = client.traffic.clone();
        drop(client);
        server.assert_ended(host, &traffic, "1006", "none").await;
    }
}

#[tokio::test]
async fn a_handler_that_panics_or_returns_has_no_close() {
    for host in Host::each() {
        for command in [&b"panic"[..], b"return"] {
            let server = host.serve().await;
            let mut client = server.connect().await;
            client.send(TEXT, command).await;
            client.drain().await;
            server.assert_ended(host, &client.traffic, "1006", "none").await;
        }
    }
}
