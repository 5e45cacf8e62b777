//! What a message and a connection cost.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

mod support;

use std::mem::size_of;

use support::{Text, receive, send};
use tickmark::Registry;
use tickmark_ws::{MeteredSocket, WsMetrics};

#[test]
fn a_message_allocates_nothing() {
    let settings = [WsMetrics::builder(), WsMetrics::builder().message_sizes().reply_durations()];
    for settings in settings {
        let mut socket = settings.build(&Registry::new()).unwrap().websocket("/a", Text::echo(5));
        let mut turn = || {
            receive(&mut socket);
            send(&mut socket, Text::new(5));
        };
        // The first record of a thread makes its cells.
        turn();
        assert_eq!(allocation_counter::measure(turn).count_total, 0);
    }
}

#[test]
fn a_connection_that_is_idle_has_no_more_than_128_bytes() {
    assert!(size_of::<MeteredSocket<()>>() <= 128, "{}", size_of::<MeteredSocket<()>>());
    let metrics = WsMetrics::builder().build(&Registry::new()).unwrap();
    drop(metrics.websocket("/a", ()));
    let mut sockets = Vec::with_capacity(10_000);
    let allocated = allocation_counter::measure(|| sockets.extend((0..10_000).map(|_| metrics.websocket("/a", ()))));
    assert_eq!(allocated.count_total, 0, "nothing beside the wrapper itself");
}
