//! Static label values: a series is found by the addresses of its texts.

use std::fmt;
use std::iter;
use std::panic::RefUnwindSafe;
use std::ptr;

use crate::family::family::{Family, Found};
use crate::metrics::metric::Metric;
use crate::names::label_hash::ODD;
use crate::sync::{Arc, AtomicUsize, FIRST_CHUNK, Mutex, Ordering, Published};

/// Entries per series of the family. A text may have several addresses, because each
/// crate may have its copy of a literal. A program that leaks texts as it runs has more,
/// and must not grow the memory here.
const ENTRIES_PER_SERIES: usize = 4;

/// Room for 2^29 entries.
const TABLES: usize = 14;

/// The series of a family by `'static` label values, found by the addresses and lengths
/// of the texts.
///
/// Returned by [`Family::static_labels`]. `Clone` returns another reference to the same
/// entries.
pub struct StaticFamily<M: Metric, const N: usize>(Arc<Known<M, N>>);

struct Known<M: Metric, const N: usize> {
    family: Family<M, N>,
    /// Open-addressing tables with linear probing, each at most half full and four times
    /// as large as the one before. A table has all entries of the earlier ones, which
    /// stay for searches in progress.
    tables: [Published<Box<[Bucket<M, N>]>>; TABLES],
    /// Number of the table with all entries.
    newest: AtomicUsize,
    entry_count: AtomicUsize,
    /// Held by the only thread that adds an entry.
    adding: Mutex<()>,
}

/// Filled at most once.
type Bucket<M, const N: usize> = Published<Arc<KnownSeries<M, N>>>;

struct KnownSeries<M, const N: usize> {
    values: [&'static str; N],
    metric: M,
}

// The lock guards memory that a panic cannot leave half changed.
impl<M: Metric, const N: usize> RefUnwindSafe for Known<M, N> {}

impl<M: Metric, const N: usize> Family<M, N> {
    /// Returns this family by `'static` label values, such as literals.
    ///
    /// A look-up compares addresses and lengths, in about a quarter of the time of
    /// [`with`](Self::with). The first look-up at new addresses compares texts, so equal
    /// texts find one series at any address.
    ///
    /// A found series is held until the result and its clones are dropped. It does not
    /// expire, and [`remove`](Self::remove) only marks it. Over the [series
    /// limit](Self::set_series_limit), a new label set gets the overflow series, which is
    /// not held: once there is room, the label set gets its own series.
    ///
    /// Three texts take 120 to 260 bytes. The number of entries is limited to four per
    /// series of the family, plus four; texts at further addresses are looked up by
    /// `with` every time. If `unsafe` code frees a leaked text, a later text at its
    /// address may find the wrong series.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let family = registry.counter_family("jobs", "Jobs done.", ["queue", "result"])?;
    /// let jobs = family.static_labels();
    /// jobs.with(["mail", "sent"]).inc();
    /// assert_eq!(family.with(["mail", "sent"]).get(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn static_labels(&self) -> StaticFamily<M, N> {
        StaticFamily(Arc::new(Known {
            family: self.clone(),
            tables: std::array::from_fn(|_| Published::default()),
            newest: AtomicUsize::new(0),
            entry_count: AtomicUsize::new(0),
            adding: Mutex::new(()),
        }))
    }
}

