//! Threads for the work of scrapes, apart from those that serve requests.
//!
//! No runtime is needed, and a collector that blocks holds up no task. The threads are
//! those of the process. The number of jobs under way bounds them: one run of the
//! collectors and one piece of each admitted page for an endpoint, and one watch of the
//! deadlines for all.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Time after which an idle thread ends. Longer than the usual interval of scrapes, so
/// that they find it waiting.
const IDLE: Duration = Duration::from_secs(60);

type Job = Box<dyn FnOnce() + Send>;

static CREW: Crew =
    Crew { state: Mutex::new(State { jobs: VecDeque::new(), free: 0 }), more: Condvar::new() };

struct Crew {
    state: Mutex<State>,
    more: Condvar,
}

struct State {
    /// Jobs that no thread has taken; at most as many as there are free threads.
    jobs: VecDeque<Job>,
    /// Threads that wait for a job, or are starting.
    free: usize,
}

thread_local! {
    static IS_MEMBER: Cell<bool> = const { Cell::new(false) };
}

/// Runs a job on a thread of the crew, starting one if none is free. A panic ends the job
/// alone.
///
/// # Errors
/// When a thread cannot be started: then the job is dropped.
pub(crate) fn run(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut state = CREW.lock();
    if state.free <= state.jobs.len() {
        drop(thread::Builder::new().name("tickmark-scrape".into()).spawn(|| CREW.serve())?);
        state.free += 1;
    }
    state.jobs.push_back(Box::new(job));
    drop(state);
    CREW.more.notify_one();
    Ok(())
}

/// Returns whether this thread is one of the crew. Work that waits for the crew must not
/// be begun on it.
pub(crate) fn is_here() -> bool {
    // False among the last destructors of a thread.
    IS_MEMBER.try_with(Cell::get).unwrap_or_default()
}

impl Crew {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that panics runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until there is nothing to do for a while.
    fn serve(&self) {
        IS_MEMBER.set(true);
        let mut state = self.lock();
        loop {
            let waited = self.more.wait_timeout_while(state, IDLE, |state| state.jobs.is_empty());
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.free -= 1;
            let Some(job) = state.jobs.pop_front() else { return };
            drop(state);
            // Unwind safe: a job owns what it works on, or repairs it when it is dropped.
            _ = catch_unwind(AssertUnwindSafe(job));
            state = self.lock();
            state.free += 1;
        }
    }
}
