//! Drafts: registrations that take effect at once.

use std::sync::Arc;

use crate::names::error::RegisterError;
use crate::registry::registry::Registry;
use crate::registry::shared::Shared;

impl Registry {
    /// Registers several families and collectors, all of them or none.
    ///
    /// Calls `register` with a draft: an empty registry with the settings of this one:
    /// prefix, constant labels and all others. If `register` succeeds and nothing
    /// clashes, everything in the draft becomes visible here at once. Locks this registry
    /// at that point, and whenever the draft [reuses](Self::with_reuse) a family.
    ///
    /// A component may keep a clone of the draft. After success, that clone is this
    /// registry, later registrations included. After an error, it is an independent
    /// registry, whose fault counts still show here.
    ///
    /// ```
    /// use tickmark::{RegisterError, Registry};
    ///
    /// let registry = Registry::new();
    /// _ = registry.gauge("misses_total", "Taken.")?;
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
        let shared = Arc::new(Shared::draft(self.shared()));
        let draft = Self { shared, scope: Arc::clone(&self.scope) };
        let ending = Ending(&draft.shared);
        let registered = register(&draft)?;
        ending.0.commit(&self.shared)?;
        Ok(registered)
    }
}

/// Ends a draft when dropped, even by a panic.
struct Ending<'a>(&'a Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
