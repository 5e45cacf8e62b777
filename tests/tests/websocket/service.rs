//! The actions of the handlers. Each host brings its sockets in its library's way.

use std::fmt::Debug;
use std::future::pending;
use std::sync::Arc;

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tickmark_http::HttpMetrics;
use tickmark_ws::WsMetrics;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::message::Message;

pub(crate) const ECHO: &str = "/ws/echo";
pub(crate) const SPLIT: &str = "/ws/split";

/// The path of the documented loop.
pub(crate) const TAUGHT: &str = "/ws/taught";

/// The largest message that the hosts accept.
pub(crate) const MOST_BYTES: usize = 100_000;

/// Each message of a flood.
pub(crate) const FLOOD_BYTES: usize = 10_000;

/// State shared by the handlers.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) http: HttpMetrics,
    pub(crate) ws: WsMetrics,
    pub(crate) halves: Halves,
}

/// A socket of any library with metrics around it.
pub(crate) trait Socket: Send {
    /// `None` at the end of the conversation, including by an error.
    fn receive(&mut self) -> impl Future<Output = Option<Message>> + Send;

    /// False if the socket is closed or broken.
    fn send(&mut self, message: Message) -> impl Future<Output = bool> + Send;

    /// Closes the sending side in the library's own way.
    fn finish(&mut self) -> impl Future<Output = ()> + Send;

    /// Sends a text in three frames.
    fn send_in_pieces(&mut self, _pieces: [&'static str; 3]) -> impl Future<Output = ()> + Send {
        async { panic!("this library sends whole messages only") }
    }
}

/// A socket that is a stream and a sink of messages.
#[derive(Debug)]
pub(crate) struct Streamed<S>(pub(crate) S);

impl<S, M, E> Socket for Streamed<S>
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin + Send,
    M: From<Message> + Into<Message> + Send,
    E: Send,
{
    async fn receive(&mut self) -> Option<Message> {
        Some(self.0.next().await?.ok()?.into())
    }

    async fn send(&mut self, message: Message) -> bool {
        self.0.send(message.into()).await.is_ok()
    }

    async fn finish(&mut self) {
        _ = self.0.close().await;
    }
}

/// Runs texts that are commands, and echoes all others.
pub(crate) async fn echo(mut socket: impl Socket) {
    while let Some(message) = socket.receive().await {
        let goes_on = match &message {
            Message::Text(text) => obey(&mut socket, text).await,
            Message::Binary(_) => socket.send(message).await,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => true,
        };
        if !goes_on {
            return;
        }
    }
}

/// Whether the conversation continues.
async fn obey(socket: &mut impl Socket, text: &str) -> bool {
    match text.split_once(' ').unwrap_or((text, "")) {
        ("close", "") => socket.send(Message::Close(None)).await,
        ("close", code) => {
            socket.send(Message::Close(Some((code.parse().unwrap(), "as asked".to_owned())))).await
        }
        ("farewell", _) => {
            assert!(socket.send(Message::close(1001)).await);
            assert!(
                !socket.send(Message::text("one more thing")).await,
                "after a close nothing is sent"
            );
            true
        }
        ("finish", "at the end") => {
            while socket.receive().await.is_some() {}
            socket.finish().await;
            false
        }
        ("finish", _) => {
            socket.finish().await;
            true
        }
        ("return", _) => false,
        ("panic", _) => panic!("the handler panics, as intended"),
        ("ping", _) => socket.send(Message::Ping(b"are you there".to_vec())).await,
        ("pong", _) => socket.send(Message::Pong(b"unsolicited".to_vec())).await,
        ("hold", _) => pending().await,
        ("flood", count) => flood(socket, count.parse().unwrap()).await,
        ("pieces", _) => {
            socket.send_in_pieces(["in ", "three ", "pieces"]).await;
            true
        }
        _ => socket.send(Message::text(text)).await,
    }
}

async fn flood(socket: &mut impl Socket, count: usize) -> bool {
    for _ in 0..count {
        if !socket.send(Message::Binary(vec![0; FLOOD_BYTES])).await {
            return false;
        }
    }
    true
}

/// State and signals of two halves.
#[derive(Clone, Debug)]
pub(crate) struct Halves {
    /// A permit for each dropped half.
    pub(crate) dropped: Arc<Semaphore>,
    /// The writing half waits for this before its drop, once no message can come.
    pub(crate) gate: Arc<Semaphore>,
}

impl Halves {
    pub(crate) fn new() -> Self {
        Self { dropped: Arc::new(Semaphore::new(0)), gate: Arc::new(Semaphore::new(0)) }
    }
}

/// An echo of two tasks, each with a half of the socket.
pub(crate) fn split<S, M, E>(socket: S, halves: Halves)
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Send + 'static,
    M: From<Message> + Into<Message> + Send + 'static,
    E: Send + 'static,
{
    let (sink, stream) = socket.split();
    let (sender, receiver) = unbounded_channel();
    drop(tokio::spawn(read(stream, sender, halves.clone())));
    drop(tokio::spawn(write(sink, receiver, halves)));
}

async fn read<M, E>(
    mut stream: impl Stream<Item = Result<M, E>> + Unpin,
    sender: UnboundedSender<Message>,
    halves: Halves,
) where
    M: Into<Message>,
{
    while let Some(Ok(message)) = stream.next().await {
        match message.into() {
            Message::Text(text) if text == "drop reader" => break,
            // Fails if the other half is gone.
            message @ (Message::Text(_) | Message::Binary(_)) => _ = sender.send(message),
            _ => {}
        }
    }
    drop(stream);
    halves.dropped.add_permits(1);
}

async fn write<M>(
    mut sink: impl Sink<M> + Unpin,
    mut receiver: UnboundedReceiver<Message>,
    halves: Halves,
) where
    M: From<Message>,
{
    loop {
        match receiver.recv().await {
            Some(Message::Text(text)) if text == "drop writer" => break,
            Some(message) => _ = sink.send(message.into()).await,
            None => {
                halves.gate.acquire().await.unwrap().forget();
                break;
            }
        }
    }
    drop(sink);
    halves.dropped.add_permits(1);
}
