//! Connections that are upgraded or become tunnels.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tickmark_tests::wire::read_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::connect;
use crate::hosts::Host;

#[tokio::test]
async fn upgrade_is_complete_at_head_and_untimed() {
    for host in Host::each() {
        let server = host.serve().await;
        let ask =
            "GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        let mut stream = server.client.open(ask).await;
        read_until(&mut stream, "\r\n\r\n").await;
        stream.write_all(b"hello").await.unwrap();
        read_until(&mut stream, "hello").await;
        // While the socket is open.
        assert_eq!(
            server.settled().await,
            ["GET /upgrade: 101 x 1, timed 0, request 1 of 0, response 1 of 0"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn failed_upgrade_is_an_ordinary_response() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(server.client.get("/upgrade").await.status, 426, "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /upgrade: 426 x 1, timed 1, request 1 of 0, response 1 of 0"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn refused_connect_is_an_ordinary_response() {
    let ask = "CONNECT x:443 HTTP/1.1\r\nhost: x\r\nx-refuse: yes\r\nconnection: close\r\n\r\n";
    for host in Host::each() {
        let server = host.serve().await;
        let answer = server.client.send(ask).await;
        assert!(answer.ends_with("no"), "{host:?}: {answer}");
        assert_eq!(
            server.settled().await,
            ["CONNECT unmatched: 403 x 1, timed 1, request 1 of 0, response 1 of 2"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn http2_connect_is_complete_at_the_head() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut sender = connect(server.client).await;
        let ask = Request::builder()
            .method(Method::CONNECT)
            .uri("x:443")
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = sender.send_request(ask).await.unwrap();
        assert_eq!(response.status(), 200, "{host:?}");
        let mut tunnel = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        tunnel.write_all(b"hello").await.unwrap();
        let mut echo = [0; 5];
        _ = tunnel.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"hello", "{host:?}");
        // While the tunnel is open.
        assert_eq!(
            server.settled().await,
            ["CONNECT unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 0"],
            "{host:?}"
        );
    }
}
