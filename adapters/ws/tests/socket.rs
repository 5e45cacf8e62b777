//! What the wrapper counts when sockets are closed, or fail.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use support::{BINARY, CLOSE, InMemory, Said, TEXT, lines, open, receive, receive_all, send};
use tickmark::Registry;
use tickmark_ws::{MeteredSocket, Opcode, WsMetrics};

/// What is on the page after a socket did this: the closes that were sent, and how the
/// connection ended.
fn closes<S>(socket: S, does: impl FnOnce(&mut MeteredSocket<S>)) -> (String, String) {
    let registry = Registry::new();
    let metrics = WsMetrics::builder().build(&registry).unwrap();
    let mut socket = metrics.websocket("/a", socket);
    does(&mut socket);
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

fn close<S: Sink<Said> + Unpin>(socket: &mut MeteredSocket<S>) -> bool {
    socket.close().now_or_never().unwrap().is_ok()
}

#[test]
fn a_sink_that_is_closed_has_sent_one_close_without_a_body() {
    let closes = closes(InMemory::default(), |socket| {
        assert!(close(socket));
        assert!(close(socket));
    });
    assert_eq!(closes, expected("1", "1005", "server"));
}

#[test]
fn after_a_close_of_either_side_closing_the_sink_is_nothing_new() {
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
fn after_the_end_of_the_stream_closing_the_sink_is_no_close() {
    let closes = closes(InMemory([TEXT].into()), |socket| {
        receive_all(socket);
        assert!(close(socket));
    });
    assert_eq!(closes, expected("none", "1006", "none"));
}

/// A socket whose stream and sink fail, each of them if it is to.
struct Failing {
    stream: bool,
    sink: bool,
}

impl Stream for Failing {
    type Item = Result<Said, ()>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(if self.stream { Err(()) } else { Ok(BINARY) }))
    }
}

impl Sink<Said> for Failing {
    type Error = ();

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _message: Said) -> Result<(), ()> {
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
fn a_close_that_fails_is_none() {
    let closes = closes(Failing { stream: false, sink: true }, |socket| {
        assert!(socket.send(CLOSE).now_or_never().unwrap().is_err());
        assert!(!close(socket));
    });
    assert_eq!(closes, expected("none", "1006", "none"));
}

#[test]
fn after_an_error_of_the_stream_closing_the_sink_is_no_close() {
    let closes = closes(Failing { stream: true, sink: false }, |socket| {
        assert!(socket.next().now_or_never().unwrap().unwrap().is_err());
        assert!(close(socket));
    });
    assert_eq!(closes, expected("none", "1006", "none"));
}

#[test]
fn what_is_no_whole_message_is_not_counted() {
    /// A raw frame.
    struct Raw;

    impl tickmark_ws::WsMessage for Raw {
        fn opcode(&self) -> Option<Opcode> {
            None
        }

        fn payload_len(&self) -> usize {
            panic!("nobody needs to know")
        }

        fn close_code(&self) -> Option<u16> {
            panic!("nobody needs to know")
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
