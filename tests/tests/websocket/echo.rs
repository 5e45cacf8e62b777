//! The handler of all hosts: an echo that does what texts tell it.

use std::future::pending;
use std::sync::Arc;

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tickmark_ws::{Opcode, WsMessage};
use tokio::sync::Semaphore;

/// The length of what floods.
pub(crate) const FLOOD: usize = 10_000;

/// What a message asks for.
pub(crate) enum Command {
    Echo,
    Close(u16),
    Return,
    Panic,
    Ping,
    Pong,
    Hold,
    Flood(usize),
    Ignore,
}

impl Command {
    /// Of a text; none is a message of another kind.
    pub(crate) fn of(text: Option<&str>) -> Self {
        match text.unwrap_or_default().split_once(' ').unwrap_or((text.unwrap_or_default(), "")) {
            ("close", code) => Self::Close(code.parse().unwrap()),
            ("return", _) => Self::Return,
            ("panic", _) => Self::Panic,
            ("ping", _) => Self::Ping,
            ("pong", _) => Self::Pong,
            ("hold", _) => Self::Hold,
            ("flood", count) => Self::Flood(count.parse().unwrap()),
            ("ignore", _) => Self::Ignore,
            _ => Self::Echo,
        }
    }
}

/// A message of some library.
pub(crate) trait TestMessage: WsMessage + Sized + Send {
    fn text(&self) -> Option<&str>;
    fn close(code: u16) -> Self;
    fn ping() -> Self;
    fn pong() -> Self;
    fn binary(length: usize) -> Self;

    fn command(&self) -> Command {
        match self.opcode() {
            Some(Opcode::Text | Opcode::Binary) => Command::of(self.text()),
            // The libraries answer those.
            _ => Command::Ignore,
        }
    }
}

pub(crate) async fn echo<S, M, E>(mut socket: S)
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Unpin + Send,
    M: TestMessage,
    E: Send,
{
    while let Some(Ok(message)) = socket.next().await {
        let reply = match message.command() {
            Command::Echo => message,
            Command::Close(code) => M::close(code),
            Command::Ping => M::ping(),
            Command::Pong => M::pong(),
            Command::Return => return,
            Command::Panic => panic!("the handler panics, as it should"),
            Command::Hold => pending().await,
            Command::Ignore => continue,
            Command::Flood(count) => {
                for _ in 0..count {
                    if socket.send(M::binary(FLOOD)).await.is_err() {
                        return;
                    }
                }
                continue;
            }
        };
        if socket.send(reply).await.is_err() {
            return;
        }
    }
}

/// How the tests follow the halves of a socket.
#[derive(Clone)]
pub(crate) struct Halves {
    /// Gets a permit when the reader is gone.
    pub(crate) reader_gone: Arc<Semaphore>,
    /// The writer goes when it gets a permit.
    pub(crate) let_writer_go: Arc<Semaphore>,
}

impl Halves {
    pub(crate) fn new() -> Self {
        Self { reader_gone: Arc::new(Semaphore::new(0)), let_writer_go: Arc::new(Semaphore::new(0)) }
    }
}

/// Reads in one task and writes in another: one message comes back, and then the reader goes.
pub(crate) async fn split<S, M, E>(socket: S, halves: Halves)
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error: Send> + Unpin + Send + 'static,
    M: TestMessage + 'static,
    E: Send,
{
    let (mut writer, mut reader) = socket.split();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    drop(tokio::spawn(async move {
        if let Some(Ok(message)) = reader.next().await {
            _ = sender.send(message).await;
        }
        drop(reader);
        halves.reader_gone.add_permits(1);
    }));
    drop(tokio::spawn(async move {
        while let Some(message) = receiver.recv().await {
            _ = writer.send(message).await;
        }
        _ = halves.let_writer_go.acquire().await;
        drop(writer);
    }));
}
