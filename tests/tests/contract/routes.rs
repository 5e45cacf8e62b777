//! The label `path`.

use tickmark_tests::wire::read_until;

use crate::client::{get, last_get};
use crate::hosts::Host;

#[tokio::test]
async fn request_has_route_template_in_any_form() {
    for host in Host::each() {
        let server = host.serve().await;
        for path in ["/items/1", "/items/2?x=/b", "http://x/items/3"] {
            assert_eq!(server.client.get(path).await.body, "an item", "{host:?} {path}");
        }
        assert_eq!(
            server.settled().await,
            ["GET /items/{id}: 200 x 3, timed 3, request 3 of 0, response 3 of 21"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn wrong_method_has_the_route() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(server.client.request("DELETE", "/items/1").await.status, 405, "{host:?}");
        assert_eq!(server.client.get("/echo").await.status, 405, "{host:?}");
        assert_eq!(
            server.settled_without_sizes().await,
            [
                "DELETE /items/{id}: 405 x 1, timed 1, request 1 of 0",
                "GET /echo: 405 x 1, timed 1, request 1 of 0"
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn request_without_a_path_is_unmatched() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut tunnel = server.client.open("CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n").await;
        read_until(&mut tunnel, "HTTP/1.1 200 OK").await;
        assert_eq!(server.client.request("OPTIONS", "*").await.status, 404, "{host:?}");
        assert_eq!(server.client.get("/nothing").await.status, 404, "{host:?}");
        assert_eq!(
            server.settled_without_sizes().await,
            [
                "CONNECT unmatched: 200 x 1, timed 1, request 1 of 0",
                "GET unmatched: 404 x 1, timed 1, request 1 of 0",
                "OPTIONS unmatched: 404 x 1, timed 1, request 1 of 0",
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn path_of_any_bytes_has_its_route() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(server.client.get("/items/é").await.status, 200, "{host:?}");
        assert_eq!(server.client.get("/items/%ff%fe").await.status, 400, "{host:?}");
        assert_eq!(
            server.settled_without_sizes().await,
            ["GET /items/{id}: 200 x 1, 400 x 1, timed 2, request 2 of 0"],
            "{host:?}"
        );
    }
}

const PATHS: u32 = 10_000;
const METHODS: u32 = 1_000;
const CONNECTIONS: u32 = 4;

/// A connection's share of the scanner's requests, all at once.
fn scan(connection: u32) -> String {
    let mine = |number: &u32| number % CONNECTIONS == connection;
    let paths =
        (0..PATHS).filter(mine).map(|number| get(&format!("/wp-{:x}/{number}.php", number * 7919)));
    let methods = (0..METHODS)
        .filter(mine)
        .map(|number| format!("SCAN{number} /items/{number} HTTP/1.1\r\nhost: x\r\n\r\n"));
    paths.chain(methods).chain([last_get("/items/1")]).collect()
}

#[tokio::test]
async fn scanner_adds_only_two_label_sets() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(server.client.get("/items/1").await.status, 200, "{host:?}");
        let before = server.recorded().series_count("http_requests_total");
        let client = server.client;
        let connections =
            (0..CONNECTIONS).map(|connection| tokio::spawn(client.send(scan(connection))));
        let mut answers = 0;
        for connection in connections.collect::<Vec<_>>() {
            answers += connection.await.unwrap().matches("HTTP/1.1 ").count();
        }
        assert_eq!(answers, 11_004, "{host:?}");
        assert_eq!(
            server.settled_without_sizes().await,
            [
                "GET /items/{id}: 200 x 5, timed 5, request 5 of 0",
                "GET unmatched: 404 x 10000, timed 10000, request 10000 of 0",
                "_OTHER /items/{id}: 405 x 1000, timed 1000, request 1000 of 0",
            ],
            "{host:?}"
        );
        assert_eq!(server.recorded().series_count("http_requests_total"), before + 2, "{host:?}");
        assert_eq!(server.recorded().sum("metrics_routes_overflow_total", &[]), 0.0, "{host:?}");
    }
}
