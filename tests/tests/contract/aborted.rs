//! Requests aborted by the client or the service.

use http::Method;
use http_body_util::BodyExt;
use tickmark_tests::wire::read_until;
use tokio::io::AsyncWriteExt;

use crate::client::{connect, get, request};
use crate::hosts::Host;

const CANCELLED: [&str; 2] =
    ["GET /waits: 499 x 1, timed 0, request 0 of 0, response 0 of 0", "/waits: cancelled x 1"];

#[tokio::test]
async fn client_gone_before_the_head_cancels() {
    for host in Host::each() {
        let server = host.serve().await;
        let stream = server.client.open(get("/waits")).await;
        server.reaches(1).await;
        drop(stream);
        assert_eq!(server.settled().await, CANCELLED, "{host:?}");
    }
}

#[tokio::test]
async fn half_closed_connection_cancels() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut stream = server.client.open(get("/waits")).await;
        server.reaches(1).await;
        stream.shutdown().await.unwrap();
        assert_eq!(server.settled().await, CANCELLED, "{host:?}");
    }
}

#[tokio::test]
async fn endless_stream_counts_at_head_until_dropped() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut stream = server.client.open(get("/events")).await;
        read_until(&mut stream, "12345").await;
        assert_eq!(
            server.recorded().summary(),
            ["GET /events: 200 x 1, timed 1, request 1 of 0, response 0 of 0"],
            "{host:?}: counted and timed at the head"
        );
        assert_eq!(server.recorded().in_flight(), 1.0, "{host:?}");
        drop(stream);
        assert_eq!(
            server.settled().await,
            [
                "GET /events: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
                "/events: body_dropped x 1"
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn body_short_of_its_length_is_aborted() {
    for host in Host::each() {
        let server = host.serve().await;
        for (path, sent) in [("/short", "123"), ("/short-of-all", "")] {
            let answer = server.client.get(path).await;
            assert_eq!(
                (answer.header("content-length"), answer.body.as_str()),
                (Some("5"), sent),
                "{host:?}"
            );
        }
        assert_eq!(
            server.settled().await,
            [
                "GET /short: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
                "GET /short-of-all: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
                "/short: body_short x 1",
                "/short-of-all: body_short x 1",
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn http2_body_short_of_length_is_aborted() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        for path in ["/short", "/short-of-all"] {
            let response = sender.send_request(request(Method::GET, path)).await.unwrap();
            assert_eq!(response.headers()["content-length"], "5", "{host:?} {path}");
            assert!(
                response.into_body().collect().await.is_err(),
                "{host:?} {path}: taken as complete"
            );
        }
        // The head ends the stream and declares 5 bytes.
        _ = sender.send_request(request(Method::GET, "/declared-empty")).await.unwrap_err();
        assert_eq!(
            server.settled().await,
            [
                "GET /declared-empty: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
                "GET /short: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
                "GET /short-of-all: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
                "/declared-empty: body_short x 1",
                "/short: body_short x 1",
                "/short-of-all: body_short x 1",
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn failing_body_keeps_its_status() {
    for host in Host::each() {
        let server = host.serve().await;
        for path in ["/broken", "/bursts"] {
            let answer = server.client.get(path).await;
            assert_eq!(answer.status, 200, "{host:?} {path}");
            assert!(!answer.body.ends_with("0\r\n\r\n"), "{host:?} {path}: {answer:?}");
        }
        assert_eq!(
            server.settled().await,
            [
                "GET /broken: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
                "GET /bursts: 200 x 1, timed 1, request 1 of 0, response 1 of 3",
                "/broken: body_error x 1",
                "/bursts: body_panic x 1",
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn failing_service_is_a_500() {
    for host in Host::each().filter(|host| host.may_fail()) {
        let server = host.serve().await;
        assert_eq!(
            server.client.get("/fails").await.status,
            0,
            "{host:?}: the connection is closed"
        );
        assert_eq!(
            server.settled().await,
            ["GET /fails: 500 x 1, timed 0, request 0 of 0, response 0 of 0", "/fails: error x 1"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn reset_stream_leaves_the_connection_open() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        let mut response = sender.send_request(request(Method::GET, "/events")).await.unwrap();
        let frame = response.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "12345", "{host:?}");
        assert_eq!(server.recorded().in_flight(), 1.0, "{host:?}");
        // hyper's client resets the stream.
        drop(response);
        server.reaches(0).await;
        let response = sender.send_request(request(Method::GET, "/full")).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "12345", "{host:?}");
        assert_eq!(
            server.settled().await,
            [
                "GET /events: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
                "GET /full: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
                "/events: body_dropped x 1",
            ],
            "{host:?}"
        );
    }
}

/// Streams open at once on a connection, within the limit of hyper's server.
const STREAMS: u32 = 200;
const CONNECTIONS: usize = 5;
const ROUNDS: u32 = 50;

#[tokio::test]
async fn cancelled_requests_leave_nothing_in_flight() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut senders = vec![];
        for _ in 0..CONNECTIONS {
            senders.push(connect(server.client).await);
        }
        for _ in 0..ROUNDS {
            let send = |sender: &mut hyper::client::conn::http2::SendRequest<_>| {
                (0..STREAMS)
                    .map(|_| sender.send_request(request(Method::GET, "/waits")))
                    .collect::<Vec<_>>()
            };
            let waiting: Vec<_> = senders.iter_mut().flat_map(send).collect();
            server.reaches(1_000).await;
            // hyper's client resets the streams.
            drop(waiting);
            server.reaches(0).await;
        }
        assert_eq!(
            server.settled().await,
            [
                "GET /waits: 499 x 50000, timed 0, request 0 of 0, response 0 of 0",
                "/waits: cancelled x 50000"
            ],
            "{host:?}"
        );
    }
}
