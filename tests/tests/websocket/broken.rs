//! Clients that do not keep to the protocol. What the libraries answer they do by themselves, so none of it is counted, and no
//! close went through.

use crate::client::{BINARY, TEXT};
use crate::hosts::{Host, LONGEST};

/// Sends bytes after a message, and checks that the message is all there was.
async fn assert_refused(bytes: &[u8]) {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        client.send(TEXT, b"hello").await;
        _ = client.receive().await;
        client.write_raw(bytes).await;
        client.drain().await;
        server.assert_ended(host, &client.traffic, "1006", "none").await;
    }
}

#[tokio::test]
async fn a_frame_with_a_reserved_opcode_ends_the_connection() {
    assert_refused(&[0x83, 0x80, 0, 0, 0, 0]).await;
}

#[tokio::test]
async fn text_that_is_none_ends_the_connection() {
    assert_refused(&[0x81, 0x81, 0, 0, 0, 0, 0xff]).await;
}

#[tokio::test]
async fn a_control_frame_that_is_too_long_ends_the_connection() {
    let mut frame = vec![0x89, 0xfe, 0, 200, 0, 0, 0, 0];
    frame.extend([0; 200]);
    assert_refused(&frame).await;
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_connection() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut client = server.connect().await;
        // fastwebsockets takes the limit for the first that is too long.
        client.send(BINARY, &vec![7; LONGEST - 1]).await;
        assert_eq!(client.receive().await.1.len(), LONGEST - 1, "{host:?}");
        client.write(0x80 | BINARY, &vec![7; LONGEST + 1]).await;
        client.drain().await;
        server.assert_ended(host, &client.traffic, "1006", "none").await;
    }
}
