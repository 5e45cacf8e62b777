//! One instance of the metrics: its families, and the paths it knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::builder::WsMetricsBuilder;
use crate::connection::Connection;
use crate::families::Families;
use crate::path::Path;
use crate::socket::MeteredSocket;

/// The path of connections whose path came after the limit was reached.
const OVERFLOW: &str = "_overflow";

/// The WebSocket metrics of a service, registered in one registry under one prefix.
///
/// A copied reference to a table that is never freed: make one for the life of the process.
#[derive(Clone, Copy)]
pub struct WsMetrics(&'static Table);

/// What an instance knows.
struct Table {
    families: &'static Families,
    /// Made for the first that is turned away.
    overflow: OnceLock<&'static Path>,
    paths: RwLock<HashMap<Box<str>, &'static Path>>,
    most_paths: usize,
}

impl WsMetrics {
    /// Starts with the default settings.
    pub fn builder() -> WsMetricsBuilder {
        WsMetricsBuilder::default()
    }

    pub(crate) fn leak(families: Families, most_paths: usize) -> Self {
        let families: &'static Families = Box::leak(Box::new(families));
        let table = Table { families, overflow: OnceLock::new(), paths: RwLock::default(), most_paths };
        Self(Box::leak(Box::new(table)))
    }

    /// Puts metrics around a socket that is open, which counts as a connection until the wrapper is dropped. All that goes
    /// through it is counted.
    ///
    /// `path` is the template of the route, as in `/rooms/{id}`, and becomes a label: never the path that was asked for.
    /// Takes a lock that others only hold to read, but for the first connection at a path.
    #[must_use = "the connection ends when this is dropped"]
    pub fn websocket<S>(self, path: &str, socket: S) -> MeteredSocket<S> {
        MeteredSocket::new(socket, self.connection(path))
    }

    /// Begins a connection, for sockets that [`MeteredSocket`] cannot go around. It ends when it is dropped.
    #[must_use = "the connection ends when this is dropped"]
    pub fn connection(self, path: &str) -> Connection {
        Connection::open(self.path(path))
    }

    /// Exposes the usual series of a path as 0 from now on, before there is a connection: those of connections, and of text and
    /// binary messages. A rate misses what a series began with.
    pub fn known_path(self, path: &str) {
        _ = self.path(path);
    }

    /// Counts a handshake that was answered with a promise, status 101, and led to no connection.
    pub fn handshake_failed(self, path: &str) {
        self.path(path).count_failed_handshake();
    }

    fn path(self, label: &str) -> &'static Path {
        // A panic cannot leave the map half changed.
        let paths = self.0.paths.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = paths.get(label) {
            return known;
        }
        // It only grows: what finds no room here has none later.
        if paths.len() >= self.0.most_paths {
            return self.overflow();
        }
        drop(paths);
        self.make_path(label)
    }

    fn make_path(self, label: &str) -> &'static Path {
        let mut paths = self.0.paths.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = paths.get(label) {
            return known;
        }
        if paths.len() >= self.0.most_paths {
            return self.overflow();
        }
        let path = Path::leak(self.0.families, label);
        _ = paths.insert(label.into(), path);
        path
    }

    fn overflow(self) -> &'static Path {
        self.0.families.overflow.inc();
        self.0.overflow.get_or_init(|| Path::leak(self.0.families, OVERFLOW))
    }
}

impl fmt::Debug for WsMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsMetrics").finish_non_exhaustive()
    }
}
