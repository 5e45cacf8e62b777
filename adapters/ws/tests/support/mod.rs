//! Shared helpers: a socket in memory, polled by hand, and readers of a page.

#![allow(dead_code, reason = "each test program uses some of it")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use tickmark::Registry;
use tickmark_text::Encoder;
use tickmark_ws::{MeteredSocket, Opcode, WsMessage, WsMetrics};

/// A message with an opcode, a payload length and a close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TestMessage(pub(crate) Opcode, pub(crate) usize, pub(crate) Option<u16>);

pub(crate) const TEXT: TestMessage = TestMessage(Opcode::Text, 5, None);
pub(crate) const BINARY: TestMessage = TestMessage(Opcode::Binary, 7, None);
pub(crate) const PING: TestMessage = TestMessage(Opcode::Ping, 4, None);
pub(crate) const PONG: TestMessage = TestMessage(Opcode::Pong, 4, None);
pub(crate) const CLOSE: TestMessage = TestMessage(Opcode::Close, 2, Some(4001));

impl WsMessage for TestMessage {
    fn opcode(&self) -> Option<Opcode> {
        Some(self.0)
    }

    fn payload_len(&self) -> usize {
        self.1
    }

    fn close_code(&self) -> Option<u16> {
        self.2
    }
}

/// A socket that yields these messages and accepts every message sent.
#[derive(Debug, Default)]
pub(crate) struct InMemory(pub(crate) VecDeque<TestMessage>);

impl Stream for InMemory {
    type Item = Result<TestMessage, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

impl Sink<TestMessage> for InMemory {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _message: TestMessage) -> Result<(), Infallible> {
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

pub(crate) type Metered = MeteredSocket<InMemory>;

/// Opens a connection that receives these messages.
pub(crate) fn open(
    metrics: WsMetrics,
    path: &str,
    to_receive: impl Into<VecDeque<TestMessage>>,
) -> Metered {
    metrics.websocket(path, InMemory(to_receive.into()))
}

pub(crate) fn receive(socket: &mut Metered) -> Option<TestMessage> {
    socket.next().now_or_never().unwrap().map(Result::unwrap)
}

pub(crate) fn send(socket: &mut Metered, message: TestMessage) {
    socket.send(message).now_or_never().unwrap().unwrap();
}

/// Receives all messages.
pub(crate) fn receive_all(socket: &mut Metered) {
    while receive(socket).is_some() {}
}

pub(crate) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

pub(crate) fn page(registry: &Registry) -> String {
    String::from_utf8(Encoder::new(registry).encode().to_vec()).unwrap()
}

/// Returns the samples of this name on a page, in order.
pub(crate) fn lines(registry: &Registry, name: &str) -> Vec<String> {
    lines_of(&page(registry), name)
}

/// Returns the samples of this name on this page, in order.
pub(crate) fn lines_of(page: &str, name: &str) -> Vec<String> {
    let is_of =
        |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let mut lines: Vec<_> = page.lines().filter(is_of).map(str::to_owned).collect();
    // The order of series depends on their creation; buckets keep their order.
    if !name.ends_with("_bucket") {
        lines.sort_unstable();
    }
    lines
}

/// Returns the bucket bounds of the only series of this name.
pub(crate) fn bounds(registry: &Registry, name: &str) -> Vec<String> {
    let buckets = lines(registry, &format!("{name}_bucket"));
    let bound =
        |line: &String| line.split("le=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    buckets.iter().map(bound).collect()
}

/// Returns the names of all families in order, without those of the registry itself.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    let families = registry.families();
    let names = families.iter().map(|family| family.name().to_owned());
    names.filter(|name| !name.starts_with("tickmark_")).collect()
}
