//! Runs of the collectors, each shared by the scrapes waiting for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use tickmark::Registry;
use tickmark::export::Families;

use super::chunks::contain;
use super::crew;
use super::labels::Cause;
use super::pipe::Pipe;

/// The collectors of a registry. An endpoint has at most one run at a time, so a
/// collector that hangs holds one thread.
#[derive(Debug)]
pub(crate) struct Collecting {
    registry: Registry,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_running: bool,
    /// Scrapes that wait for the run. `Weak`, so that a scrape may end before it.
    waiting: Vec<Weak<Pipe>>,
}

impl Collecting {
    pub(crate) fn new(registry: Registry) -> Arc<Self> {
        Arc::new(Self { registry, state: Mutex::default() })
    }

    /// Collects on this thread, for one scrape.
    pub(crate) fn collect_here(&self, scrape: &Pipe) {
        let start = Instant::now();
        match contain(|| Ok(self.registry.families())) {
            Ok(families) => scrape.begin(families, start.elapsed()),
            Err(_) => scrape.fail(Cause::Failed),
        }
    }

    /// Begins the scrape with the result of the current run, or else of a new one.
    pub(crate) fn join(self: &Arc<Self>, scrape: &Arc<Pipe>) {
        let mut state = self.lock();
        state.waiting.retain(|scrape| scrape.strong_count() > 0);
        if !state.is_running {
            let this = Arc::clone(self);
            if crew::run(move || this.run()).is_err() {
                drop(state);
                return scrape.fail(Cause::Failed);
            }
            state.is_running = true;
        }
        state.waiting.push(Arc::downgrade(scrape));
    }

    fn run(&self) {
        let start = Instant::now();
        let mut closed = None;
        let collected = || closed = Some(self.close());
        let families = contain(|| Ok(self.registry.families_after_collecting(collected)));
        // Closed only once: after that, the next run may have begun.
        let waiting = closed.unwrap_or_else(|| self.close());
        let mut scrapes = waiting.iter().filter_map(Weak::upgrade);
        let Ok(families) = families else {
            return scrapes.for_each(|scrape| scrape.fail(Cause::Failed));
        };
        let took = start.elapsed();
        let first = scrapes.next();
        for scrape in scrapes {
            begin_apart(scrape, families.clone(), took);
        }
        if let Some(scrape) = first {
            scrape.begin(families, took);
        }
    }

    /// Ends the run, and returns its scrapes. Later ones wait for the next run.
    fn close(&self) -> Vec<Weak<Pipe>> {
        let mut state = self.lock();
        state.is_running = false;
        std::mem::take(&mut state.waiting)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a page on another thread, in parallel.
fn begin_apart(scrape: Arc<Pipe>, families: Families, collecting: std::time::Duration) {
    let pipe = Arc::clone(&scrape);
    if crew::run(move || pipe.begin(families, collecting)).is_err() {
        scrape.fail(Cause::Failed);
    }
}
