//! Requests with a body.

use tickmark_tests::wire::read_until;
use tokio::io::AsyncWriteExt;

use crate::hosts::{Host, Server};

#[tokio::test]
async fn upload_has_its_declared_length() {
    for host in Host::each() {
        let server = host.serve().await;
        let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        let whole = server.client.send(format!("{head}content-length: 3\r\n\r\nabc")).await;
        assert!(whole.ends_with("\r\n\r\nabc"), "{host:?}: {whole}");
        let chunked = server
            .client
            .send(format!("{head}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"))
            .await;
        assert!(chunked.ends_with("\r\n\r\nab"), "{host:?}: {chunked}");
        assert_eq!(
            server.settled().await,
            ["POST /echo: 200 x 2, timed 2, request 1 of 3, response 2 of 5"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn counted_upload_has_all_its_bytes() {
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    for host in Host::each() {
        let server = host.serve_counting_uploads().await;
        let chunked =
            format!("{head}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
        let answer = server.client.send(chunked).await;
        assert!(answer.ends_with("\r\n\r\nabcde"), "{host:?}: {answer}");
        assert_eq!(
            server.settled().await,
            ["POST /echo: 200 x 1, timed 1, request 1 of 5, response 1 of 5"],
            "{host:?}"
        );
    }
}

/// Three bytes of a hundred.
async fn cut(server: &Server) {
    let mut stream = server
        .client
        .open("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc")
        .await;
    server.reaches(1).await;
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn truncated_upload_has_declared_or_received_bytes() {
    for host in Host::each() {
        let declared = host.serve().await;
        let counted = host.serve_counting_uploads().await;
        for (server, size) in [(declared, 100), (counted, 3)] {
            cut(&server).await;
            assert_eq!(
                server.settled_without_sizes().await,
                [format!("POST /echo: 400 x 1, timed 1, request 1 of {size}")],
                "{host:?}"
            );
        }
    }
}

#[tokio::test]
async fn continue_is_not_a_request() {
    let head = |path| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n"
        )
    };
    for host in Host::each() {
        let server = host.serve().await;
        let mut stream = server.client.open(head("/echo")).await;
        read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
        stream.write_all(b"abc").await.unwrap();
        read_until(&mut stream, "\r\n\r\nabc").await;
        // A client whose body is not read gets no 100, and the connection is closed.
        let unread = server.client.send(head("/unread")).await;
        assert!(
            unread.starts_with("HTTP/1.1 200 OK") && unread.ends_with("unread"),
            "{host:?}: {unread}"
        );
        assert_eq!(
            server.settled().await,
            [
                "POST /echo: 200 x 1, timed 1, request 1 of 3, response 1 of 3",
                "POST /unread: 200 x 1, timed 1, request 1 of 3, response 1 of 6",
            ],
            "{host:?}"
        );
    }
}
