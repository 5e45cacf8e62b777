//! Counts of the wrapper when a socket is closed or fails.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use support::{
    BINARY, CLOSE, InMemory, TEXT, TestMessage, lines, open, receive, receive_all, send,
};
use tickmark::Registry;
use tickmark_ws::{MeteredSocket, Opcode, WsMetrics};

/// Returns the number of closes sent and the labels of the end, after `act` on a socket.
fn closes<S>(socket: S, act: impl FnOnce(&mut MeteredSocket<S>)) -> (String, String) {
    let registry = Registry::new();
    let metrics = WsMetrics::builder().build(&registry).unwrap();
    let mut socket = metrics.websocket("/a", socket);
    act(&mut socket);
    drop(socket);
    let sent = lines(&registry, "ws_messages_total").into_iter().find_map(|line| {
        Some(
            line.strip_prefix(r#"ws_messages_total{path="/a",direction="sent",opcode="close"} "#)?
                .into(),
        )
    });
    let closed =
        lines(&registry, "ws_closed_total")[0].replace(r#"ws_closed_total{path="/a","#, "");
    (sent.unwrap_or_else(|| "none".to_owned()), closed)
}

fn expected(sent: &str, code: &str, initiator: &str) -> (String, String) {
    (sent.to_owned(), format!(r#"code="{code}",initiator="{initiator}"}} 1"#))
}

fn close<S: Sink<TestMessage> + Unpin>(socket: &mut MeteredSocket<S>) -> bool {
    socket.close().now_or_never().unwrap().is_ok()
}

#[test]
fn closed_sink_sends_one_empty_close() {
    let closes = closes(InMemory::default(), |socket| {
        assert!(close(socket));
        assert!(close(socket));
    });
    assert_eq!(closes, expected("1", "1005", "server"));
}

#[test]
fn closing_sink_after_close_counts_nothing() {
    let sent = closes(InMemory::default(), |socket| {
        send(socket, CLOSE);
        assert!(close(socket));
    });
    assert_eq!(sent, expected("1", "4xxx", "server"));
    let received = closes(InMemory([CLOSE].into()), |socket| {
        assert_eq!(receive(socket), Some(CLOSE));
        assert!(close(socket));
    });
    assert_eq!(received, expected("none", "4xxx", "client"));
}

#[test]
fn closing_sink_after_end_counts_nothing() {
    let closes = closes(InMemory([TEXT].into()), |socket| {
        receive_all(socket);
        assert!(close(socket));
    });
    assert_eq!(closes, expected("none", "1006", "none"));
}

/// A socket whose stream or sink fails, as set.
struct Failing {
    stream: bool,
    sink: bool,
}

impl Stream for Failing {
    type Item = Result<TestMessage, ()>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(if self.stream { Err(()) } else { Ok(BINARY) }))
    }
}

impl Sink<TestMessage> for Failing {
    type Error = ();

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _message: TestMessage) -> Result<(), ()> {
        if self.sink { Err(()) } else { Ok(()) }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(if self.sink { Err(()) } else { Ok(()) })
    }
}

#[test]
fn failed_close_does_not_count() {
    let closes = closes(Failing { stream: false, sink: true }, |socket| {
        assert!(socket.send(CLOSE).now_or_never().unwrap().is_err());
        assert!(!close(socket));
    });
    assert_eq!(closes, expected("none", "1006", "none"));
}

#[test]
fn closing_sink_after_error_counts_nothing() {
    let closes = closes(Failing { stream: true, sink: false }, |socket| {
        assert!(socket.next().now_or_never().unwrap().unwrap().is_err());
        assert!(close(socket));
    });
    assert_eq!(closes, expected("none", "1006", "none"));
}

#[test]
fn raw_frame_is_not_counted() {
    /// A raw frame.
    struct Raw;

    impl tickmark_ws::WsMessage for Raw {
        fn opcode(&self) -> Option<Opcode> {
            None
        }

        fn payload_len(&self) -> usize {
            panic!("not read of a raw frame")
        }

        fn close_code(&self) -> Option<u16> {
            panic!("not read of a raw frame")
        }
    }

    let registry = Registry::new();
    let metrics = WsMetrics::builder().build(&registry).unwrap();
    let mut connection = metrics.connection("/a");
    connection.received(&Raw);
    connection.sent(&Raw);
    drop(open(metrics, "/a", []));
    assert!(lines(&registry, "ws_messages_total").iter().all(|line| line.ends_with(" 0")));
}
