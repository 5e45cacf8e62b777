//! What all references to a registry share.

use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::family::faults::Faults;
use crate::registry::catalog::Catalog;
use crate::sync::{Mutex, Published};

/// What all references to a registry share.
pub(crate) struct Shared {
    pub(crate) catalog: Mutex<Catalog>,
    pub(crate) faults: Arc<Faults>,
    /// Of a draft ([`Registry::all_or_nothing`](crate::Registry::all_or_nothing)), the
    /// registry that it became part of.
    pub(super) successor: Published<Arc<Shared>>,
}

// The lock guards maps that a panic cannot leave half changed, and collectors run outside
// of it.
impl RefUnwindSafe for Shared {}
