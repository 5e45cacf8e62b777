//! Synchronization that ships: std, `parking_lot` and `arc_swap`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use arc_swap::{ArcSwapOption, Guard};
pub(crate) use parking_lot::{Mutex, MutexGuard};
pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::Arc;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Returns a seed that differs by process and by call.
pub(crate) fn random_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A value that is set once. Reading it is wait-free on any thread.
#[derive(Debug)]
pub(crate) struct Published<T>(OnceLock<T>);

impl<T> Default for Published<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Published<T> {
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// Sets the value. Returns it as the error if there is one already.
    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        self.0.set(value)
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(init)
    }
}

/// A slot for one shared value, which readers load without touching its reference
/// count.
#[derive(Debug)]
pub(crate) struct ArcSlot<T>(ArcSwapOption<T>);

impl<T> Default for ArcSlot<T> {
    fn default() -> Self {
        Self(ArcSwapOption::empty())
    }
}

impl<T> ArcSlot<T> {
    #[inline]
    pub(crate) fn load(&self) -> Kept<T> {
        Kept(self.0.load())
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        self.0.store(Some(value));
    }

    /// Returns the value with a reference count of its own, to be kept for long.
    pub(crate) fn load_full(&self) -> Option<Arc<T>> {
        self.0.load_full()
    }

    /// Returns the value, after setting it by `init` if the slot is empty. Threads that
    /// race get the same value.
    pub(crate) fn get_or_init(&self, init: impl Fn() -> T) -> Kept<T> {
        loop {
            let kept = self.load();
            if kept.get().is_some() {
                return kept;
            }
            _ = self.0.compare_and_swap(&None::<Arc<T>>, Some(Arc::new(init())));
        }
    }

    /// Returns whether the value has references besides this slot and the readers that
    /// have just loaded it. Costs other threads nothing.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.load().as_ref().is_some_and(|value| Arc::strong_count(value) > 1)
    }

    /// Empties the slot. Every reader that loaded the value before is in its reference
    /// count from here on, and all uses by readers that dropped it happened before.
    /// `arc_swap` pays the readers' debts here, by SeqCst operations.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        self.0.swap(None)
    }
}

/// Keeps a value alive. Loaded from a slot, it costs no reference count. Threads that
/// look up one series at once would otherwise contend for the cache line of that count.
#[derive(Debug)]
pub(crate) struct Kept<T>(Guard<Option<Arc<T>>>);

impl<T> Kept<T> {
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }
}

impl<T> From<Arc<T>> for Kept<T> {
    fn from(value: Arc<T>) -> Self {
        Self(Guard::from_inner(Some(value)))
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Guard::from_inner(Option::clone(&self.0)))
    }
}
