//! Fault counts of families, counted through handles.
//!
//! A handle reaches only its series, and a series has no room for a pointer to its
//! family. Instead it keeps an index into a table of the process. So counting a fault is
//! one wait-free add, and reading the faults of a family is one load at any number of
//! series. An index is reused after its family and all its series are gone. So a late
//! record through an old handle never reaches another family.

use std::mem;

use crate::cells::growing::Growing;
use crate::ever::Ever;
use crate::sync::{AtomicU64, AtomicUsize, Mutex, Ordering};

/// Set by the first fault of any family. Until then, scrapes skip the reports.
static ANY: Ever = Ever::new();

/// Returns whether any fault was counted before this call.
pub(crate) fn any() -> bool {
    ANY.has_happened()
}

/// Records that a fault was counted.
pub(crate) fn happened() {
    ANY.happened();
}

/// The counts of one family.
#[derive(Debug, Default)]
pub(crate) struct FaultCounts {
    pub(super) rejected_records: AtomicU64,
    pub(super) rejected_exemplars: AtomicU64,
    /// Set by the first exemplar in a series of the family. Until then, scrapes skip
    /// exemplars. Not a fault, but found by the same index.
    exemplars: Ever,
    /// References: the family and its living series.
    users: AtomicUsize,
}

impl FaultCounts {
    pub(crate) fn rejected_records(&self) -> u64 {
        // Relaxed: a count publishes nothing but itself.
        self.rejected_records.load(Ordering::Relaxed)
    }

    pub(crate) fn rejected_exemplars(&self) -> u64 {
        // Relaxed: as above.
        self.rejected_exemplars.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn exemplars(&self) -> &Ever {
        &self.exemplars
    }
}

/// The counts of all families, by index.
#[derive(Debug, Default)]
struct Counts {
    entries: Growing<FaultCounts>,
    numbers: Mutex<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    /// Indices below this were used at least once.
    end: u32,
    /// Indices without references.
    free: Vec<u32>,
}

/// A reference to a family's counts, held by the family or by one of its series.
#[derive(Debug)]
pub(crate) struct FaultNumber(u32);

impl FaultNumber {
    /// Returns counts at zero. Takes a lock.
    pub(crate) fn new() -> Self {
        let mut numbers = process().numbers.lock();
        let number = numbers.free.pop().unwrap_or(numbers.end);
        numbers.end = numbers.end.max(number + 1);
        // Relaxed: the lock orders it with the last reference to this index.
        process().entries.grow(number as usize).users.store(1, Ordering::Relaxed);
        Self(number)
    }

    /// Returns another reference to the same counts.
    pub(crate) fn share(&self) -> Self {
        // Relaxed: this reference keeps the counts alive.
        _ = self.counts().users.fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }

    pub(crate) fn counts(&self) -> &'static FaultCounts {
        process().entries.grow(self.0 as usize)
    }

    /// Returns this reference as bits for a series; 0 stands for none.
    pub(crate) fn into_bits(self) -> u64 {
        let bits = u64::from(self.0) + 1;
        mem::forget(self);
        bits
    }

    /// Returns the reference behind the bits of [`into_bits`](Self::into_bits). Dropping
    /// it releases the reference.
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        u32::try_from(bits.checked_sub(1)?).ok().map(Self)
    }
}

/// Returns the counts behind the bits of a reference that outlives the call.
pub(crate) fn of_bits(bits: u64) -> Option<&'static FaultCounts> {
    let number = usize::try_from(bits.checked_sub(1)?).ok()?;
    process().entries.get(number)
}

impl Drop for FaultNumber {
    fn drop(&mut self) {
        let counts = self.counts();
        // AcqRel: the Release pairs with the Acquire of the last drop, so that all counts
        // happen before the reset.
        if counts.users.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        // Relaxed, all: the lock below publishes them to the next family.
        counts.rejected_records.store(0, Ordering::Relaxed);
        counts.rejected_exemplars.store(0, Ordering::Relaxed);
        counts.exemplars.forget();
        process().numbers.lock().free.push(self.0);
    }
}

#[cfg(not(tickmark_loom))]
static PROCESS: std::sync::LazyLock<Counts> = std::sync::LazyLock::new(Counts::default);

#[cfg(tickmark_loom)]
loom::lazy_static! {
    static ref PROCESS: Counts = Counts::default();
}

fn process() -> &'static Counts {
    &PROCESS
}

/// Returns how many indices were used at least once, for tests.
#[cfg(all(test, not(tickmark_loom)))]
pub(crate) fn numbers_end() -> u32 {
    process().numbers.lock().end
}
