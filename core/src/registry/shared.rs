//! State shared by all references to a registry.

use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::family::core::FamilyCore;
use crate::family::faults::Faults;
use crate::names::error::RegisterError;
use crate::registry::catalog::Catalog;
use crate::sync::{Mutex, Published};

/// State shared by all references to a registry.
pub(crate) struct Shared {
    pub(crate) catalog: Mutex<Catalog>,
    pub(crate) faults: Arc<Faults>,
    /// Of a draft ([`Registry::all_or_nothing`](crate::Registry::all_or_nothing)), the
    /// registry that it became part of.
    pub(super) successor: Published<Arc<Shared>>,
    /// Of a draft, the registry that it is for.
    parent: Option<Arc<Shared>>,
}

/// A family of an equal definition.
pub(super) enum Equal {
    /// Registered already.
    Registered(Arc<FamilyCore>),
    /// In a draft in progress, and still to be added.
    Pending(Arc<FamilyCore>),
    None,
}

// A panic cannot leave the maps under the lock half changed, and collectors run outside
// the lock.
impl RefUnwindSafe for Shared {}

impl Shared {
    pub(super) fn new(catalog: Catalog, faults: Arc<Faults>, parent: Option<Arc<Self>>) -> Self {
        Self { catalog: Mutex::new(catalog), faults, successor: Published::default(), parent }
    }

    /// Returns the registry that this became part of, itself unless it was a draft.
    pub(super) fn latest(self: &Arc<Self>) -> &Arc<Self> {
        let mut latest = self;
        while let Some(successor) = latest.successor.get() {
            latest = successor;
        }
        latest
    }

    /// Finds a family of an equal definition: in this catalog, in the registry that this
    /// is a draft for, and in its other drafts. Otherwise offers the new family of a
    /// draft to these. Locks the catalogs of the parents, in this order.
    ///
    /// # Errors
    /// If a registered definition of that name differs.
    pub(super) fn find_equal(
        &self,
        catalog: &mut Catalog,
        family: &Arc<FamilyCore>,
        given: &str,
    ) -> Result<Equal, RegisterError> {
        if let Some(registered) = catalog.find_equal(family, given)? {
            return Ok(Equal::Registered(registered));
        }
        match &self.parent {
            Some(parent) => parent.latest().find_equal_in_parent(family, given),
            None => Ok(catalog.find_pending(family).map_or(Equal::None, Equal::Pending)),
        }
    }

    fn find_equal_in_parent(
        &self,
        family: &Arc<FamilyCore>,
        given: &str,
    ) -> Result<Equal, RegisterError> {
        let mut catalog = self.catalog.lock();
        let equal = self.find_equal(&mut catalog, family, given)?;
        if let (Equal::None, None) = (&equal, &self.parent) {
            catalog.add_pending(family);
        }
        Ok(equal)
    }
}
