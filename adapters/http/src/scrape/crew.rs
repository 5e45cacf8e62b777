//! Threads for the work of scrapes, apart from those that serve requests.
//!
//! They need no runtime, and a collector that blocks delays no task. All endpoints of the
//! process share them. The number of jobs bounds them: for each endpoint one run of the
//! collectors and one chunk of each admitted page, and one watch of all deadlines.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The time after which an idle thread exits. Longer than the usual interval of scrapes,
/// so that the next scrape finds it.
const IDLE: Duration = Duration::from_secs(60);

type Job = Box<dyn FnOnce() + Send>;

static CREW: Crew =
    Crew { state: Mutex::new(State { jobs: VecDeque::new(), free: 0 }), more: Condvar::new() };

struct Crew {
    state: Mutex<State>,
    more: Condvar,
}

struct State {
    /// Jobs not yet taken; at most as many as free threads.
    jobs: VecDeque<Job>,
    /// Threads that wait for a job or are starting.
    free: usize,
}

thread_local! {
    static IS_MEMBER: Cell<bool> = const { Cell::new(false) };
}

/// Runs a job on a thread of the crew, and starts one if none is free. A panic ends only
/// the job.
///
/// # Errors
/// If a thread cannot be started. Then the job is dropped.
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

/// Returns whether this thread belongs to the crew. It must not wait for the crew.
pub(crate) fn is_here() -> bool {
    // False in the last destructors of a thread.
    IS_MEMBER.try_with(Cell::get).unwrap_or_default()
}

impl Crew {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs jobs until none arrives for [`IDLE`].
    fn serve(&self) {
        IS_MEMBER.set(true);
        let mut state = self.lock();
        loop {
            let waited = self.more.wait_timeout_while(state, IDLE, |state| state.jobs.is_empty());
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.free -= 1;
            let Some(job) = state.jobs.pop_front() else { return };
            drop(state);
            // Unwind safe: a job owns its state, or repairs it on drop.
            _ = catch_unwind(AssertUnwindSafe(job));
            state = self.lock();
            state.free += 1;
        }
    }
}
