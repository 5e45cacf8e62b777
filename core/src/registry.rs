//! Registries: the families of a program, and what their names may be.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::error::RegisterError;
use crate::family::{Family, FamilyCore, Faults};
use crate::metric::{Metric, Sealed};
use crate::name;
use crate::rejected;
use crate::shape::Shape;
use crate::sync::Mutex;
use crate::walk::Families;

/// The families of a program, by name.
///
/// A value, not a global: make one and hand it around. `Clone` gives another reference to the same registry; when the
/// last is gone, the families live on as long as there are handles and families of them, unexposed.
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
pub struct Registry(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    faults: Arc<Faults>,
}

// The lock guards maps that a panic cannot leave half changed.
impl RefUnwindSafe for Shared {}

#[derive(Default)]
struct State {
    /// By every name that a family's samples and metadata may use, the family that owns it.
    owners: BTreeMap<Box<str>, Arc<FamilyCore>>,
    families: BTreeMap<Box<str>, Arc<FamilyCore>>,
    /// The families in the order of their names, until one is added.
    sorted: Option<Arc<[Arc<FamilyCore>]>>,
}

impl Registry {
    /// A registry without families.
    #[must_use]
    pub fn new() -> Self {
        let faults = Arc::new(Faults::new());
        let mut state = State::default();
        for family in [&faults.overflows, &faults.unsettled, &faults.rejected] {
            state.add(Arc::clone(family));
        }
        Self(Arc::new(Shared { state: Mutex::new(state), faults }))
    }

    /// Registers a family of any kind.
    pub(crate) fn register<M: Metric + Sealed, const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        shape: Shape,
        metric_shape: M::Shape,
    ) -> Result<Family<M, N>, RegisterError> {
        let base = name::base(name, matches!(shape, Shape::Counter | Shape::FloatCounter))?;
        if help.is_empty() {
            return Err(RegisterError::EmptyHelp { name: name.into() });
        }
        name::check_labels(name, &labels)?;
        let family = Arc::new(FamilyCore::new(base, help, &labels, shape, Some(Arc::clone(&self.0.faults))));
        let mut state = self.0.state.lock();
        state.check_claims(&family, name)?;
        state.add(Arc::clone(&family));
        Ok(Family::new(family, metric_shape))
    }

    /// Registers several families, all of them or none.
    ///
    /// `register` is given a registry that stands for this one. When it has succeeded, and none of its families clashes
    /// with one here, they are all here at once. Takes the lock only then. What is registered in that registry later is
    /// nowhere.
    ///
    /// ```
    /// use tickmark::{RegisterError, Registry};
    ///
    /// let registry = Registry::new();
    /// let _taken = registry.gauge("misses_total", "Taken.")?;
    /// let refused = registry.together(|registry| {
    ///     Ok::<_, RegisterError>((registry.counter("hits", "Hits.")?, registry.counter("misses", "Misses.")?))
    /// });
    /// assert!(refused.is_err());
    /// assert_eq!(registry.families().iter().count(), 1);
    /// # Ok::<(), RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// The error of `register`, or a clash with a family that is here.
    pub fn together<T, E: From<RegisterError>>(
        &self,
        register: impl FnOnce(&Registry) -> Result<T, E>,
    ) -> Result<T, E> {
        let faults = Arc::clone(&self.0.faults);
        let draft = Self(Arc::new(Shared { state: Mutex::new(State::default()), faults }));
        let registered = register(&draft)?;
        let drafted: Vec<_> = draft.0.state.lock().families.values().cloned().collect();
        let mut state = self.0.state.lock();
        for family in &drafted {
            state.check_claims(family, &family.exposed_name)?;
        }
        for family in drafted {
            state.add(family);
        }
        Ok(registered)
    }

    /// What there is to expose, by name: the walk for exporters. Takes a lock for a moment; once any float metric has
    /// rejected a record, also that under which each float family creates series, to report what it rejected.
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
    ///     let _ = family.visit(0, &mut scratch, |series, value| {
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
        let mut state = self.0.state.lock();
        let State { families, sorted, .. } = &mut *state;
        let sorted = Arc::clone(sorted.get_or_insert_with(|| families.values().cloned().collect()));
        drop(state);
        if rejected::any() {
            sorted.iter().for_each(|family| family.report_rejected());
        }
        Families(sorted)
    }
}

impl State {
    /// `given` is the name by which the caller knows the family.
    fn check_claims(&self, family: &FamilyCore, given: &str) -> Result<(), RegisterError> {
        for claimed in claims(family) {
            if let Some(owner) = self.owners.get(&claimed) {
                let named = |family: &FamilyCore, name: &str| format!("{} {name:?}", family.shape.kind_name()).into();
                let (refused, owner) = (named(family, given), named(owner, &owner.exposed_name));
                return Err(RegisterError::Clash { refused, owner, claimed });
            }
        }
        Ok(())
    }

    fn add(&mut self, family: Arc<FamilyCore>) {
        for claimed in claims(&family) {
            let _ = self.owners.insert(claimed, Arc::clone(&family));
        }
        let _ = self.families.insert(family.name().into(), family);
        self.sorted = None;
    }
}

/// Every name that a family uses, in whatever format.
fn claims(family: &FamilyCore) -> impl Iterator<Item = Box<str>> {
    let suffixes: &[&str] = match family.shape {
        Shape::Counter | Shape::FloatCounter => &["", "_total", "_created"],
        Shape::Gauge | Shape::FloatGauge | Shape::UpDownCounter => &[""],
        Shape::Histogram(_) | Shape::FloatHistogram(_) => &["", "_bucket", "_sum", "_count", "_created"],
    };
    suffixes.iter().map(|suffix| format!("{}{suffix}", family.name()).into_boxed_str())
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.families();
        f.debug_set().entries(families.iter().map(|family| family.name())).finish()
    }
}
