//! A socket in memory, and what a registry says.

#![allow(dead_code, reason = "each test program uses a part")]

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use futures_sink::Sink;
use tickmark::Registry;
use tickmark_text::Encoder;
use tickmark_ws::{MeteredSocket, Opcode, WsMessage};

/// A text of some length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text(usize);

impl Text {
    pub(crate) fn new(length: usize) -> Self {
        Self(length)
    }

    /// A socket that yields such texts for ever, and takes any but longer ones.
    pub(crate) fn echo(length: usize) -> Echo {
        Echo(Self(length))
    }
}

impl WsMessage for Text {
    fn opcode(&self) -> Option<Opcode> {
        Some(Opcode::Text)
    }

    fn payload_len(&self) -> usize {
        self.0
    }

    fn close_code(&self) -> Option<u16> {
        None
    }
}

/// What the socket says of a text.
#[derive(Debug)]
pub(crate) struct TooLong;

#[derive(Debug)]
pub(crate) struct Echo(Text);

impl Stream for Echo {
    type Item = Result<Text, TooLong>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(self.0)))
    }
}

impl Sink<Text> for Echo {
    type Error = TooLong;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TooLong>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, text: Text) -> Result<(), TooLong> {
        if text.0 > self.0.0 { Err(TooLong) } else { Ok(()) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TooLong>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TooLong>> {
        Poll::Ready(Ok(()))
    }
}

pub(crate) fn receive(socket: &mut MeteredSocket<Echo>) {
    let polled = Pin::new(socket).poll_next(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Some(Ok(_)))));
}

pub(crate) fn send(socket: &mut MeteredSocket<Echo>, text: Text) {
    Pin::new(socket).start_send(text).unwrap();
}

/// The names of the families that are not the engine's own.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    let names = registry.families().iter().map(|family| family.name().to_owned()).collect::<Vec<_>>();
    names.into_iter().filter(|name| !name.starts_with("tickmark_")).collect()
}

/// The lines of a page with samples of this name.
pub(crate) fn lines(registry: &Registry, name: &str) -> Vec<String> {
    let page = String::from_utf8(Encoder::new(registry.clone()).encode().to_vec()).unwrap();
    let is_of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    page.lines().filter(is_of).map(str::to_owned).collect()
}
