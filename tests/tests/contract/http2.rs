//! Completed requests over HTTP/2.

use http::Method;
use http_body_util::BodyExt;

use crate::client::{connect, request};
use crate::hosts::Host;

#[tokio::test]
async fn body_with_trailers_is_complete() {
    for host in Host::each().filter(|host| host.sends_trailers()) {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        let response = sender.send_request(request(Method::GET, "/trailers")).await.unwrap();
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["x-end"], "yes", "{host:?}");
        assert_eq!(body.to_bytes(), "1234567", "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /trailers: 200 x 1, timed 1, request 1 of 0, response 1 of 7"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn whole_and_streamed_bodies_are_complete() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        for (path, text) in [("/full", "12345"), ("/chunks", "123456789")] {
            let response = sender.send_request(request(Method::GET, path)).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), text, "{host:?}");
        }
        assert_eq!(
            server.settled().await,
            [
                "GET /chunks: 200 x 1, timed 1, request 1 of 0, response 1 of 9",
                "GET /full: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
            ],
            "{host:?}"
        );
    }
}

/// hyper sends it unchanged, which ends a stream without a response. For the client the
/// request failed.
#[tokio::test]
async fn interim_status_counts_as_a_500() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        let answer = sender.send_request(request(Method::GET, "/early-hints")).await;
        assert!(answer.is_err(), "{host:?}: {answer:?}");
        assert_eq!(
            server.settled().await,
            ["GET /early-hints: 500 x 1, timed 1, request 1 of 0, response 1 of 0"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn head_response_completes_and_keeps_its_length() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        for (path, length) in [("/full", Some("5")), ("/chunks", None), ("/events", None)] {
            let response = sender.send_request(request(Method::HEAD, path)).await.unwrap();
            let header =
                response.headers().get("content-length").map(|length| length.to_str().unwrap());
            assert_eq!((response.status().as_u16(), header), (200, length), "{host:?} {path}");
            if host.empties_heads_in_http2() {
                assert_eq!(
                    response.into_body().collect().await.unwrap().to_bytes(),
                    "",
                    "{host:?} {path}"
                );
            }
        }
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
async fn body_beyond_its_length_counts_bytes_sent() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        let response = sender.send_request(request(Method::GET, "/long")).await.unwrap();
        assert!(
            response.into_body().collect().await.is_err(),
            "{host:?}: more than its head declares"
        );
        assert_eq!(
            server.settled().await,
            ["GET /long: 200 x 1, timed 1, request 1 of 0, response 1 of 9"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn body_pending_after_its_length_is_complete() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        let response =
            sender.send_request(request(Method::GET, "/declared-pending")).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "12345", "{host:?}");
        assert_eq!(server.recorded().in_flight(), 1.0, "{host:?}: the stream is open");
        drop(body);
        assert_eq!(
            server.settled().await,
            ["GET /declared-pending: 200 x 1, timed 1, request 1 of 0, response 1 of 5"],
            "{host:?}"
        );
    }
}
