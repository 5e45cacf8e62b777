//! A socket in memory, which echoes messages.

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use futures_sink::Sink;
use tickmark_ws::{Opcode, WsMessage};

/// 100 bytes, without allocation or destructor.
#[derive(Debug, Clone, Copy)]
pub struct Text([u8; 100]);

impl WsMessage for Text {
    fn opcode(&self) -> Option<Opcode> {
        Some(Opcode::Text)
    }

    fn payload_len(&self) -> usize {
        self.0.len()
    }

    fn close_code(&self) -> Option<u16> {
        None
    }
}

/// Yields the last message it accepted.
#[derive(Debug)]
pub struct Echo(Text);

impl Default for Echo {
    fn default() -> Self {
        Self(Text([b'x'; 100]))
    }
}

impl Stream for Echo {
    type Item = Result<Text, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(self.0)))
    }
}

impl Sink<Text> for Echo {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, message: Text) -> Result<(), Infallible> {
        self.0 = message;
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

/// Two messages: one is received, and sent back.
pub fn turn<S>(socket: &mut S)
where
    S: Stream<Item = Result<Text, Infallible>> + Sink<Text, Error = Infallible> + Unpin,
{
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(Some(Ok(message))) = Pin::new(&mut *socket).poll_next(&mut context) {
        let Ok(()) = Pin::new(socket).start_send(black_box(message));
    }
}
