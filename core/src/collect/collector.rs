//! Collectors: values computed during a scrape.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::collect::collected::{CollectedFamily, Identities};
use crate::collect::collection::Collection;
use crate::collect::draft::Draft;
use crate::family::core::FamilyCore;
use crate::names::scope::Scope;
use crate::sync::Mutex;

/// Computes families during a scrape, from the system, a pool, or another library.
///
/// Implemented for closures `Fn(&mut Collection)`.
/// [`Registry::families`](crate::Registry::families) runs the collectors one after
/// another on its thread; two concurrent calls run them concurrently.
///
/// # What a collector may do
/// - **Block**: no lock is held meanwhile. The endpoint of `tickmark-http` runs
///   collectors on their own thread, so neither requests nor recorders wait for them. The
///   scrape does: stay well below the timeout of the scraper, 10 s in Prometheus by
///   default, and cache slower values. Concurrent scrapes wait for a run in progress and
///   share it, so collected values may be as old as its start. A scrape past its timeout
///   is refused; the run continues.
/// - **Hang**, at the cost of all pages: its thread is lost until it returns, and each
///   scrape until then times out. Set a time limit on calls of the network and of file
///   systems.
/// - **Wait for async code**: its thread is outside any runtime. Keep a handle of the
///   runtime, such as tokio's `Handle`, and block on it.
/// - **Register** families, which are on the page of the same scrape, and record.
/// - **Scrape its own registry**: on its own thread, that returns the registered families
///   only, so no collector runs inside itself. On another thread it is an ordinary
///   scrape: do not wait for it.
/// - **Keep its registry**, which then lives until the collector is unregistered.
/// - **Panic**: with `panic = "unwind"`, the default, its families are left out of that
///   scrape, the panic is counted, and the next scrape runs it again. With `panic =
///   "abort"`, the process ends.
///
/// # Families left out of a scrape
///
/// A family that exporters could not show is left out of the scrape, alone, and
/// `tickmark_collector_failures_total{collector="…",family="…",reason="…"}` counts it. A
/// series with an invalid value or label name is left out alone, unless it was the only
/// one; each reason counts once per family and scrape. Faults name a family by its base
/// name, a counter with `_total`, an info family with `_info`. The reasons:
///
/// | reason | |
/// | --- | --- |
/// | `invalid name`, `invalid label name`, `empty help` | the rules of registration |
/// | `name taken` | a registered family, or one collected before, uses the name, or the name with a suffix |
/// | `label set twice` | two series have the same labels |
/// | `too many series` | over the [limit](Collection::set_series_limit) |
/// | `invalid bounds` | a bound of a histogram is not finite, or not above the one before |
/// | `invalid quantiles` | a quantile of a summary is not from 0 to 1, or not above the one before |
/// | `state twice` | a state set repeats a state |
/// | `wrong number of values` | a series does not have one more bucket than bounds, a value per quantile, or a bool per state |
/// | `too many observations` | a histogram series has over `u64::MAX` |
/// | `counter below zero or NaN`, `sum NaN` | a series has a value without meaning to readers |
/// | `panic` | the collector panicked: all its families are left out, and `family` is empty |
///
/// # Identity
/// A family and its series keep their ids
/// ([`FamilyView::id`](crate::export::FamilyView::id)) from scrape to scrape while the
/// collector yields them. After an absence, or a change of help, labels or bounds, they
/// get new ones.
///
/// ```
/// use std::collections::VecDeque;
/// use std::sync::{Arc, Mutex, PoisonError};
/// use tickmark::Registry;
/// use tickmark::collect::{Collection, Collector};
///
/// struct Queue(Mutex<VecDeque<String>>);
///
/// impl Collector for Queue {
///     fn collect(&self, out: &mut Collection) {
///         let length = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
///         out.gauge("queue_length", "Jobs that wait.", []).series([], length);
///     }
/// }
///
/// let registry = Registry::new();
/// registry.register_collector("queue", Queue(Mutex::default()))?;
/// assert_eq!(registry.families().iter().count(), 1);
/// assert!(registry.unregister_collector("queue"));
/// assert_eq!(registry.families().iter().count(), 0);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub trait Collector: Send + Sync {
    /// Yields the current families.
    ///
    /// Should be fast, and not panic: see [above](Self#what-a-collector-may-do).
    fn collect(&self, out: &mut Collection);
}

impl<F: Fn(&mut Collection) + Send + Sync> Collector for F {
    fn collect(&self, out: &mut Collection) {
        self(out);
    }
}

/// Receives the registered families, for the metrics of the registry itself.
type Collect = dyn Fn(&[Arc<FamilyCore>], &mut Collection) + Send + Sync;

/// Calls user code. `None` if it panics.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    // Unwind safe: the caller drops the incomplete families. The user repairs the
    // collector, as after any panic behind a reference.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload is user code too, and its drop may panic. The payload of that
            // panic is leaked.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                mem::forget(payload);
            }
            None
        }
    }
}

/// A registered collector.
pub(crate) struct Registered {
    name: Box<str>,
    scope: Arc<Scope>,
    collect: Box<Collect>,
    identities: Mutex<Identities>,
}

impl Registered {
    pub(crate) fn new(
        name: &str,
        scope: &Arc<Scope>,
        collect: impl Fn(&[Arc<FamilyCore>], &mut Collection) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            scope: Arc::clone(scope),
            collect: Box::new(collect),
            identities: Mutex::new(Identities::default()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the families of this run. `None` if it panics.
    pub(crate) fn run(&self, families: &[Arc<FamilyCore>]) -> Option<Vec<Draft>> {
        let mut collection = Collection::new(&self.scope);
        caught(|| (self.collect)(families, &mut collection))?;
        Some(collection.drafts)
    }

    /// Assigns the families of a scrape their ids of the previous scrape.
    pub(crate) fn identify(&self, yielded: Vec<Draft>) -> Vec<CollectedFamily> {
        let yielded = yielded.into_iter().map(|draft| (draft.description, draft.series)).collect();
        self.identities.lock().identify(yielded)
    }
}
