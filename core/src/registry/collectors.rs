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
    /// this registry. Takes a lock.
    ///
    /// `name` identifies it among the collectors of the registry: in
    /// `tickmark_collector_failures_total`, and to
    /// [unregister](Self::unregister_collector) it. It has no prefix. A closure states
    /// the type of its argument: `|out: &mut Collection|`.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("pool", |out: &mut Collection| {
    ///     let mut connections = out.gauge("pool_connections", "Connections.", ["state"]);
    ///     connections.series(["idle"], 3);
    ///     connections.series(["busy"], 5);
    /// })?;
    /// assert_eq!(registry.families().iter().count(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the name is empty, or taken by another collector.
    pub fn register_collector(
        &self,
        name: &str,
        collector: impl Collector + 'static,
    ) -> Result<(), RegisterError> {
        self.register_collect(name, &self.scope, move |_, out| collector.collect(out))
    }

    /// Registers a collector that also sees the registered families. It does not keep the
    /// registry alive.
    pub(crate) fn register_collect(
        &self,
        name: &str,
        scope: &Arc<Scope>,
        collect: impl Fn(&[Arc<FamilyCore>], &mut Collection) + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        // Refused, it is dropped outside the lock: its drop is user code.
        let registered = Arc::new(Registered::new(name, scope, collect));
        let (_, mut catalog) = self.lock();
        catalog.check_collector(name)?;
        catalog.add_collector(Arc::clone(&registered));
        Ok(())
    }

    /// Unregisters a collector. Returns whether one had this name. Takes a lock.
    ///
    /// A scrape in progress may still run it.
    #[expect(
        clippy::must_use_candidate,
        reason = "the caller may not care whether it was registered"
    )]
    pub fn unregister_collector(&self, name: &str) -> bool {
        let removed = self.lock().1.remove_collector(name);
        // Dropped outside the lock: its drop is user code.
        removed.is_some()
    }
}
