//! Collectors: values that are computed in a scrape.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::collect::collected::{CollectedFamily, Identities};
use crate::collect::collection::Collection;
use crate::collect::draft::Draft;
use crate::family::core::FamilyCore;
use crate::names::scope::Scope;
use crate::sync::Mutex;

/// Computes families when a scrape asks for them: what the system says of the process,
/// what a pool knows of itself, what another library recorded.
///
/// Every closure `Fn(&mut Collection)` is one.
/// [`Registry::families`](crate::Registry::families) runs the registered ones, one after
/// the other, on the thread that calls it; two calls at once run them at once.
///
/// # What a collector may do
/// - **Block**: no lock is held while it runs. The endpoint of `tickmark-http` runs
///   collectors on a thread of its own, so that neither requests nor recorders wait for
///   one. The scrape does: keep a collector well below the time that the scraper waits,
///   10 s in Prometheus unless set, and cache slower values. Scrapes that come while
///   collectors run wait for that run and share it, so that collected values may be as
///   old as its start. A scrape whose time is over is refused, while the run goes on.
/// - **Hang**, at the cost of all pages: that thread is lost until the collector returns,
///   and every scrape until then waits its time and is refused. So give calls of the
///   network and of file systems a time limit.
/// - **Wait for async code**: no runtime is entered on that thread. Keep a handle of the
///   runtime in the collector, such as tokio's `Handle`, and block on it.
/// - **Register** families, which are on the page of that very scrape, and record.
/// - **Scrape its own registry**: on its own thread it then gets the registered families
///   only, so that no collector runs inside of itself. On another thread that is a scrape
///   like any other: do not wait for it.
/// - **Keep its registry**, which then lives until the collector is unregistered.
/// - **Panic**, if it has to: with `panic = "unwind"`, the default, it loses its families
///   of that scrape, is counted, and is asked again in the next. With `panic = "abort"`
///   the first panic ends the process, as anywhere else.
///
/// # What is left out of a scrape
/// A family that an exporter could not show is left out of that scrape, alone, and
/// `tickmark_collector_failures_total{collector="…",family="…",reason="…"}` counts that.
/// A series with an invalid value is left out alone too, unless it was the only one; each
/// reason counts once a family and scrape. Every fault names a family by its base name, a
/// counter with `_total` and an info family with `_info`. The reasons:
///
/// | reason | |
/// | --- | --- |
/// | `invalid name`, `invalid label name`, `empty help` | the rules are those of registration |
/// | `name taken` | it, or a name made of it, is that of a registered family, or of one that was collected before |
/// | `label set twice` | two series have the same label values |
/// | `too many series` | more than the [limit](Collection::set_series_limit) |
/// | `invalid bounds` | of a histogram: one is not finite, or not above the one before |
/// | `invalid quantiles` | of a summary: one is not from 0 to 1, or not above the one before |
/// | `state twice` | of a state set |
/// | `wrong number of values` | of a series: not one more bucket than bounds, a value by quantile, or a bool by state |
/// | `too many observations` | of a series of a histogram: their number is over `u64::MAX` |
/// | `counter below zero or NaN`, `sum NaN` | of a series: no reader can make sense of it |
/// | `panic` | of the collector: it loses all families of that scrape, and `family` is empty |
///
/// # Identity
/// A family and its series keep their identities
/// ([`FamilyView::id`](crate::FamilyView::id)) from scrape to scrape as long as the
/// collector yields them; what is left out once, or changes its help, labels, or bounds,
/// is a new one.
///
/// ```
/// use std::collections::VecDeque;
/// use std::sync::{Arc, Mutex, PoisonError};
/// use tickmark::{Collection, Collector, Registry};
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
    /// Yields the families as they are now.
    ///
    /// It should be quick, and not panic: see [what it may
    /// do](Self#what-a-collector-may-do).
    fn collect(&self, out: &mut Collection);
}

impl<F: Fn(&mut Collection) + Send + Sync> Collector for F {
    fn collect(&self, out: &mut Collection) {
        self(out);
    }
}

/// Given the registered families, for the metrics of the registry itself.
type Collect = dyn Fn(&[Arc<FamilyCore>], &mut Collection) + Send + Sync;

/// Calls user code. `None` if it panics.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    // Unwind safe: the caller drops whatever the panic left half done. What it left in
    // the user's code is the user's to repair, as with any panic behind a reference.
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

/// A collector as a registry keeps it.
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

    /// What it yields now, or `None` if it panics.
    pub(crate) fn run(&self, families: &[Arc<FamilyCore>]) -> Option<Vec<Draft>> {
        let mut collection = Collection::new(&self.scope);
        caught(|| (self.collect)(families, &mut collection))?;
        Some(collection.drafts)
    }

    /// Gives what it yielded in a scrape the identities that it had in the one before.
    pub(crate) fn identify(&self, yielded: Vec<Draft>) -> Vec<CollectedFamily> {
        let yielded = yielded.into_iter().map(|draft| (draft.description, draft.series)).collect();
        self.identities.lock().identify(yielded)
    }
}
