//! Memory and allocations of connections.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use std::pin::Pin;
use std::task::Poll;

use futures_util::{Sink, Stream};
use support::{BINARY, CLOSE, Metered, PING, PONG, TEXT, TestMessage, context, open};
use tickmark::Registry;
use tickmark_ws::{MeteredSocket, Opcode, WsMetrics, WsMetricsBuilder};

/// One message of each kind, the close last.
const KINDS: [TestMessage; 5] = [TEXT, BINARY, PING, PONG, CLOSE];

/// Messages or connections after which a thread has blocks of its own. A thread that
/// shares the blocks of another test gets its own after 1,024 records between two
/// scrapes.
const WARM_UP: usize = 2_200;

/// Receives a message and sends it back, polled by hand. Returns whether there was one.
fn echo(socket: &mut Metered) -> bool {
    let mut cx = context();
    let Poll::Ready(Some(Ok(message))) = Pin::new(&mut *socket).poll_next(&mut cx) else {
        return false;
    };
    assert!(Pin::new(&mut *socket).poll_ready(&mut cx).is_ready());
    Pin::new(&mut *socket).start_send(message).unwrap();
    Pin::new(&mut *socket).poll_flush(&mut cx).is_ready()
}

/// Asserts that messages of all kinds do not allocate after the first of each.
fn assert_allocates_nothing(settings: WsMetricsBuilder) {
    let metrics = settings.build(&Registry::new()).unwrap();
    let mut first = open(metrics, "/a", KINDS.repeat(WARM_UP));
    while echo(&mut first) {}
    let mut socket = open(metrics, "/a", KINDS.repeat(100));
    let allocations = allocation_counter::measure(|| while echo(&mut socket) {});
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
    assert!(socket.get_ref().0.is_empty(), "all received");
}

#[test]
fn message_does_not_allocate() {
    assert_allocates_nothing(WsMetrics::builder());
    assert_allocates_nothing(WsMetrics::builder().message_sizes(true).reply_durations(true));
}

#[test]
fn connection_at_known_path_does_not_allocate() {
    let metrics = WsMetrics::builder().build(&Registry::new()).unwrap();
    // The first close creates the series of its code.
    (0..WARM_UP).for_each(|_| drop(open(metrics, "/a", [])));
    let sockets = [(); 100].map(|()| support::InMemory::default());
    let allocations = allocation_counter::measure(|| {
        for socket in sockets {
            drop(metrics.websocket("/a", socket));
        }
    });
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

#[test]
fn metered_socket_stays_small() {
    assert!(size_of::<MeteredSocket<()>>() <= 128, "{} bytes", size_of::<MeteredSocket<()>>());
}

/// Returns the bytes that `call` retains per path, over 1,000 paths.
fn bytes_of_a_path(metrics: WsMetrics, call: impl Fn(WsMetrics, &str)) -> i64 {
    let paths: Vec<_> = (0..1_000).map(|number| format!("/rooms{number}/{{id}}")).collect();
    let allocations = allocation_counter::measure(|| {
        for path in &paths {
            call(metrics, path);
        }
    });
    allocations.bytes_current / 1_000
}

#[test]
fn path_retains_the_documented_memory() {
    let settings = WsMetrics::builder().message_sizes(true).reply_durations(true);
    let metrics = settings.build(&Registry::new()).unwrap();
    let usual = bytes_of_a_path(metrics, WsMetrics::expose_path);
    assert!((1..=3_500).contains(&usual), "{usual} bytes for the first series of a path");
    let rest = bytes_of_a_path(metrics, |metrics, path| {
        for code in [None, Some(0)]
            .into_iter()
            .chain([1000, 1001, 1002, 1003].map(Some))
            .chain((1005..=1015).map(Some))
            .chain([3000, 4000].map(Some))
        {
            metrics.connection(path).received(&TestMessage(Opcode::Close, 2, code));
            metrics.connection(path).sent(&TestMessage(Opcode::Close, 2, code));
        }
        let mut connection = metrics.connection(path);
        for kind in KINDS {
            connection.received(&kind);
            connection.sent(&kind);
        }
    });
    assert!(usual + rest <= 11_000, "{usual} + {rest} bytes for all series of a path");
}

#[test]
fn path_over_the_limit_retains_nothing() {
    let metrics = WsMetrics::builder().max_paths(0).build(&Registry::new()).unwrap();
    (0..WARM_UP).for_each(|_| drop(metrics.connection("/first")));
    assert_eq!(bytes_of_a_path(metrics, |metrics, path| drop(metrics.connection(path))), 0);
}
