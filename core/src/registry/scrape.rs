//! The beginning of a scrape: runs the collectors, and lists their families beside the
//! registered ones.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use crate::cells::arena;
use crate::collect::collected::{CollectedFamily, CollectedSeries, CollectedValue};
use crate::collect::collector::{Registered, caught};
use crate::collect::draft::{Draft, value_failure};
use crate::family::core::FamilyCore;
use crate::read::families::Families;
use crate::registry::catalog::Catalog;
use crate::registry::registry::Registry;
use crate::registry::shared::Shared;
use crate::series::fault_counts;
use crate::series::series::end_id;
use crate::value::Kind;

impl Registry {
    /// Returns all families in the order of their names, for an exporter to walk. With a
    /// prefix too, they are those of the whole registry.
    ///
    /// First runs every [`Collector`](crate::collect::Collector), one after the other.
    /// Takes a lock before and after that. Concurrent calls run the collectors
    /// concurrently, and each returns what it collected. Blocks as long as the collectors
    /// do: in async code, use the endpoint of `tickmark-http`.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tickmark::Registry;
    /// use tickmark::export::{Number, Scratch, Value};
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
    #[doc(alias = "gather")]
    #[must_use]
    pub fn families(&self) -> Families {
        self.families_after_collecting(|| ())
    }

    /// Returns [`families`](Self::families), and calls `collected` between the collectors
    /// and the listing of the registered families.
    ///
    /// Several pages may share one run of the collectors. A page requested before the
    /// call of `collected` may use a clone of the result: it contains everything
    /// registered or recorded by then. Collected values are as old as the run.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
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
        families(self.shared(), collected)
    }
}

/// Runs the collectors, calls `collected`, and lists the families registered at that
/// moment with the collected ones.
pub(crate) fn families(shared: &Arc<Shared>, collected: impl FnOnce()) -> Families {
    arena::process().period.note_scrape(Instant::now());
    let (collectors, has_computed) = {
        let (_, mut catalog) = shared.lock();
        let has_computed = catalog.families().iter().any(|family| family.computed.is_some());
        (catalog.collectors(), has_computed)
    };
    let (mut yields, mut computed) = (Vec::new(), Vec::new());
    let has_work = has_computed || !collectors.is_empty();
    // Not on a thread that is collecting already.
    if let Some(_collecting) = has_work.then(|| Collecting::begin(shared)).flatten() {
        yields = run(shared, &collectors);
        // After the collectors, because they may register.
        let families = shared.lock().1.families();
        computed.extend(families.iter().filter_map(|family| compute(shared, family)));
    }
    collected();
    let recorded = {
        let (_, mut catalog) = shared.lock();
        claim_names(&catalog, &mut yields);
        // Listed under the same lock as the claims, so that no registered family shares a
        // name with a collected one. After the collectors, because they may register.
        catalog.families()
    };
    if fault_counts::any() {
        recorded.iter().for_each(|family| shared.faults.report(family));
    }
    // Another family may have the name of a computed one that was unregistered meanwhile.
    computed.retain(|family| is_listed(&recorded, family));
    let collected = yields.into_iter().flat_map(|yielded| yielded.finish(shared));
    let mut collected: Vec<_> = collected.chain(computed).map(Arc::new).collect();
    collected.sort_by(|one, other| one.description.name.cmp(&other.description.name));
    Families { recorded, collected, end_id: end_id(), faults: Arc::clone(&shared.faults) }
}

/// Families of one collector.
struct Yielded<'a> {
    collector: &'a Registered,
    drafts: Vec<Draft>,
}

/// Runs the collectors.
fn run<'a>(shared: &Arc<Shared>, collectors: &'a [Arc<Registered>]) -> Vec<Yielded<'a>> {
    let mut yields = Vec::with_capacity(collectors.len());
    for collector in collectors {
        let families = shared.lock().1.families();
        let mut drafts = collector.run(&families).unwrap_or_else(|| {
            count_failure(shared, collector.name(), "", "panic");
            Vec::new()
        });
        drafts.iter_mut().for_each(Draft::check_whole);
        yields.push(Yielded { collector, drafts });
    }
    yields
}

/// Fails the collected families whose names are taken.
fn claim_names(catalog: &Catalog, yields: &mut [Yielded<'_>]) {
    let mut claimed = HashSet::new();
    for draft in yields.iter_mut().flat_map(|yielded| &mut yielded.drafts) {
        if draft.failure.is_none() && !catalog.claim_for_scrape(&mut claimed, &draft.description) {
            draft.fail("name taken");
        }
    }
}

impl Yielded<'_> {
    /// Counts the failures, and identifies the other families.
    fn finish(self, shared: &Shared) -> Vec<CollectedFamily> {
        let Self { collector, drafts } = self;
        let valid = drafts.into_iter().filter(|draft| {
            for failure in draft.failure.iter().chain(&draft.lost) {
                count_failure(shared, collector.name(), &draft.description.exposed_name(), failure);
            }
            draft.failure.is_none()
        });
        collector.identify(valid.collect())
    }
}

/// Computes the value of a computed family. `None` for any other family, and for a
/// failure, which is counted.
fn compute(shared: &Shared, family: &FamilyCore) -> Option<CollectedFamily> {
    let computed = family.computed.as_ref()?;
    let name = computed.description.exposed_name();
    let Some(number) = caught(|| computed.compute()) else {
        count_failure(shared, &name, "", "panic");
        return None;
    };
    let value = match computed.description.kind {
        Kind::Counter => CollectedValue::Counter(number),
        _ => CollectedValue::Gauge(number),
    };
    if let Some(failure) = value_failure(&computed.description, &value) {
        count_failure(shared, &name, &name, failure);
        return None;
    }
    let labels = Arc::clone(&computed.labels);
    Some(CollectedFamily {
        id: family.id,
        description: Arc::clone(&computed.description),
        series: vec![CollectedSeries::new(computed.series_id, labels, value)],
    })
}

/// Returns whether a computed family is among the registered ones, sorted by name.
fn is_listed(recorded: &[Arc<FamilyCore>], computed: &CollectedFamily) -> bool {
    let name = &*computed.description.name;
    let index = recorded.binary_search_by(|family| family.name().cmp(name));
    index.is_ok_and(|index| recorded.get(index).is_some_and(|family| family.id == computed.id))
}

fn count_failure(shared: &Shared, collector: &str, family: &str, reason: &str) {
    shared.faults.collector_failures.count(&[collector, family, reason]);
}

thread_local! {
    /// The registries, by address, whose collectors this thread is running. No model
    /// needs it, because it belongs to one thread.
    static RUNNING: RefCell<Vec<*const Shared>> = const { RefCell::new(Vec::new()) };
}

/// This thread runs the collectors of a registry until this is dropped.
struct Collecting(*const Shared);

impl Collecting {
    /// `None` if the thread is collecting already, and in its last destructors, where
    /// that is unknown.
    fn begin(shared: &Shared) -> Option<Self> {
        let this = std::ptr::from_ref(shared);
        let begun = RUNNING.try_with(|running| {
            let mut running = running.borrow_mut();
            let is_new = !running.contains(&this);
            if is_new {
                running.push(this);
            }
            is_new
        });
        // Not `then_some`, which would create and drop one, and so end the other.
        (begun == Ok(true)).then(|| Self(this))
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        _ = RUNNING.try_with(|running| running.borrow_mut().retain(|one| *one != self.0));
    }
}
