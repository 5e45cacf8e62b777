//! The wrapper around a socket.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use pin_project_lite::pin_project;

use crate::connection::Connection;
use crate::message::{Direction, Facts, WsMessage};

pin_project! {
    /// Counts the messages of the socket inside, and passes them on unchanged. Made by
    /// [`WsMetrics::websocket`](crate::WsMetrics::websocket).
    ///
    /// A message counts as received when the socket yields it, and as sent when the
    /// socket accepts it, flushed or not. The connection ends when the wrapper is
    /// dropped; after `StreamExt::split`, when both halves are.
    ///
    /// Read the socket until it yields `None`, even after a close: the libraries answer a
    /// client's close when they are read again. A handler that returns at the close
    /// leaves it unanswered, and the client reports 1006. Sending the close back is an
    /// error.
    ///
    /// ```
    /// use futures_util::{Sink, SinkExt, Stream, StreamExt};
    /// use tickmark_ws::{MeteredSocket, Opcode, WsMessage};
    ///
    /// async fn echo<S, M, E>(mut socket: MeteredSocket<S>)
    /// where
    ///     S: Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    ///     M: WsMessage,
    /// {
    ///     // The library answers a close when the socket is read again: read until `None`.
    ///     while let Some(Ok(message)) = socket.next().await {
    ///         let is_data = matches!(message.opcode(), Some(Opcode::Text | Opcode::Binary));
    ///         if is_data && socket.send(message).await.is_err() {
    ///             return;
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// Closing the sink (`SinkExt::close`) counts as a close without a body, which the
    /// libraries send then. It counts nothing after another close, or after the stream
    /// has ended or failed.
    #[derive(Debug)]
    pub struct MeteredSocket<S> {
        #[pin]
        socket: S,
        connection: Connection,
        // Whether the stream has ended or failed.
        is_over: bool,
    }
}

impl<S> MeteredSocket<S> {
    pub(crate) fn new(socket: S, connection: Connection) -> Self {
        Self { socket, connection, is_over: false }
    }

    /// Returns the socket inside. Messages that bypass the wrapper are not counted.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// Returns the socket inside; see [`get_ref`](Self::get_ref).
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Returns the socket without metrics, and ends the connection for them.
    pub fn into_inner(self) -> S {
        self.socket
    }
}

impl<S, M, E> Stream for MeteredSocket<S>
where
    S: Stream<Item = Result<M, E>>,
    M: WsMessage,
{
    type Item = Result<M, E>;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let next = ready!(this.socket.poll_next(cx));
        match &next {
            Some(Ok(message)) => this.connection.received(message),
            None | Some(Err(_)) => *this.is_over = true,
        }
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.socket.size_hint()
    }
}

impl<S, M, E> FusedStream for MeteredSocket<S>
where
    S: FusedStream<Item = Result<M, E>>,
    M: WsMessage,
{
    fn is_terminated(&self) -> bool {
        self.socket.is_terminated()
    }
}

impl<S, M> Sink<M> for MeteredSocket<S>
where
    S: Sink<M>,
    M: WsMessage,
{
    type Error = S::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.project().socket.poll_ready(cx)
    }

    #[inline]
    fn start_send(self: Pin<&mut Self>, message: M) -> Result<(), S::Error> {
        let this = self.project();
        // Before the socket takes the message; counted only if it does.
        let facts = Facts::of(&message);
        this.socket.start_send(message)?;
        if let Some(facts) = facts {
            this.connection.count(Direction::Sent, facts);
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.project().socket.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let this = self.project();
        let closed = this.socket.poll_close(cx);
        // After the end of the stream the libraries report success and send nothing.
        if !*this.is_over && !matches!(closed, Poll::Ready(Err(_))) {
            this.connection.closed_without_message();
        }
        closed
    }
}
