//! The registry: a reference to the families of a program.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::family::faults::Faults;
use crate::names::error::RegisterError;
use crate::names::scope::Scope;
use crate::registry::catalog::Catalog;
use crate::registry::shared::Shared;

/// The families of a program, by name.
///
/// A value, not a global: make one and hand it around (or use [`Registry::global`]).
/// `Clone` gives another reference to the same registry, and so do [`with_prefix`](Self::with_prefix)
/// and [`with_label`](Self::with_label), with names and labels of their own; when the
/// last is gone, the families live on as long as there are handles and families of them,
/// unexposed.
///
/// Registering takes a lock and allocates. Recording never meets that lock.
///
/// ```
/// use tickmark::{RegisterError, Registry};
///
/// let registry = Registry::new();
/// let served = registry.counter("pages_served_total", "Pages served.")?;
/// served.inc();
///
/// let refused = registry.gauge("pages_served", "The same name.").unwrap_err();
/// assert!(matches!(refused, RegisterError::Clash { .. }));
/// # Ok::<(), RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    pub(crate) shared: Arc<Shared>,
    pub(crate) scope: Arc<Scope>,
}

impl Registry {
    /// A registry without families.
    #[must_use]
    pub fn new() -> Self {
        let faults = Arc::new(Faults::new());
        let mut catalog = Catalog::default();
        for family in faults.families() {
            catalog.add(Arc::clone(family));
        }
        Self { shared: Arc::new(Shared::new(catalog, faults, None)), scope: Arc::default() }
    }

    /// The one registry of the process that is there without being handed around.
    /// Wait-free once it exists.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let _started = Registry::global().counter("starts_total", "Times that something started.")?;
    /// assert!(Registry::global().unregister("starts_total"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn global() -> &'static Self {
        // Plain std under loom too: models make registries of their own.
        static GLOBAL: LazyLock<Registry> = LazyLock::new(Registry::new);
        &GLOBAL
    }

    /// Where things are registered now.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        Shared::latest(&self.shared)
    }

    /// Changes the catalog in which things are registered now.
    pub(crate) fn change_catalog<T>(
        &self,
        change: impl FnOnce(&Shared, &mut Catalog) -> Result<T, RegisterError>,
    ) -> Result<T, RegisterError> {
        loop {
            let shared = self.shared();
            let mut catalog = shared.catalog.lock();
            // A draft that was taken over while this waited for its lock is no longer the
            // place.
            if shared.successor.get().is_none() {
                return change(shared, &mut catalog);
            }
        }
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.shared().catalog.lock().families();
        let shown = families.iter().filter(|family| family.is_shown(u64::MAX));
        f.debug_set().entries(shown.map(|family| family.name())).finish()
    }
}
