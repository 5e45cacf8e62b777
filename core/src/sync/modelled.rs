//! The same interface on loom, for the models.

use std::sync::{OnceLock, PoisonError};

pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(crate) use loom::sync::{Arc, MutexGuard};

/// Returns the same seed always, because a model must repeat itself.
pub(crate) fn random_seed() -> u64 {
    1
}

/// The mutex of loom with the signature of `parking_lot`'s.
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

/// The model of `OnceLock`: the value is plain memory, and `ready` publishes it.
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
        // Like the real one, which takes no lock for a value that is set.
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

/// The model of an `ArcSwapOption`: linearizable operations, and exact reference counts.
/// The real one counts its readers by debts, which the thread that takes the value pays.
/// Proving that is up to `arc_swap`.
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

/// Keeps a value alive. The model counts every reference.
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
