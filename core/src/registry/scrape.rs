//! The beginning of a scrape: collectors run, and what they yield is put beside the
//! registered families.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use crate::cells::arena;
use crate::collect::collected::CollectedFamily;
use crate::collect::collector::Registered;
use crate::collect::draft::Draft;
use crate::read::families::Families;
use crate::registry::catalog::Catalog;
use crate::registry::shared::Shared;
use crate::series::fault_counts;
use crate::series::series::end_id;

/// Runs the collectors, calls `collected`, and lists the registered families of that
/// moment with what was collected.
pub(crate) fn families(shared: &Shared, collected: impl FnOnce()) -> Families {
    arena::process().period.note_scrape(Instant::now());
    let collectors = shared.catalog.lock().collectors();
    let mut yields = run(shared, &collectors);
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
    let mut collected: Vec<_> =
        yields.into_iter().flat_map(|yielded| yielded.finish(shared)).map(Arc::new).collect();
    collected.sort_by(|one, other| one.description.name.cmp(&other.description.name));
    Families { recorded, collected, end_id: end_id(), faults: Arc::clone(&shared.faults) }
}

/// What one collector yielded.
struct Yielded<'a> {
    collector: &'a Registered,
    drafts: Vec<Draft>,
}

/// Runs the collectors, unless this thread is running them already.
fn run<'a>(shared: &Shared, collectors: &'a [Arc<Registered>]) -> Vec<Yielded<'a>> {
    if collectors.is_empty() {
        return Vec::new();
    }
    let Some(_collecting) = Collecting::begin(shared) else { return Vec::new() };
    let mut yields = Vec::with_capacity(collectors.len());
    for collector in collectors {
        let families = shared.catalog.lock().families();
        let mut drafts = collector.run(&families).unwrap_or_else(|| {
            count_failure(shared, collector, "", "panic");
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
                count_failure(shared, collector, &draft.description.exposed_name(), failure);
            }
            draft.failure.is_none()
        });
        collector.identify(valid.collect())
    }
}

fn count_failure(shared: &Shared, collector: &Registered, family: &str, reason: &str) {
    shared.faults.collector_failures.count(&[collector.name(), family, reason]);
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