impl<M: Metric, const N: usize> StaticFamily<M, N> {
    /// Returns the series with these label values, in the order of the label names;
    /// creates it if it is new.
    ///
    /// Wait-free for a series held here, lock-free for the overflow series. Otherwise
    /// takes a lock and allocates.
    #[must_use]
    #[inline]
    pub fn with(&self, values: [&'static str; N]) -> Found<'_, M> {
        match self.0.find(&values) {
            Some(metric) => Found::kept(metric),
            None => self.0.find_by_text(values),
        }
    }
}

impl<M: Metric, const N: usize> Known<M, N> {
    #[inline]
    fn find(&self, values: &[&'static str; N]) -> Option<&M> {
        // Acquire: pairs with the Release in `grow`, so the table has all entries.
        let table = self.tables.get(self.newest.load(Ordering::Acquire))?.get()?;
        let mut position = hash(values);
        // A free bucket ends the search.
        while let Some(entry) = table.get(position & table.len().wrapping_sub(1))?.get() {
            if is_same(&entry.values, values) {
                return Some(&entry.metric);
            }
            position = position.wrapping_add(1);
        }
        None
    }

    /// Finds a series by its texts, and adds an entry for its own series.
    #[cold]
    #[inline(never)]
    fn find_by_text(&self, values: [&'static str; N]) -> Found<'_, M> {
        if !self.has_room() {
            return self.family.with(values);
        }
        match self.family.with_own(&values) {
            Ok(metric) => {
                self.add(values, metric).map_or_else(|| self.family.with(values), Found::kept)
            }
            Err(overflow) => overflow,
        }
    }

    fn has_room(&self) -> bool {
        // Relaxed: the limit may be off by a few entries.
        let entry_count = self.entry_count.load(Ordering::Relaxed);
        entry_count / ENTRIES_PER_SERIES <= self.family.series_count()
    }

    /// Adds an entry, unless another thread has added it. `None` if no table is large
    /// enough.
    fn add(&self, values: [&'static str; N], metric: M) -> Option<&M> {
        let _adding = self.adding.lock();
        if let Some(metric) = self.find(&values) {
            return Some(metric);
        }
        // Relaxed, all: stored under the lock only.
        let entry_count = self.entry_count.load(Ordering::Relaxed) + 1;
        let mut newest = self.newest.load(Ordering::Relaxed);
        if entry_count * 2 > table_len(newest) {
            newest = self.grow(newest)?;
        }
        self.entry_count.store(entry_count, Ordering::Relaxed);
        put(self.table(newest)?, Arc::new(KnownSeries { values, metric }))
            .map(|entry| &entry.metric)
    }

    /// Copies all entries to the next table, and returns its number.
    fn grow(&self, newest: usize) -> Option<usize> {
        let (old, new) = (self.table(newest)?, self.table(newest + 1)?);
        old.iter().filter_map(Published::get).for_each(|entry| _ = put(new, Arc::clone(entry)));
        // Release: pairs with the Acquire in `find`.
        self.newest.store(newest + 1, Ordering::Release);
        Some(newest + 1)
    }

    fn table(&self, number: usize) -> Option<&[Bucket<M, N>]> {
        let buckets = || iter::repeat_with(Bucket::default).take(table_len(number)).collect();
        Some(self.tables.get(number)?.get_or_init(buckets))
    }
}

fn table_len(number: usize) -> usize {
    FIRST_CHUNK << (2 * number)
}

/// Puts an entry in the first free bucket of its probe sequence.
fn put<M, const N: usize>(
    table: &[Bucket<M, N>],
    entry: Arc<KnownSeries<M, N>>,
) -> Option<&KnownSeries<M, N>> {
    let first = hash(&entry.values);
    let mut buckets =
        (0..table.len()).filter_map(|step| table.get(first.wrapping_add(step) & (table.len() - 1)));
    buckets.find(|bucket| bucket.get().is_none()).map(|bucket| &**bucket.get_or_init(|| entry))
}

/// Compares addresses and lengths: a `'static` text never changes.
#[inline]
fn is_same<const N: usize>(one: &[&'static str; N], other: &[&'static str; N]) -> bool {
    one.iter().zip(other).all(|(one, other)| ptr::eq(*one, *other))
}

/// Hashes addresses and lengths, without a seed: input does not choose addresses.
///
/// The products are independent, so a mispredicted search costs less.
#[inline]
fn hash<const N: usize>(values: &[&'static str; N]) -> usize {
    let (sum, _) = values.iter().fold((0_u64, ODD), |(sum, odd), value| {
        // From bit 32 on, so that the length reaches the bits that are kept.
        let text = (value.as_ptr().addr() as u64) ^ (value.len() as u64).rotate_left(32);
        (sum.wrapping_add(text.wrapping_mul(odd)), odd.wrapping_mul(ODD))
    });
    // The high half: multiplication mixes upwards.
    (sum >> 32) as usize
}

impl<M: Metric, const N: usize> Clone for StaticFamily<M, N> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Metric, const N: usize> fmt::Debug for StaticFamily<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StaticFamily").field(&self.0.family).finish()
    }
}

#[cfg(all(test, tickmark_loom))]
impl<M: Metric, const N: usize> StaticFamily<M, N> {
    pub(crate) fn holds(&self, values: [&'static str; N]) -> bool {
        self.0.find(&values).is_some()
    }

    pub(crate) fn entry_count(&self) -> usize {
        self.0.entry_count.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn parts_of_one_text_spread() {
        let text: &'static str = String::leak("a".repeat(256));
        let positions = |of: fn(&'static str, usize) -> &'static str| -> usize {
            (0..256).map(|at| hash(&[of(text, at)]) & 511).collect::<HashSet<_>>().len()
        };
        // 256 random hashes take some 200 of 512 buckets. Prefixes and single bytes take
        // 256 at any address. Suffixes took 130 at the worst of 20,000 random addresses.
        assert!(positions(|text, at| &text[..at]) > 180);
        assert!(positions(|text, at| &text[at..]) > 120);
        assert!(positions(|text, at| &text[at..=at]) > 180);
    }
}
