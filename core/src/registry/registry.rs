//! The registry: a reference to the families of a program.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::family::faults::Faults;
use crate::names::scope::Scope;
use crate::registry::catalog::Catalog;
use crate::registry::shared::Shared;
use crate::sync::MutexGuard;

/// The metrics of a program, by name.
///
/// A value, not a global: create one and pass it around, or use [`Registry::global`].
/// `Clone` returns another reference to the same registry. So do
/// [`with_prefix`](Self::with_prefix) and [`with_label`](Self::with_label), with a prefix
/// or a constant label for later registrations. Metrics outlive the registry, unexposed,
/// as long as there are handles.
///
/// Registering takes a lock and allocates. Recording never takes that lock.
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
    /// Returns a registry without families.
    #[must_use]
    pub fn new() -> Self {
        let faults = Arc::new(Faults::new());
        let mut catalog = Catalog::default();
        for family in faults.families() {
            catalog.add(Arc::clone(family));
        }
        Self { shared: Arc::new(Shared::new(catalog, faults)), scope: Arc::default() }
    }

    /// Returns the process-wide default registry. Wait-free once it exists.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// _ = Registry::global().counter("starts_total", "Starts of workers.")?;
    /// assert!(Registry::global().unregister("starts_total"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[doc(alias = "default_registry")]
    #[must_use]
    pub fn global() -> &'static Self {
        // Plain std under loom too: models make registries of their own.
        static GLOBAL: LazyLock<Registry> = LazyLock::new(Registry::new);
        &GLOBAL
    }

    /// Returns the state of this registry: for a draft that succeeded, of the registry
    /// that it became part of.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        Shared::latest(&self.shared)
    }

    /// Locks the catalog, and returns it with the state that it is part of.
    pub(super) fn lock(&self) -> (&Arc<Shared>, MutexGuard<'_, Catalog>) {
        self.shared.lock()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.lock().1.families();
        let shown = families.iter().filter(|family| family.is_shown(u64::MAX));
        f.debug_set().entries(shown.map(|family| family.name())).finish()
    }
}
