//! Deadlines of scrapes. They pass whether or not a scrape is polled, on any runtime.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use super::crew;

/// A scrape that can expire.
pub(crate) trait Expire: Send + Sync {
    /// Ends the scrape at its deadline.
    fn expire(&self);
}

static CLOCK: Clock = Clock {
    state: Mutex::new(State { set: BTreeMap::new(), next_number: 0, is_watched: false }),
    earlier: Condvar::new(),
};

struct Clock {
    state: Mutex<State>,
    /// Notified when the first deadline becomes earlier.
    earlier: Condvar,
}

struct State {
    /// By deadline, and a number that tells apart equal deadlines.
    set: BTreeMap<Key, Weak<dyn Expire>>,
    next_number: u64,
    /// A thread of the crew waits for the first deadline.
    is_watched: bool,
}

type Key = (Instant, u64);

/// A deadline, watched until this is dropped.
#[derive(Debug)]
pub(crate) struct Alarm(Key);

impl Alarm {
    /// Expires the scrape at the deadline, unless this is dropped before.
    ///
    /// # Errors
    /// If the watching thread cannot be started.
    pub(crate) fn set(deadline: Instant, scrape: Weak<dyn Expire>) -> io::Result<Self> {
        let mut state = CLOCK.lock();
        if !state.is_watched {
            crew::run(|| CLOCK.watch())?;
            state.is_watched = true;
        }
        let key = (deadline, state.next_number);
        state.next_number += 1;
        _ = state.set.insert(key, scrape);
        if state.set.first_key_value().is_some_and(|(first, _)| *first == key) {
            CLOCK.earlier.notify_one();
        }
        Ok(Self(key))
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // The watch is not notified: it may wake at a removed deadline and do nothing.
        let removed = CLOCK.lock().set.remove(&self.0);
        // Dropped outside the lock: it may be the last reference.
        drop(removed);
    }
}

impl Clock {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Expires scrapes at their deadlines until none are left.
    fn watch(&self) {
        let mut state = self.lock();
        while let Some(first) = state.set.first_entry() {
            let wait = first.key().0.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                let scrape = first.remove();
                drop(state);
                // Expiry wakes a task, which runs code of the runtime. A panic there must
                // not end the watch.
                _ = catch_unwind(AssertUnwindSafe(|| {
                    scrape.upgrade().map(|scrape| scrape.expire())
                }));
                state = self.lock();
            } else {
                (state, _) =
                    self.earlier.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.is_watched = false;
    }
}
