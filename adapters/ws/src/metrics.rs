//! One instance of the metrics: its families, and the paths it knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::builder::WsMetricsBuilder;
use crate::connection::Connection;
use crate::families::Families;
use crate::path::{OVERFLOW, Path, UNMATCHED};
use crate::socket::MeteredSocket;

/// The WebSocket metrics of a service, registered in one registry under one prefix.
///
/// A copied reference to a table that is leaked: make one for the life of the process. An
/// instance leaks its families when it is built, and each path at its first use. Paths
/// are bounded by [`max_paths`](WsMetricsBuilder::max_paths); each costs what is said
/// there.
#[derive(Clone, Copy)]
pub struct WsMetrics(&'static Table);

/// What an instance knows.
struct Table {
    families: &'static Families,
    /// The two paths that are not templates, each made with its first connection.
    unmatched: OnceLock<&'static Path>,
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
        let (unmatched, overflow) = Default::default();
        let table = Table { families, unmatched, overflow, paths: RwLock::default(), most_paths };
        Self(Box::leak(Box::new(table)))
    }

    /// Puts metrics around a socket that is open, which counts as a connection until the
    /// wrapper is dropped. All that goes through it is counted.
    ///
    /// `path` is the template of the route, as in `/rooms/{id}`, and becomes a label:
    /// never the path that was asked for. Takes a lock that others only hold to read, but
    /// for the first connection at a path.
    #[must_use = "the connection ends when this is dropped"]
    pub fn websocket<S>(self, path: &str, socket: S) -> MeteredSocket<S> {
        MeteredSocket::new(socket, self.connection(path))
    }

    /// Begins a connection, for sockets that [`MeteredSocket`] cannot go around. It ends
    /// when it is dropped.
    #[must_use = "the connection ends when this is dropped"]
    pub fn connection(self, path: &str) -> Connection {
        Connection::open(self.path(path))
    }

    /// Exposes the usual series of a path as 0 from now on, before there is a connection:
    /// those of connections, and of text and binary messages. A rate misses what a series
    /// began with.
    pub fn known_path(self, path: &str) {
        _ = self.path(path);
    }

    /// Counts a handshake that was answered with a promise, status 101, and led to no
    /// connection.
    pub fn handshake_failed(self, path: &str) {
        self.path(path).count_failed_handshake();
    }

    fn path(self, label: &str) -> &'static Path {
        match label {
            UNMATCHED => self.reserved(&self.0.unmatched, UNMATCHED),
            OVERFLOW => self.reserved(&self.0.overflow, OVERFLOW),
            template => self.template(template),
        }
    }

    fn template(self, label: &str) -> &'static Path {
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
        self.make_template(label)
    }

    fn make_template(self, label: &str) -> &'static Path {
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

    /// Counts a template that found no room, each time: it is not remembered.
    fn overflow(self) -> &'static Path {
        self.0.families.overflow.inc();
        self.reserved(&self.0.overflow, OVERFLOW)
    }

    fn reserved(self, path: &OnceLock<&'static Path>, label: &str) -> &'static Path {
        path.get_or_init(|| Path::leak(self.0.families, label))
    }
}

impl fmt::Debug for WsMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsMetrics").finish_non_exhaustive()
    }
}
