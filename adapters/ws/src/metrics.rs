//! One instance of the metrics: its families and its paths.

use std::collections::HashMap;
use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::connection::Connection;
use crate::dimension::{OVERFLOW, UNMATCHED};
use crate::families::Families;
use crate::path::Path;
use crate::socket::MeteredSocket;

/// The WebSocket metrics of a service, registered in one registry under one prefix.
///
/// A copyable reference to a leaked instance: build one for the life of the process. The
/// families are leaked when it is built, and each path at its first use;
/// [`max_paths`](crate::WsMetricsBuilder::max_paths) limits the paths and states their
/// cost.
#[derive(Clone, Copy)]
pub struct WsMetrics(&'static Instance);

struct Instance {
    families: &'static Families,
    /// The two paths that are not templates, each created by its first connection.
    unmatched: OnceLock<&'static Path>,
    overflow: OnceLock<&'static Path>,
    paths: RwLock<HashMap<Box<str>, &'static Path>>,
    max_paths: usize,
}

impl WsMetrics {
    pub(crate) fn leak(families: Families, max_paths: usize) -> Self {
        let families: &'static Families = Box::leak(Box::new(families));
        let (unmatched, overflow) = Default::default();
        let paths = RwLock::default();
        Self(Box::leak(Box::new(Instance { families, unmatched, overflow, paths, max_paths })))
    }

    /// Wraps an open socket, which counts as a connection until the wrapper is dropped.
    /// Everything that passes through the wrapper is counted.
    ///
    /// `path` becomes a label. Give the template of the route, as in `/rooms/{id}`, never
    /// the requested path. Takes a read lock; the first connection at a path takes a
    /// write lock and allocates.
    #[must_use = "the connection ends when this is dropped"]
    pub fn websocket<S>(self, path: &str, socket: S) -> MeteredSocket<S> {
        MeteredSocket::new(socket, self.connection(path))
    }

    /// Opens a connection for a socket that [`MeteredSocket`] cannot wrap. It ends when
    /// it is dropped. Takes the locks of [`websocket`](Self::websocket).
    #[must_use = "the connection ends when this is dropped"]
    pub fn connection(self, path: &str) -> Connection {
        Connection::open(self.path(path))
    }

    /// Exposes the series of a path as 0 before its first connection: those of
    /// connections, and of text and binary messages. A rate misses the value that a
    /// series starts with.
    pub fn expose_path(self, path: &str) {
        _ = self.path(path);
    }

    /// Counts a handshake that was answered with status 101 and did not lead to a
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
        // The map only grows: full now is full for ever, without the write lock.
        if paths.len() >= self.0.max_paths {
            return self.overflow();
        }
        drop(paths);
        self.open_template(label)
    }

    fn open_template(self, label: &str) -> &'static Path {
        let mut paths = self.0.paths.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have opened it between the two locks.
        if let Some(known) = paths.get(label) {
            return known;
        }
        if paths.len() >= self.0.max_paths {
            return self.overflow();
        }
        let path = Path::leak(self.0.families, label);
        _ = paths.insert(label.into(), path);
        path
    }

    /// Counts a call over the limit. The template is not stored, so every call counts.
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
