//! Registration of collectors.

use std::sync::Arc;

use crate::collect::collection::Collection;
use crate::collect::collector::{Collector, Registered};
use crate::family::core::FamilyCore;
use crate::names::error::RegisterError;
use crate::names::scope::Scope;
use crate::registry::registry::Registry;

impl Registry {
    /// Registers a collector. Its families have the prefix and the constant labels of
    /// this scope.
    ///
    /// `name` tells it from the other collectors of the registry: in
    /// `tickmark_collector_failures_total`, and to
    /// [unregister](Self::unregister_collector) it. No prefix goes before it. Takes a
    /// lock. The type of a closure's argument has to be said: `|out: &mut Collection|`.
    ///
    /// # Errors
    /// When the name is empty, or taken by another collector.
    pub fn register_collector(
        &self,
        name: &str,
        collector: impl Collector + 'static,
    ) -> Result<(), RegisterError> {
        self.register_collect(name, &self.scope, move |_, out| collector.collect(out))
    }

    /// Registers what also sees the registered families, and does not keep the registry
    /// alive.
    pub(crate) fn register_collect(
        &self,
        name: &str,
        scope: &Arc<Scope>,
        collect: impl Fn(&[Arc<FamilyCore>], &mut Collection) + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        // Refused, it is dropped after the lock: it is code of the user, and may do
        // whatever it likes.
        let registered = Arc::new(Registered::new(name, scope, collect));
        self.change_catalog(|_, catalog| {
            catalog.check_collector(name)?;
            catalog.add_collector(Arc::clone(&registered));
            Ok(())
        })
    }

    /// Takes a collector off, and says whether there was one of that name. Takes a lock.
    ///
    /// Scrapes that have begun may still run it.
    #[expect(
        clippy::must_use_candidate,
        reason = "whoever takes a collector off may not care whether it was there"
    )]
    pub fn unregister_collector(&self, name: &str) -> bool {
        let removed = self.shared().catalog.lock().remove_collector(name);
        // Dropped here, after the lock: it is code of the user, and may do whatever it
        // likes.
        removed.is_some()
    }
}
