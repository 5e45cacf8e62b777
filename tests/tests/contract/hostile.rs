//! Bytes that are not a request: hyper responds, and the service is not called.

use crate::hosts::Host;

/// The beginning of a TLS client.
const TLS_HELLO: &[u8] =
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\r\n\r\n";

async fn assert_refused(host: Host, status: u16, bytes: &[u8]) {
    let server = host.serve().await;
    let answer = server.client.send(bytes).await;
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host:?}: {answer}");
    assert_eq!(server.settled().await, [""; 0], "{host:?}");
    assert_eq!(server.recorded().series_count("http_requests_in_flight"), 0, "{host:?}");
}

#[tokio::test]
async fn invalid_requests_are_not_recorded() {
    for host in Host::each() {
        assert_refused(host, 400, b"GET /items/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_refused(host, 400, b"G\x01T /full HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_refused(host, 400, TLS_HELLO).await;
    }
}

#[tokio::test]
async fn request_with_oversized_header_is_not_recorded() {
    let header = "x".repeat(600_000);
    for host in Host::each() {
        assert_refused(
            host,
            431,
            format!("GET /full HTTP/1.1\r\nhost: x\r\nx-large: {header}\r\n\r\n").as_bytes(),
        )
        .await;
    }
}
