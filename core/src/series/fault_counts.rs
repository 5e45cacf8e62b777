//! Fault counts: what a handle counts of its family, beside the values.
//!
//! A handle reaches its series only, and a series has no room for a pointer to its
//! family. It keeps the number of the family's counts in a table of the process instead,
//! so that counting a fault is one wait-free add and reading the faults of a family is
//! one load, at any number of series. A number is given out again once its family and all
//! its series are gone: a late record through an old handle never reaches another family.

use std::mem;

use crate::cells::growing::Growing;
use crate::ever::Ever;
use crate::series::series::Series;
use crate::sync::{AtomicU64, AtomicUsize, Kept, Mutex, Ordering};

/// Whether any fault of any family was ever counted: until then, scrapes report none.
static ANY: Ever = Ever::new();

/// Whether any fault was noted before this call.
pub(crate) fn any() -> bool {
    ANY.has_happened()
}

/// Notes that a fault was counted.
pub(crate) fn happened() {
    ANY.happened();
}

/// The counts of one family.
#[derive(Debug, Default)]
pub(crate) struct FaultCounts {
    rejected_records: AtomicU64,
    rejected_exemplars: AtomicU64,
    /// Whether any exemplar was set in a series of the family: until then, scrapes of it
    /// need not look for them. Not a fault, but known the same way.
    exemplars: Ever,
    /// The family and its series, as far as they are alive.
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

/// Counts a record that a float metric rejected. Wait-free.
#[cold]
#[inline(never)]
pub(crate) fn reject_record(series: &Kept<Series>) {
    reject_records(series, 1);
}

/// Counts records that a float metric rejected. Wait-free.
pub(crate) fn reject_records(series: &Kept<Series>, amount: u64) {
    count(series, amount, |counts| &counts.rejected_records);
}

/// Counts an exemplar that was refused. Wait-free.
#[cold]
#[inline(never)]
pub(crate) fn reject_exemplar(series: &Kept<Series>) {
    count(series, 1, |counts| &counts.rejected_exemplars);
}

fn count(series: &Kept<Series>, amount: u64, fault: impl FnOnce(&FaultCounts) -> &AtomicU64) {
    if let Some(counts) = series.get().and_then(Series::fault_counts) {
        // Relaxed: a count publishes nothing but itself.
        _ = fault(counts).fetch_add(amount, Ordering::Relaxed);
        happened();
    }
}

/// The counts of all families, by number.
#[derive(Debug, Default)]
struct Counts {
    entries: Growing<FaultCounts>,
    numbers: Mutex<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    /// Numbers below this were given out at least once.
    end: u32,
    /// Numbers without a user.
    free: Vec<u32>,
}

/// One use of a family's counts, by the family or by one of its series.
#[derive(Debug)]
pub(crate) struct FaultNumber(u32);

impl FaultNumber {
    /// Counts at zero. Takes a lock.
    pub(crate) fn new() -> Self {
        let mut numbers = process().numbers.lock();
        let number = numbers.free.pop().unwrap_or(numbers.end);
        numbers.end = numbers.end.max(number + 1);
        // Relaxed: ordered with the last user of the number by the lock.
        process().entries.grow(number as usize).users.store(1, Ordering::Relaxed);
        Self(number)
    }

    /// Another use of the same counts.
    pub(crate) fn share(&self) -> Self {
        // Relaxed: this use keeps the number meanwhile.
        _ = self.counts().users.fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }

    pub(crate) fn counts(&self) -> &'static FaultCounts {
        process().entries.grow(self.0 as usize)
    }

    /// This use as bits that a series keeps; 0 stands for none.
    pub(crate) fn into_bits(self) -> u64 {
        let bits = u64::from(self.0) + 1;
        mem::forget(self);
        bits
    }

    /// The use that [`into_bits`](Self::into_bits) made bits of. It ends when the result
    /// is dropped.
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        u32::try_from(bits.checked_sub(1)?).ok().map(Self)
    }
}

/// The counts that bits stand for, of a use that lasts.
pub(crate) fn of_bits(bits: u64) -> Option<&'static FaultCounts> {
    let number = usize::try_from(bits.checked_sub(1)?).ok()?;
    process().entries.get(number)
}

impl Drop for FaultNumber {
    fn drop(&mut self) {
        let counts = self.counts();
        // AcqRel: the Release pairs with the Acquire of the last user, so that all counts
        // precede their clearing.
        if counts.users.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        // Relaxed, all: the lock below carries them to the next family.
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

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::family::family::FamilyCore;
    use crate::metrics::shape::Shape;

    /// Tests that run meanwhile take some as well.
    #[test]
    fn numbers_of_families_that_are_gone_are_reused() {
        for _ in 0..10_000 {
            let family = FamilyCore::new("family", "F.", &["label"], Shape::FloatCounter);
            reject_record(&family.with(&["one"]));
        }
        let end = process().numbers.lock().end;
        assert!(end < 5_000, "{end}");
    }

    #[test]
    fn a_number_is_taken_until_its_last_series_is_gone() {
        let family = FamilyCore::new("family", "F.", &["label"], Shape::FloatCounter);
        let held = family.with(&["one"]).clone();
        drop(family);
        let others: Vec<_> = (0..100).map(|_| FaultNumber::new()).collect();
        (0..3).for_each(|_| reject_record(&held));
        assert!(others.iter().all(|other| other.counts().rejected_records() == 0));
        assert_eq!(held.get().unwrap().fault_counts().unwrap().rejected_records(), 3);
    }
}
