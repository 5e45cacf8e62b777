//! Many connections.

use futures_util::{StreamExt, stream};

use crate::hosts::Host;
use crate::service::ECHO;

/// Of each host: 10,000 in all.
const COUNT: usize = 2_500;

// Several threads, so that connections are opened and dropped on different ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn short_connections_leave_nothing_active() {
    for host in Host::each() {
        let server = host.serve().await;
        let visits = (0..COUNT).map(|_| async { drop(server.connect().await) });
        stream::iter(visits).buffer_unordered(50).collect::<()>().await;
        assert_eq!(server.settled().await, [format!("{ECHO}: 1006 by none x {COUNT}")], "{host:?}");
    }
}
