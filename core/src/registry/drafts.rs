//! Drafts: registrations that take effect at once.

use std::sync::Arc;

use crate::names::error::RegisterError;
use crate::registry::catalog::Catalog;
use crate::registry::registry::Registry;
use crate::registry::shared::Shared;

impl Registry {
    /// Registers several families and collectors, all of them or none.
    ///
    /// Calls `register` with a draft: an empty registry with the prefix and the constant
    /// labels of this one. If `register` succeeds and nothing clashes, everything in the
    /// draft becomes visible here at once. Takes the lock of this registry then, and to
    /// [reuse](Self::with_reuse) a family.
    ///
    /// A component may keep a clone of the draft. After success, that clone is this
    /// registry, later registrations included. After an error, it is an independent
    /// registry, whose fault counts still show here.
    ///
    /// ```
    /// use tickmark::{RegisterError, Registry};
    ///
    /// let registry = Registry::new();
    /// let _taken = registry.gauge("misses_total", "Taken.")?;
    /// let refused = registry.all_or_nothing(|draft| {
    ///     let hits = draft.counter("hits", "Hits.")?;
    ///     let misses = draft.counter("misses", "Misses.")?;
    ///     Ok::<_, RegisterError>((hits, misses))
    /// });
    /// assert!(matches!(refused, Err(RegisterError::Clash { .. })));
    /// assert_eq!(registry.families().iter().count(), 1, "neither is registered");
    /// # Ok::<(), RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If `register` fails, or a family or a collector clashes with a registered one.
    pub fn all_or_nothing<T, E: From<RegisterError>>(
        &self,
        register: impl FnOnce(&Registry) -> Result<T, E>,
    ) -> Result<T, E> {
        let parent = Arc::clone(self.shared());
        let faults = Arc::clone(&parent.faults);
        let draft = Self {
            shared: Arc::new(Shared::new(Catalog::default(), faults, Some(parent))),
            scope: Arc::clone(&self.scope),
        };
        let registered = register(&draft)?;
        // Held to the end, so that concurrent registrations in the draft are kept too.
        let mut drafted = draft.shared.catalog.lock();
        let (families, collectors) = (drafted.families(), drafted.collectors());
        let shared = self.shared();
        let mut catalog = shared.catalog.lock();
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
        _ = draft.shared.successor.set(Arc::clone(shared));
        Ok(registered)
    }
}
