//! Registration of families of any metric type, and their removal.

use std::sync::Arc;

use crate::family::core::FamilyCore;
use crate::family::family::Family;
use crate::family::limit::OVERFLOW_LABEL;
use crate::family::open::OpenFamily;
use crate::metrics::metric::{Metric, Settings};
use crate::metrics::shape::Shape;
use crate::names::description::Description;
use crate::names::error::RegisterError;
use crate::names::name;
use crate::registry::registry::Registry;
use crate::registry::shared::Equal;

impl Registry {
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
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    pub fn family<M: Metric, const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        settings: &M::Settings,
    ) -> Result<Family<M, N>, RegisterError> {
        let (shape, labels) = (settings.shape(), Labels::Fixed(&labels));
        let core = self.register_core(name, help, labels, M::family_shape(shape), |_| ())?;
        Ok(Family::new(core, shape))
    }

    /// Registers an open family of any metric type: each series has label names of its
    /// own, known at run time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tickmark::{Bounds, Histogram, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::seconds([0.1, 1.0])?;
    /// let times = registry.open_family::<Histogram>("query_seconds", "Query time.", &bounds)?;
    /// times.with(&[("op", "read")])?.observe_duration(Duration::from_millis(250));
    ///
    /// let scans = times.handle(&[("op", "scan"), ("table", "users")])?;
    /// scans.observe_duration(Duration::from_secs(2));
    /// assert_eq!(scans.snapshot().buckets, [0, 0, 1]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the name is invalid or taken, the help is empty, or a constant label is
    /// invalid or named `overflow`, which is the label of the overflow series.
    pub fn open_family<M: Metric>(
        &self,
        name: &str,
        help: &str,
        settings: &M::Settings,
    ) -> Result<OpenFamily<M>, RegisterError> {
        let shape = settings.shape();
        let shape_of = M::family_shape(shape);
        let core = self.register_core(name, help, Labels::Open, shape_of, |_| ())?;
        Ok(OpenFamily::new(core, shape))
    }

    /// Registers a family of any shape. `prepare` completes it before any scrape. With
    /// reuse, returns a registered family of an equal definition instead.
    pub(super) fn register_core(
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
        // Refused, it is dropped after the lock: the function of a computed family is
        // user code.
        let family = Arc::new(family);
        let (shared, mut catalog) = self.lock();
        let known = if scope.reuses { catalog.find_equal(&family, &name)? } else { None };
        if let Some(registered) = known {
            return Ok(registered);
        }
        // Before the family is offered to other drafts.
        catalog.check_claims(&family, &name)?;
        let equal = if scope.reuses {
            shared.find_elsewhere(&catalog, &family, &name)?
        } else {
            Equal::None
        };
        let family = match equal {
            Equal::Registered(family) => return Ok(family),
            Equal::Pending(family) => family,
            Equal::None => Arc::clone(&family),
        };
        catalog.add(Arc::clone(&family));
        Ok(family)
    }

    /// Unregisters a family. Returns whether it was registered. Takes a lock.
    ///
    /// `name` is the name of the registration, without the prefix of this registry. For a
    /// counter, it may end in `_total` or not. All names of the family are free again,
    /// and its fault counts are dropped. Its handles go on working, unexposed. A scrape
    /// in progress may still show it. The engine's own fault families stay.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs_total", "Jobs done.")?;
    /// assert!(registry.unregister("jobs_total"));
    /// assert!(!registry.unregister("jobs_total"));
    /// _ = registry.gauge("jobs", "Jobs that wait.")?;
    /// jobs.inc();
    /// assert_eq!(jobs.get(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[expect(
        clippy::must_use_candidate,
        reason = "the caller may not care whether it was registered"
    )]
    pub fn unregister(&self, name: &str) -> bool {
        let name = self.scope.full_name(name);
        let (shared, mut catalog) = self.lock();
        let removed = catalog.take(&name, |family| !shared.faults.has(family));
        if let Some(family) = &removed {
            shared.withdraw(family);
        }
        drop(catalog);
        // Dropped outside the lock: freeing many series is slow.
        removed.is_some_and(|family| {
            shared.faults.forget(&family);
            true
        })
    }
}

/// Label names of a new family.
pub(super) enum Labels<'a> {
    Fixed(&'a [&'a str]),
    /// Those of each series, known at run time.
    Open,
}
