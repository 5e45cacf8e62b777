//! Registries: the families of a program.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::family::core::{FamilyCore, OVERFLOW_LABEL};
use crate::family::family::Family;
use crate::family::faults::Faults;
use crate::family::open::OpenFamily;
use crate::metrics::metric::{Metric, Settings};
use crate::metrics::shape::Shape;
use crate::names::description::Description;
use crate::names::error::RegisterError;
use crate::names::name;
use crate::names::scope::Scope;
use crate::read::families::Families;
use crate::registry::catalog::Catalog;
use crate::registry::scrape;
use crate::registry::shared::{Equal, Shared};

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

    /// Registers a family of any metric type, for code that is generic over it.
    ///
    /// `settings` are [`Bounds`](crate::Bounds) for a
    /// [`Histogram`](crate::Histogram), [`FloatBounds`](crate::FloatBounds) for a
    /// [`FloatHistogram`](crate::FloatHistogram), `()` for any other type. The methods by
    /// type, such as [`counter_family`](Self::counter_family), call this one.
    ///
    /// ```
    /// use tickmark::{Counter, Family, Metric, RegisterError, Registry};
    ///
    /// fn by_disk<M: Metric>(
    ///     registry: &Registry,
    ///     name: &str,
    ///     settings: &M::Settings,
    /// ) -> Result<Family<M, 1>, RegisterError> {
    ///     registry.family(name, "Reads of a disk.", ["disk"], settings)
    /// }
    ///
    /// let reads = by_disk::<Counter>(&Registry::new(), "reads_total", &())?;
    /// reads.with(["sda"]).inc();
    /// assert_eq!(reads.with(["sda"]).get(), 1);
    /// # Ok::<(), RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// When the name or a label name is invalid or taken, or the help is empty.
    pub fn family<M: Metric, const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        settings: &M::Settings,
    ) -> Result<Family<M, N>, RegisterError> {
        let metric_shape = settings.shape();
        let shape = M::family_shape(metric_shape);
        let family = self.register_core(name, help, Labels::Fixed(&labels), shape, |_| ())?;
        Ok(Family::new(family, metric_shape))
    }

    /// Registers an open family of any metric type: its series have label names known at
    /// run time.
    ///
    /// ```
    /// use tickmark::{Bounds, Histogram, Registry, Scale};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::new(Scale::Nanos, &[0.1, 1.0])?;
    /// let times = registry.open_family::<Histogram>("query_seconds", "Time of a query.", &bounds)?;
    /// times.with(&[("op", "read")])?.observe(250_000_000);
    /// times.with(&[("op", "scan"), ("table", "users")])?.observe(2_000_000_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the name is invalid or taken, the help is empty, or a constant label is invalid
    /// or named `overflow`, as the label of the overflow series.
    pub fn open_family<M: Metric>(
        &self,
        name: &str,
        help: &str,
        settings: &M::Settings,
    ) -> Result<OpenFamily<M>, RegisterError> {
        let metric_shape = settings.shape();
        let shape = M::family_shape(metric_shape);
        let family = self.register_core(name, help, Labels::Open, shape, |_| ())?;
        Ok(OpenFamily::new(family, metric_shape))
    }

    /// Registers a family of any shape. `prepare` completes it, before a scrape sees it.
    /// With reuse, a registered family of an equal definition stands in for it.
    pub(crate) fn register_core(
        &self,
        name: &str,
        help: &str,
        labels: Labels<'_>,
        shape: Shape,
        prepare: impl FnOnce(&mut FamilyCore),
    ) -> Result<Arc<FamilyCore>, RegisterError> {
        let scope = &self.scope;
        let name = scope.full_name(name);
        let base = name::base(&name, shape.kind(), scope.allows_utf8)?;
        let unit = scope.unit_of(base, shape.kind())?;
        if help.is_empty() {
            return Err(RegisterError::EmptyHelp { name: name.into() });
        }
        let (own, has_open_labels) = match labels {
            Labels::Fixed(own) => (own, false),
            Labels::Open => (&[] as &[&str], true),
        };
        let overflow = has_open_labels.then_some(OVERFLOW_LABEL);
        let all = scope.label_names(own.iter().copied().chain(overflow));
        name::check_labels(&all, scope.allows_utf8).map_err(|error| error.of_metric(&name))?;
        let described = shape.describe(base, help, own);
        let described =
            if scope.keeps_counter_names { described.named_as_given(&name) } else { described };
        let description = Description {
            constant_labels: Arc::clone(&scope.labels),
            unit,
            has_plain_bounds: scope.has_plain_bounds,
            keeps_created_times: scope.keeps_created_times,
            has_open_labels,
            allows_utf8: has_open_labels && scope.allows_utf8,
            ..described
        };
        let mut family = FamilyCore::new(description, shape);
        prepare(&mut family);
        // Refused, it is dropped after the lock: the function of a computed family is user
        // code.
        let family = Arc::new(family);
        self.change_catalog(|shared, catalog| {
            let equal = if scope.reuses {
                shared.find_equal(catalog, &family, &name)?
            } else {
                Equal::None
            };
            let family = match equal {
                Equal::Registered(family) => return Ok(family),
                Equal::Pending(family) => family,
                Equal::None => Arc::clone(&family),
            };
            catalog.check_claims(&family, &name)?;
            catalog.add(Arc::clone(&family));
            Ok(family)
        })
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

    /// Takes a family off the page, and says whether there was one. Takes a lock.
    ///
    /// `name` is that of the registration; a counter's may end in `_total` or not, and
    /// the prefix of this scope goes before it. All names of the family are free again,
    /// and what faults were reported of it are forgotten. Its handles go on working,
    /// unexposed, and scrapes that have begun may still show it. The families in which
    /// the engine reports faults stay.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs_total", "Jobs done.")?;
    /// assert!(registry.unregister("jobs_total"));
    /// assert!(!registry.unregister("jobs_total"));
    /// let _now_a_gauge = registry.gauge("jobs", "Jobs that wait.")?;
    /// jobs.inc();
    /// assert_eq!(jobs.get(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[expect(
        clippy::must_use_candidate,
        reason = "whoever takes a family off may not care whether it was there"
    )]
    pub fn unregister(&self, name: &str) -> bool {
        let name = self.scope.full_name(name);
        let shared = self.shared();
        let removed = shared.catalog.lock().take(&name, |family| !shared.faults.has(family));
        // Here, after the lock, the last of it may be dropped: that takes a while for
        // many series.
        removed.is_some_and(|family| {
            shared.faults.forget(&family);
            true
        })
    }

    /// Registers several families and collectors, all of them or none.
    ///
    /// Calls `register` with a draft: an empty registry with the prefix and the constant
    /// labels of this one. If `register` succeeds and nothing clashes, everything in the
    /// draft becomes visible here at once. Takes the lock only then.
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
    /// The error of `register`, or a clash with a registered family or collector.
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
        // Held to the end, so that what is registered in the draft meanwhile comes here
        // as well.
        let mut drafted = draft.shared.catalog.lock();
        let (families, collectors) = (drafted.families(), drafted.collectors());
        let shared = self.shared();
        let mut catalog = shared.catalog.lock();
        // A family that another draft shares may be here already.
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

    /// What there is to expose, by name: the walk for exporters. Of a scope too, it is
    /// all of the registry.
    ///
    /// Runs every [`Collector`](crate::Collector) first, one after the other, and takes a
    /// lock for a moment before and after that. Two calls at once run them at once, and
    /// each gets what it collected. Blocks as long as the collectors do: in async code
    /// leave it to the endpoint of `tickmark-http`.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tickmark::{Number, Registry, Scratch, Value};
    ///
    /// let registry = Registry::new();
    /// let hits = registry.counter_family("hits", "Cache hits.", ["cache"])?;
    /// hits.with(["pages"]).add(3);
    ///
    /// let mut lines = Vec::new();
    /// let mut scratch = Scratch::default();
    /// for family in registry.families().iter() {
    ///     _ = family.visit(0, &mut scratch, |series, value| {
    ///         if let Value::Counter(Number::Unsigned(count)) = value {
    ///             let labels: Vec<_> = series.label_values().collect();
    ///             lines.push(format!("{}.{}:{count}|c", family.name(), labels.join(".")));
    ///         }
    ///         ControlFlow::Continue(())
    ///     });
    /// }
    /// assert_eq!(lines, ["hits.pages:3|c"]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn families(&self) -> Families {
        self.families_after_collecting(|| ())
    }

    /// Calls `collected` within [`families`](Self::families): after the collectors, and
    /// before the registered families are listed.
    ///
    /// An exporter can share one run of the collectors by this. Every page that is asked
    /// for before `collected` is called may use a clone of the result: everything
    /// registered or recorded by then is on it. Collected values are as old as the run.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use tickmark::{Collection, Registry};
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("pool", |out: &mut Collection| {
    ///     out.gauge("pool_connections", "Connections of the pool.", []).series([], 8);
    /// })?;
    /// let is_open = Cell::new(true);
    /// let families = registry.families_after_collecting(|| is_open.set(false));
    /// let (one, other) = (families.clone(), families);
    /// assert!(!is_open.get());
    /// assert_eq!((one.iter().count(), other.iter().count()), (1, 1));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn families_after_collecting(&self, collected: impl FnOnce()) -> Families {
        scrape::families(self.shared(), collected)
    }
}

/// The label names of a family to be registered.
pub(crate) enum Labels<'a> {
    Fixed(&'a [&'a str]),
    /// Of each series, known at run time.
    Open,
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
