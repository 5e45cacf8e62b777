//! The only choice between std and loom.
//!
//! Everything that threads meet on is imported from here, so that the models in `models`
//! run the very code that ships. Under loom the sizes shrink too: a model explores every
//! interleaving, and small tables have few.

#[cfg(not(tickmark_loom))]
pub(crate) use self::real::*;

#[cfg(tickmark_loom)]
pub(crate) use self::modelled::*;

/// Cells of a block: 4 KiB. A thread's first touch of a metric costs a page fault or two,
/// and little memory.
pub(crate) const BLOCK_CELLS: usize = if cfg!(tickmark_loom) { 16 } else { 512 };

/// Blocks that a thread finds right in its thread-local: 32,768 cells, for 512 bytes a
/// thread.
pub(crate) const NEAR_BLOCKS: usize = if cfg!(tickmark_loom) { 2 } else { 64 };

/// Entries of the first chunk of an append-only table; a power of two.
pub(crate) const FIRST_CHUNK: usize = if cfg!(tickmark_loom) { 2 } else { 16 };

/// Records of a guest in one block and period above which it earns one of its own. A
/// block has 512 counters, and once over all of them is not often. A guest's record takes
/// some 7 ns more than another, so a thread loses 7 us before it earns, as for three
/// allocations of a block. One under loom, so that there are guests and few
/// interleavings.
pub(crate) const EARNING_RECORDS: u16 = if cfg!(tickmark_loom) { 1 } else { 1_024 };

/// Series that a walk keeps at once, which share the price of that; meanwhile none of
/// them can be removed. A power of two.
pub(crate) const ROW_SLOTS: usize = if cfg!(tickmark_loom) { 2 } else { 32 };

/// Bits of a number of a slot or a block.
pub(crate) const NUMBER_BITS: usize = if cfg!(tickmark_loom) { 5 } else { 32 };

/// Threads that may hold a shard at the same time, unless set otherwise. One under loom,
/// so that writers meet.
pub(crate) const DEFAULT_SHARD_LIMIT: usize = if cfg!(tickmark_loom) { 1 } else { 256 };

#[cfg(not(tickmark_loom))]
mod real {
    use std::hash::{BuildHasher, Hasher, RandomState};
    use std::sync::OnceLock;

    use arc_swap::{ArcSwapOption, Guard};
    pub(crate) use parking_lot::{Mutex, MutexGuard};
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

    /// A seed that differs from process to process and from call to call.
    pub(crate) fn random_seed() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    /// A value that is set once and then read by any thread without waiting.
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

        /// The value goes back to a caller that came second.
        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            self.0.set(value)
        }

        pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
            self.0.get_or_init(init)
        }
    }

    /// A place for one shared value that readers reach without touching its reference
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

        /// The value, to keep for long.
        pub(crate) fn load_full(&self) -> Option<Arc<T>> {
            self.0.load_full()
        }

        /// The value; made by `init` if there is none. Two that make one at once agree on
        /// one.
        pub(crate) fn get_or_init(&self, init: impl Fn() -> T) -> Kept<T> {
            loop {
                let kept = self.load();
                if kept.get().is_some() {
                    return kept;
                }
                _ = self.0.compare_and_swap(&None::<Arc<T>>, Some(Arc::new(init())));
            }
        }

        /// Whether anybody keeps the value beside this slot and those who have just
        /// loaded it: a look that costs nobody anything.
        pub(crate) fn is_shared(&self) -> bool {
            self.0.load().as_ref().is_some_and(|value| Arc::strong_count(value) > 1)
        }

        /// Empties the slot. Whoever loaded the value before is in its reference count
        /// from here on, and what they did with it and then let it go happened before:
        /// `arc_swap` pays their debts here, by operations that are SeqCst.
        pub(crate) fn take(&self) -> Option<Arc<T>> {
            self.0.swap(None)
        }
    }

    /// Keeps a value alive. Made from a slot it costs no reference count: many threads
    /// that look up one series at once would otherwise pass its cache line around.
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
}

#[cfg(tickmark_loom)]
mod modelled {
    use std::sync::{OnceLock, PoisonError};

    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Arc, MutexGuard};

    /// The same seed always: a model must repeat itself.
    pub(crate) fn random_seed() -> u64 {
        1
    }

    /// loom's mutex with the signature of `parking_lot`'s.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn try_lock(&self) -> Option<loom::sync::MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    /// The model of `OnceLock`: the value is plain memory, `ready` is what carries it
    /// across threads.
    #[derive(Debug)]
    pub(crate) struct Published<T> {
        ready: AtomicBool,
        setting: Mutex<()>,
        value: OnceLock<T>,
    }

    impl<T> Default for Published<T> {
        fn default() -> Self {
            Self { ready: AtomicBool::new(false), setting: Mutex::new(()), value: OnceLock::new() }
        }
    }

    impl<T> Published<T> {
        pub(crate) fn get(&self) -> Option<&T> {
            // Acquire: pairs with the Release in `set`.
            self.ready.load(Ordering::Acquire).then(|| self.value.get()).flatten()
        }

        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            let _setting = self.setting.lock();
            self.value.set(value)?;
            // Release: pairs with the Acquire in `get`.
            self.ready.store(true, Ordering::Release);
            Ok(())
        }

        pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
            // As the real one, which takes no lock for a value that is there.
            if let Some(value) = self.get() {
                return value;
            }
            let _setting = self.setting.lock();
            let value = self.value.get_or_init(init);
            // Release: pairs with the Acquire in `get`.
            self.ready.store(true, Ordering::Release);
            value
        }
    }

    /// The model of an `ArcSwapOption`: linearizable operations, and values that know all
    /// who keep them. What stands for the latter in the real one (debts that are paid by
    /// whoever takes the value) is its own to prove.
    #[derive(Debug)]
    pub(crate) struct ArcSlot<T>(Mutex<Option<Arc<T>>>);

    impl<T> Default for ArcSlot<T> {
        fn default() -> Self {
            Self(Mutex::new(None))
        }
    }

    impl<T> ArcSlot<T> {
        pub(crate) fn load(&self) -> Kept<T> {
            Kept(self.0.lock().clone())
        }

        pub(crate) fn store(&self, value: Arc<T>) {
            *self.0.lock() = Some(value);
        }

        pub(crate) fn load_full(&self) -> Option<Arc<T>> {
            self.0.lock().clone()
        }

        pub(crate) fn get_or_init(&self, init: impl Fn() -> T) -> Kept<T> {
            Kept(Some(self.0.lock().get_or_insert_with(|| Arc::new(init())).clone()))
        }

        pub(crate) fn is_shared(&self) -> bool {
            self.0.lock().as_ref().is_some_and(|value| Arc::strong_count(value) > 1)
        }

        pub(crate) fn take(&self) -> Option<Arc<T>> {
            self.0.lock().take()
        }
    }

    /// See its twin.
    #[derive(Debug)]
    pub(crate) struct Kept<T>(Option<Arc<T>>);

    impl<T> Kept<T> {
        pub(crate) fn get(&self) -> Option<&T> {
            self.0.as_deref()
        }
    }

    impl<T> From<Arc<T>> for Kept<T> {
        fn from(value: Arc<T>) -> Self {
            Self(Some(value))
        }
    }

    impl<T> Clone for Kept<T> {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }
}
