//! Invalid frames, and messages over the size limit.

use crate::client::Socket;
use crate::frame::{masked, unmasked};
use crate::hosts::{Host, Server};
use crate::message::Message;
use crate::service::MOST_BYTES;

/// Checks that these bytes are not a message and end the connection.
async fn assert_refused(host: Host, bytes: Vec<u8>) {
    let (server, mut socket) = connected(host).await;
    socket.write(bytes).await;
    assert_eq!(socket.next().await, None, "{host:?}");
    server.assert_closed("1006 by none").await;
}

/// A valid exchange first, for comparison.
async fn connected(host: Host) -> (Server, Socket) {
    let server = host.serve().await;
    let mut socket = server.connect().await;
    socket.round_trip("hello").await;
    (server, socket)
}

#[tokio::test]
async fn unmasked_frame_is_not_a_message() {
    for host in Host::each() {
        if host.refuses_unmasked_frames() {
            assert_refused(host, unmasked(1, b"bare")).await;
        } else {
            let (server, mut socket) = connected(host).await;
            socket.send_bare("bare").await;
            assert_eq!(socket.next().await, Some(Message::text("bare")), "{host:?}");
            drop(socket);
            server.assert_closed("1006 by none").await;
        }
    }
}

#[tokio::test]
async fn invalid_frames_are_not_messages() {
    let compressed = {
        let mut frame = masked(true, 1, b"compressed?");
        frame[0] |= 0x40;
        frame
    };
    let frames = [
        ("a reserved data opcode", masked(true, 3, b"what?")),
        ("a reserved control opcode", masked(true, 11, b"what?")),
        ("a continuation without a beginning", masked(true, 0, b"and so on")),
        ("a reserved bit", compressed),
        ("a fragmented ping", masked(false, 9, b"pi")),
        ("an oversized ping", masked(true, 9, &[0; 126])),
    ];
    for host in Host::each() {
        for (what, frame) in &frames {
            eprintln!("frame: {what}");
            assert_refused(host, frame.clone()).await;
        }
    }
}

#[tokio::test]
async fn text_with_invalid_utf8_is_not_counted() {
    for host in Host::each() {
        assert_refused(host, masked(true, 1, b"not \xff utf-8")).await;
        let in_pieces = [masked(false, 1, b"not "), masked(true, 0, b"\xff utf-8")].concat();
        assert_refused(host, in_pieces).await;
    }
}

#[tokio::test]
async fn message_over_the_limit_is_not_counted() {
    for host in Host::each() {
        assert_refused(host, masked(true, 2, &vec![0; MOST_BYTES + 1])).await;
        let half = vec![0; MOST_BYTES / 2 + 1];
        let in_pieces = [masked(false, 2, &half), masked(true, 0, &half)].concat();
        if host.limits_the_sum_of_fragments() {
            assert_refused(host, in_pieces).await;
        }
    }
}
