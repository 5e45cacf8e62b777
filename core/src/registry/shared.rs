//! State shared by all references to a registry.

use std::iter;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::family::core::FamilyCore;
use crate::family::faults::Faults;
use crate::names::error::RegisterError;
use crate::registry::catalog::Catalog;
use crate::series::series::next_id;
use crate::sync::{Mutex, MutexGuard, Published};

/// State shared by all references to a registry.
///
/// Catalogs are locked in the order from a draft to its registry.
pub(crate) struct Shared {
    catalog: Mutex<Catalog>,
    pub(crate) faults: Arc<Faults>,
    id: u64,
    /// Of a draft ([`Registry::all_or_nothing`](crate::Registry::all_or_nothing)), the
    /// registry that it became part of. Set under the lock of the catalog.
    successor: Published<Arc<Shared>>,
    /// Of a draft, the registry that it is for.
    parent: Option<Arc<Shared>>,
    /// Set when a draft has ended. Without a successor, it is a registry of its own from
    /// then on. Set under the lock of the catalog.
    ended: Published<()>,
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
    pub(super) fn new(catalog: Catalog, faults: Arc<Faults>) -> Self {
        Self {
            catalog: Mutex::new(catalog),
            faults,
            id: next_id(),
            successor: Published::default(),
            parent: None,
            ended: Published::default(),
        }
    }

    /// Returns an empty draft for a registry.
    pub(super) fn draft(parent: &Arc<Self>) -> Self {
        let faults = Arc::clone(&parent.faults);
        Self { parent: Some(Arc::clone(parent)), ..Self::new(Catalog::default(), faults) }
    }

    /// Returns the registry that this became part of, itself unless it was a draft.
    pub(super) fn latest(self: &Arc<Self>) -> &Arc<Self> {
        let mut latest = self;
        while let Some(successor) = latest.successor.get() {
            latest = successor;
        }
        latest
    }

    /// Locks the catalog of [`latest`](Self::latest), and returns both.
    pub(super) fn lock(self: &Arc<Self>) -> (&Arc<Self>, MutexGuard<'_, Catalog>) {
        loop {
            let latest = self.latest();
            let catalog = latest.catalog.lock();
            // Retries for a draft that succeeded while this waited for its lock.
            if latest.successor.get().is_none() {
                return (latest, catalog);
            }
        }
    }

    /// Returns the registry that this is a draft for, while it is in progress.
    fn target(&self) -> Option<&Arc<Self>> {
        self.parent.as_ref().filter(|_| self.ended.get().is_none())
    }

    /// Locks the catalogs of all registries that this is or was a draft for, one by one.
    fn change_parents(&self, mut change: impl FnMut(&mut Catalog)) {
        let parents =
            iter::successors(self.parent.as_ref(), |parent| parent.latest().parent.as_ref());
        parents.for_each(|parent| change(&mut parent.lock().1));
    }

    /// Finds a family of an equal definition that is not in this catalog: in the registry
    /// that this is a draft for, and in its other drafts. Otherwise offers the family of
    /// a draft to these. Locks the catalogs of the parents.
    ///
    /// # Errors
    /// If a registered definition of that name differs.
    pub(super) fn find_elsewhere(
        &self,
        catalog: &Catalog,
        family: &Arc<FamilyCore>,
        given: &str,
    ) -> Result<Equal, RegisterError> {
        match self.target() {
            Some(target) => target.find_for_draft(self.id, family, given),
            None => Ok(catalog.find_pending(family).map_or(Equal::None, Equal::Pending)),
        }
    }

    fn find_for_draft(
        self: &Arc<Self>,
        draft: u64,
        family: &Arc<FamilyCore>,
        given: &str,
    ) -> Result<Equal, RegisterError> {
        let (shared, mut catalog) = self.lock();
        if let Some(registered) = catalog.find_equal(family, given)? {
            return Ok(Equal::Registered(registered));
        }
        match shared.target() {
            Some(target) => target.find_for_draft(draft, family, given),
            None => Ok(Equal::Pending(catalog.find_or_offer(family, draft))),
        }
    }

    /// Ends the offer of a family that was unregistered from this draft. The caller keeps
    /// the family: it is not dropped under a lock.
    pub(super) fn withdraw(&self, family: &Arc<FamilyCore>) {
        self.change_parents(|catalog| drop(catalog.withdraw(self.id, Some(family))));
    }

    /// Moves everything in this draft to the registry that it is for.
    ///
    /// # Errors
    /// If a family or collector clashes with a registered one.
    pub(super) fn commit(&self, target: &Arc<Self>) -> Result<(), RegisterError> {
        // Held to the end, so that concurrent registrations in the draft are kept too.
        let mut drafted = self.catalog.lock();
        let (families, collectors) = (drafted.families(), drafted.collectors());
        let (target, mut catalog) = target.lock();
        // A family shared with another draft may be registered already.
        let new: Vec<_> = families.iter().filter(|family| !catalog.contains(family)).collect();
        for family in &new {
            catalog.check_claims(family, &family.description.exposed_name())?;
        }
        for collector in &collectors {
            catalog.check_collector(collector.name())?;
        }
        for family in new {
            catalog.add(Arc::clone(family));
        }
        for collector in collectors {
            catalog.add_collector(collector);
        }
        // The offers of a nested draft become those of the outer one, unless that failed.
        if target.target().is_some() {
            target.change_parents(|catalog| catalog.hand_over(self.id, target.id));
        }
        _ = self.successor.set(Arc::clone(target));
        // A clone of the draft must keep nothing that the registry unregisters. No user
        // code is dropped here, because the locked catalog keeps it.
        *drafted = Catalog::default();
        Ok(())
    }

    /// Ends a draft and its offers, except those that `commit` handed over.
    pub(super) fn end(&self) {
        let drafted = self.catalog.lock();
        _ = self.ended.set(());
        drop(drafted);
        // Dropped where no lock is held: the function of a computed family is user code.
        let mut withdrawn = Vec::new();
        self.change_parents(|catalog| withdrawn.extend(catalog.withdraw(self.id, None)));
    }
}
