//! State shared by the clones of an encoder and their pages.

use std::sync::{Arc, Mutex, TryLockError};

use tickmark::Registry;

use crate::page::buffers::Buffers;
use crate::page::workspace::Workspace;

/// The registry, and the memory that pages reuse.
#[derive(Debug)]
pub(crate) struct Shared {
    registry: Registry,
    /// Locked while a chunk is written; no thread waits for it.
    workspace: Mutex<Workspace>,
    pub(crate) buffers: Arc<Buffers>,
}

impl Shared {
    pub(crate) fn new(registry: Registry) -> Self {
        Self { registry, workspace: Mutex::default(), buffers: Arc::default() }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Lends the workspace. While another thread writes a chunk, lends a new workspace
    /// that keeps nothing.
    pub(crate) fn with_workspace<T>(&self, write: impl FnOnce(&mut Workspace) -> T) -> T {
        match self.workspace.try_lock() {
            Ok(mut workspace) => write(&mut workspace),
            Err(TryLockError::WouldBlock) => {
                let mut workspace = Workspace::temporary();
                let written = write(&mut workspace);
                workspace.output.end(&self.buffers);
                written
            }
            Err(TryLockError::Poisoned(poisoned)) => {
                // The last writer panicked and may have left half a line.
                let mut workspace = poisoned.into_inner();
                *workspace = Workspace::default();
                self.workspace.clear_poison();
                write(&mut workspace)
            }
        }
    }
}
