//! What the tests of this crate share: a socket in memory, polled by hand, and what
//! stands on a page.

#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use tickmark::Registry;
use tickmark_text::Encoder;
use tickmark_ws::{MeteredSocket, Opcode, WsMessage, WsMetrics};

/// A message of no library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said(pub(crate) Opcode, pub(crate) usize, pub(crate) Option<u16>);

pub(crate) const TEXT: Said = Said(Opcode::Text, 5, None);
pub(crate) const BINARY: Said = Said(Opcode::Binary, 7, None);
pub(crate) const PING: Said = Said(Opcode::Ping, 4, None);
pub(crate) const PONG: Said = Said(Opcode::Pong, 4, None);
pub(crate) const CLOSE: Said = Said(Opcode::Close, 2, Some(4001));

impl WsMessage for Said {
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

/// A socket that yields these, and takes whatever is sent.
#[derive(Debug, Default)]
pub(crate) struct InMemory(pub(crate) VecDeque<Said>);

impl Stream for InMemory {
    type Item = Result<Said, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

impl Sink<Said> for InMemory {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _message: Said) -> Result<(), Infallible> {
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

/// A connection that has these to receive.
pub(crate) fn open(
    metrics: WsMetrics,
    path: &str,
    to_receive: impl Into<VecDeque<Said>>,
) -> Metered {
    metrics.websocket(path, InMemory(to_receive.into()))
}

pub(crate) fn receive(socket: &mut Metered) -> Option<Said> {
    socket.next().now_or_never().unwrap().map(Result::unwrap)
}

pub(crate) fn send(socket: &mut Metered, message: Said) {
    socket.send(message).now_or_never().unwrap().unwrap();
}

/// Receives all that there is.
pub(crate) fn receive_all(socket: &mut Metered) {
    while receive(socket).is_some() {}
}

pub(crate) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

pub(crate) fn page(registry: &Registry) -> String {
    String::from_utf8(Encoder::new(registry).encode().to_vec()).unwrap()
}

/// The samples of this name as they stand on a page, in order.
pub(crate) fn lines(registry: &Registry, name: &str) -> Vec<String> {
    lines_of(&page(registry), name)
}

/// The samples of this name on this page, in order.
pub(crate) fn lines_of(page: &str, name: &str) -> Vec<String> {
    let is_of =
        |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let mut lines: Vec<_> = page.lines().filter(is_of).map(str::to_owned).collect();
    // Series come by slot, and which came first differs; buckets have to stay in their
    // order.
    if !name.ends_with("_bucket") {
        lines.sort_unstable();
    }
    lines
}

/// The upper limits of the buckets of the one series of this name.
pub(crate) fn bounds(registry: &Registry, name: &str) -> Vec<String> {
    let buckets = lines(registry, &format!("{name}_bucket"));
    let bound =
        |line: &String| line.split("le=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    buckets.iter().map(bound).collect()
}

/// The names of all families in order, but for those that every registry has of itself.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    let families = registry.families();
    let names = families.iter().map(|family| family.name().to_owned());
    names.filter(|name| !name.starts_with("tickmark_")).collect()
}
