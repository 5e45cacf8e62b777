//! The beginning of a scrape: collectors run, and what they yield is put beside the
//! registered families.

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
use crate::registry::shared::Shared;
use crate::series::fault_counts;
use crate::series::series::end_id;
use crate::value::Kind;

/// Runs the collectors, calls `collected`, and lists the registered families of that
/// moment with what was collected.
pub(crate) fn families(shared: &Shared, collected: impl FnOnce()) -> Families {
    arena::process().period.note_scrape(Instant::now());
    let (collectors, has_computed) = {
        let mut catalog = shared.catalog.lock();
        let has_computed = catalog.families().iter().any(|family| family.computed.is_some());
        (catalog.collectors(), has_computed)
    };
    let (mut yields, mut computed) = (Vec::new(), Vec::new());
    let has_work = has_computed || !collectors.is_empty();
    // Not on a thread that is collecting already.
    if let Some(_collecting) = has_work.then(|| Collecting::begin(shared)).flatten() {
        yields = run(shared, &collectors);
        // After the collectors, because they may register.
        let families = shared.catalog.lock().families();
        computed.extend(families.iter().filter_map(|family| compute(shared, family)));
    }
    collected();
    let recorded = {
        let mut catalog = shared.catalog.lock();
        claim_names(&catalog, &mut yields);
        // Taken under the same lock, so that no registered family shares a name with a
        // collected one; and after the collectors ran, because they may register.
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

/// What one collector yielded.
struct Yielded<'a> {
    collector: &'a Registered,
    drafts: Vec<Draft>,
}

/// Runs the collectors.
fn run<'a>(shared: &Shared, collectors: &'a [Arc<Registered>]) -> Vec<Yielded<'a>> {
    let mut yields = Vec::with_capacity(collectors.len());
    for collector in collectors {
        let families = shared.catalog.lock().families();
        let mut drafts = collector.run(&families).unwrap_or_else(|| {
            count_failure(shared, collector.name(), "", "panic");
            Vec::new()
        });
        drafts.iter_mut().for_each(Draft::check_whole);
        yields.push(Yielded { collector, drafts });
    }
    yields
}

/// Fails the families whose names are in use.
fn claim_names(catalog: &Catalog, yields: &mut [Yielded<'_>]) {
    let mut claimed = HashSet::new();
    for draft in yields.iter_mut().flat_map(|yielded| &mut yielded.drafts) {
        if draft.failure.is_none() && !catalog.claim_for_scrape(&mut claimed, &draft.description) {
            draft.fail("name taken");
        }
    }
}

impl Yielded<'_> {
    /// Counts what failed, and identifies the rest.
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

/// Computes the value of a computed family. `None` for any other family, and for a failure,
/// which is counted.
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
    /// The registries, by address, whose collectors this thread is running. Of one
    /// thread, so no model needs it.
    static RUNNING: RefCell<Vec<*const Shared>> = const { RefCell::new(Vec::new()) };
}

/// This thread runs the collectors of a registry until this is dropped.
struct Collecting(*const Shared);

impl Collecting {
    /// `None` if it does so already, and among the last destructors of a thread, where
    /// nobody can tell.
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
        // Not `then_some`: one that is made and dropped would end the other.
        (begun == Ok(true)).then(|| Self(this))
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        _ = RUNNING.try_with(|running| running.borrow_mut().retain(|one| *one != self.0));
    }
}
