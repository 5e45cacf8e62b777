//! What a connection keeps and allocates.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod support;

use std::pin::Pin;
use std::task::Poll;

use futures_util::{Sink, Stream};
use support::{BINARY, CLOSE, Metered, PING, PONG, Said, TEXT, context, open};
use tickmark::Registry;
use tickmark_ws::{MeteredSocket, WsMetrics, WsMetricsBuilder};

/// All kinds, those last that end a conversation.
const KINDS: [Said; 5] = [TEXT, BINARY, PING, PONG, CLOSE];

/// Receives a message and sends it back, polled by hand.
fn echo(socket: &mut Metered) -> bool {
    let mut cx = context();
    let Poll::Ready(Some(Ok(message))) = Pin::new(&mut *socket).poll_next(&mut cx) else { return false };
    assert!(Pin::new(&mut *socket).poll_ready(&mut cx).is_ready());
    Pin::new(&mut *socket).start_send(message).unwrap();
    Pin::new(&mut *socket).poll_flush(&mut cx).is_ready()
}

/// Asserts that messages of all kinds cost no allocation, once there was one of each.
fn assert_allocates_nothing(settings: WsMetricsBuilder) {
    let metrics = settings.build(&Registry::new()).unwrap();
    let mut first = open(metrics, "/a", KINDS);
    while echo(&mut first) {}
    let mut socket = open(metrics, "/a", KINDS.repeat(100));
    let allocations = allocation_counter::measure(|| while echo(&mut socket) {});
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
    assert!(socket.get_ref().0.is_empty(), "all were received");
}

#[test]
fn a_message_allocates_nothing() {
    assert_allocates_nothing(WsMetrics::builder());
    assert_allocates_nothing(WsMetrics::builder().message_sizes().reply_durations());
}

#[test]
fn a_connection_at_a_path_that_is_known_allocates_nothing() {
    let metrics = WsMetrics::builder().build(&Registry::new()).unwrap();
    // The close of the first makes the series of its code.
    drop(open(metrics, "/a", []));
    let sockets = [(); 100].map(|()| support::InMemory::default());
    let allocations = allocation_counter::measure(|| {
        for socket in sockets {
            drop(metrics.websocket("/a", socket));
        }
    });
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

#[test]
fn a_connection_is_as_small_as_it_is_meant_to_be() {
    assert!(size_of::<MeteredSocket<()>>() <= 128, "{} bytes", size_of::<MeteredSocket<()>>());
}
