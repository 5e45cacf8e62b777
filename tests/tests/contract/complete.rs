//! Completed requests over HTTP/1.1.

use tickmark_tests::wire::read_until;
use tokio::io::AsyncWriteExt;

use crate::client::{get, last_get};
use crate::hosts::Host;

#[tokio::test]
async fn chunked_body_is_complete_at_its_end() {
    for host in Host::each() {
        let server = host.serve().await;
        let answer = server.client.get("/chunks").await;
        assert_eq!(answer.body, "3\r\n123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n", "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /chunks: 200 x 1, timed 1, request 1 of 0, response 1 of 9"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn head_response_completes_and_keeps_its_length() {
    for host in Host::each() {
        let server = host.serve().await;
        let full = server.client.request("HEAD", "/full").await;
        assert_eq!(
            (full.header("content-length"), full.body.as_str()),
            (Some("5"), ""),
            "{host:?}"
        );
        let chunks = server.client.request("HEAD", "/chunks").await;
        assert_eq!((chunks.header("content-length"), chunks.body.as_str()), (None, ""), "{host:?}");
        assert_eq!(server.client.request("HEAD", "/events").await.status, 200, "{host:?}");
        assert_eq!(
            server.settled().await,
            ["/chunks", "/events", "/full"].map(|path| format!(
                "HEAD {path}: 200 x 1, timed 1, request 1 of 0, response 1 of 0"
            )),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn bodiless_status_is_complete_at_the_head() {
    for host in Host::each() {
        let server = host.serve().await;
        for (path, status) in [("/no-content", 204), ("/not-modified", 304)] {
            let answer = server.client.get(path).await;
            assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{host:?}");
        }
        assert_eq!(
            server.settled().await,
            [("/no-content", 204), ("/not-modified", 304)].map(|(path, status)| format!(
                "GET {path}: {status} x 1, timed 1, request 1 of 0, response 1 of 0"
            )),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn interim_status_counts_as_sent_500() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(server.client.get("/early-hints").await.status, 500, "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /early-hints: 500 x 1, timed 1, request 1 of 0, response 1 of 0"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn declared_length_completes_at_last_byte() {
    for host in Host::each() {
        let server = host.serve().await;
        for path in ["/declared", "/declared-pending"] {
            let answer = server.client.get(path).await;
            assert_eq!(
                (answer.header("content-length"), answer.body.as_str()),
                (Some("5"), "12345"),
                "{host:?}"
            );
        }
        assert_eq!(
            server.settled().await,
            ["/declared", "/declared-pending"].map(|path| format!(
                "GET {path}: 200 x 1, timed 1, request 1 of 0, response 1 of 5"
            )),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn length_of_unsent_body_is_not_owed() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(
            server.client.request("HEAD", "/short").await.header("content-length"),
            Some("5"),
            "{host:?}"
        );
        // hyper corrects the head of a body that has ended.
        assert_eq!(
            server.client.get("/declared-empty").await.header("content-length"),
            Some("0"),
            "{host:?}"
        );
        assert_eq!(
            server.settled().await,
            [
                "GET /declared-empty: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
                "HEAD /short: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn body_beyond_its_length_counts_bytes_sent() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(
            server.client.get("/long").await.body,
            "12345",
            "{host:?}: the rest is not sent"
        );
        assert_eq!(
            server.settled().await,
            ["GET /long: 200 x 1, timed 1, request 1 of 0, response 1 of 5"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn requests_on_one_connection_count_each() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut stream = server.client.open(get("/full")).await;
        for _ in 0..2 {
            read_until(&mut stream, "12345").await;
            stream.write_all(get("/full").as_bytes()).await.unwrap();
        }
        read_until(&mut stream, "12345").await;
        assert_eq!(
            server.settled().await,
            ["GET /full: 200 x 3, timed 3, request 3 of 0, response 3 of 15"],
            "{host:?}: one by one"
        );
        let answers =
            server.client.send([get("/full"), get("/full"), last_get("/full")].concat()).await;
        assert_eq!(answers.matches("12345").count(), 3, "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /full: 200 x 6, timed 6, request 6 of 0, response 6 of 30"],
            "{host:?}: pipelined"
        );
    }
}
