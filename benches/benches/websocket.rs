//! A message through a socket in memory, and through the same with metrics around it.
#![expect(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use futures_core::Stream;
use futures_sink::Sink;
use tickmark::Registry;
use tickmark_ws::{Opcode, WsMessage, WsMetrics};

/// 100 bytes, and nothing to allocate or to drop.
#[derive(Clone, Copy)]
struct Text([u8; 100]);

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

/// Yields what it took last.
struct Echo(Text);

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
fn turn<S>(socket: &mut S)
where
    S: Stream<Item = Result<Text, Infallible>> + Sink<Text, Error = Infallible> + Unpin,
{
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(Some(Ok(message))) = Pin::new(&mut *socket).poll_next(&mut context) {
        Pin::new(socket).start_send(black_box(message)).unwrap();
    }
}

fn messages(criterion: &mut Criterion) {
    let mut bare = Echo(Text([b'x'; 100]));
    let _ = criterion.bench_function("websocket/two_messages_bare", |bencher| {
        bencher.iter(|| turn(black_box(&mut bare)));
    });

    let metrics = WsMetrics::builder().build(&Registry::new()).unwrap();
    let mut metered = metrics.websocket("/echo", Echo(Text([b'x'; 100])));
    let _ = criterion.bench_function("websocket/two_messages_metered", |bencher| {
        bencher.iter(|| turn(black_box(&mut metered)));
    });

    let metrics = WsMetrics::builder().message_sizes().reply_durations().build(&Registry::new()).unwrap();
    let mut metered = metrics.websocket("/echo", Echo(Text([b'x'; 100])));
    let _ = criterion.bench_function("websocket/two_messages_with_sizes_and_replies", |bencher| {
        bencher.iter(|| turn(black_box(&mut metered)));
    });
}

criterion_group!(benches, messages);
criterion_main!(benches);
