//! Open families: series by label names and values known at run time.

use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::family::core::FamilyCore;
use crate::family::family::Found;
use crate::metrics::metric::Metric;
use crate::names::error::LabelError;
use crate::names::name_lists::check_names;
use crate::names::sorted::{names, sorted};
use crate::series::series::Series;
use crate::sync::Kept;

impl FamilyCore {
    /// Returns the series with these labels, or the overflow series.
    #[inline]
    fn with_labels(&self, labels: &[(&str, &str)]) -> Result<Kept<Series>, LabelError> {
        self.check_absent(labels)?;
        sorted(labels, |key| {
            let hash = self.table.hash(key);
            match self.table.find(hash, key) {
                Ok(series) => Ok(series),
                Err(_) => self.create_labels(hash, key),
            }
        })
    }

    /// Checks the names of labels if one has no value: its name is not in the key.
    #[inline]
    fn check_absent(&self, labels: &[(&str, &str)]) -> Result<(), LabelError> {
        if labels.iter().all(|(_, value)| !value.is_empty()) {
            return Ok(());
        }
        check_names(&self.description, labels.iter().map(|(name, _)| *name))
    }

    /// Creates the series of a key, unless a limit turns it away.
    #[cold]
    #[inline(never)]
    fn create_labels(&self, hash: u32, key: &[&str]) -> Result<Kept<Series>, LabelError> {
        let lists = self.name_lists.get_or_init(Box::default);
        // Read before the search: full lists that lack these names never get them.
        let were_full = lists.is_full();
        if lists.contains(key) || self.is_overflow(key) {
            return Ok(self.search(hash, key));
        }
        check_names(&self.description, names(key))?;
        if were_full {
            return Ok(self.overflow());
        }
        lists.check_alike(key)?;
        // A list of names that a full family turns away takes no room among the others.
        if !self.is_full() && lists.add(key)? {
            Ok(self.search(hash, key))
        } else {
            Ok(self.overflow())
        }
    }

    /// Returns the series with these labels, if it exists.
    fn get_labels(&self, labels: &[(&str, &str)]) -> Option<Kept<Series>> {
        self.check_absent(labels).ok()?;
        sorted(labels, |key| self.get(key))
    }
}

/// The series of one name, by labels whose names are known at run time.
///
/// For label names from a configuration, or from metrics of another library. Prefer a
/// [`Family`](crate::Family) for fixed label names: the compiler checks the number of
/// labels, and a look-up costs less than half: 390 instructions with three labels,
/// against 860 here.
///
/// Each series has label names of its own, after the constant labels. The order of labels
/// does not matter, and an empty value equals an absent label, as in Prometheus. The page
/// shows one HELP and one TYPE for all series.
///
/// `Clone` returns another reference to the same family.
///
/// ```
/// use tickmark::{Counter, Registry};
///
/// let registry = Registry::new();
/// let queries = registry.open_family::<Counter>("queries_total", "Queries answered.", &())?;
/// queries.with(&[("db", "users"), ("op", "read")])?.inc();
/// queries.with(&[("op", "read"), ("db", "users"), ("host", "")])?.inc();
/// queries.with(&[])?.inc();
///
/// let reads = queries.handle(&[("db", "users"), ("op", "read")])?;
/// assert_eq!(reads.get(), 2);
/// assert!(queries.with(&[("le", "1")]).is_err());
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub struct OpenFamily<M: Metric> {
    core: Arc<FamilyCore>,
    shape: M::Shape,
    metric: PhantomData<fn() -> M>,
}

impl<M: Metric> OpenFamily<M> {
    pub(crate) fn new(core: Arc<FamilyCore>, shape: M::Shape) -> Self {
        Self { core, shape, metric: PhantomData }
    }

    /// Returns the series with these labels; creates it if it is new.
    ///
    /// A new label set past the [series limit](Self::set_series_limit), or with the 65th
    /// list of label names, gets the overflow series `{overflow="_overflow"}`. Lists of
    /// label names count as long as the family lives, even without series. Faults are
    /// counted as for [`Family::with`](crate::Family::with).
    ///
    /// Lock-free for a series that exists, for a new label set past the series limit
    /// whose names are known, and for a new list of names past 64. Creating a series
    /// takes a lock and allocates. More than 16 labels allocate too.
    ///
    /// # Errors
    /// If a label name is invalid, reserved, that of a constant label, or occurs twice;
    /// or if it equals a different name of the family in escaped form.
    #[inline]
    pub fn with(&self, labels: &[(&str, &str)]) -> Result<Found<'_, M>, LabelError> {
        let series = self.core.with_labels(labels)?;
        Ok(Found::pinned(M::open(series, self.shape)))
    }

    /// Returns a handle of the series with these labels, to keep. Recording through it
    /// needs no look-up.
    ///
    /// ```
    /// use tickmark::{Gauge, Registry};
    ///
    /// let registry = Registry::new();
    /// let depth = registry.open_family::<Gauge>("queue_depth", "Jobs waiting.", &())?;
    /// let mail = depth.handle(&[("queue", "mail")])?;
    /// mail.set(3);
    /// assert_eq!(depth.with(&[("queue", "mail")])?.get(), 3);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If a label name is invalid, as for [`with`](Self::with).
    pub fn handle(&self, labels: &[(&str, &str)]) -> Result<M, LabelError> {
        Ok(self.with(labels)?.into_handle())
    }

    /// Returns the series with these labels, if it exists. Lock-free, except for a series
    /// in removal.
    #[must_use]
    pub fn get(&self, labels: &[(&str, &str)]) -> Option<Found<'_, M>> {
        let series = self.core.get_labels(labels)?;
        Some(Found::pinned(M::open(series, self.shape)))
    }

    /// Removes the series with these labels, as [`Family::remove`](crate::Family::remove)
    /// does. Returns whether it existed. Takes a lock.
    ///
    /// ```
    /// use tickmark::{Gauge, Registry};
    ///
    /// let registry = Registry::new();
    /// let depth = registry.open_family::<Gauge>("queue_depth", "Jobs waiting.", &())?;
    /// depth.with(&[("queue", "mail")])?.set(3);
    /// assert!(depth.remove(&[("queue", "mail"), ("host", "")]));
    /// assert!(depth.get(&[("queue", "mail")]).is_none());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn remove(&self, labels: &[(&str, &str)]) -> bool {
        self.core.check_absent(labels).is_ok() && sorted(labels, |key| self.core.remove(key))
    }

    /// Removes all series for which `keep` returns false, as
    /// [`Family::retain`](crate::Family::retain) does. Calls `keep` with the labels of
    /// each series, sorted by name, and its metric. `keep` must not record in the metric.
    ///
    /// ```
    /// use tickmark::{Gauge, Registry};
    ///
    /// let registry = Registry::new();
    /// let depth = registry.open_family::<Gauge>("queue_depth", "Jobs waiting.", &())?;
    /// depth.with(&[("queue", "mail"), ("host", "a")])?.set(3);
    /// depth.with(&[("queue", "print")])?.set(0);
    /// depth.retain(|labels, depth| labels.contains(&("host", "a")) || depth.get() != 0);
    /// assert!(depth.get(&[("queue", "print")]).is_none());
    /// assert!(depth.get(&[("queue", "mail"), ("host", "a")]).is_some());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(&[(&str, &str)], &M) -> bool) {
        self.core.retain(|kept| {
            let Some(series) = kept.get() else { return true };
            let mut parts = series.labels.iter();
            let labels: Vec<_> = iter::from_fn(|| Some((parts.next()?, parts.next()?))).collect();
            keep(&labels, &M::open(kept.clone(), self.shape))
        });
    }

    /// Removes all series, in the way of [`remove`](Self::remove). Leaves the lists of
    /// label names, which count as long as the family lives.
    pub fn clear(&self) {
        self.core.clear();
    }

    /// Limits the number of series of all label names; the overflow series does
    /// not count. Default: 2,000. Lock-free.
    ///
    /// Existing series stay, even past a lower limit: see
    /// [`Family::set_series_limit`](crate::Family::set_series_limit).
    pub fn set_series_limit(&self, limit: usize) {
        self.core.set_series_limit(limit);
    }

    /// Expires series unchanged for this long, as
    /// [`Family::set_idle_expiry`](crate::Family::set_idle_expiry) does. Default: never.
    /// Takes a lock.
    pub fn set_idle_expiry(&self, after: Option<Duration>) {
        self.core.watch.set_expiry(after);
    }

    /// Changes the help text, from the next page on. Ignores an empty text. Takes a lock.
    ///
    /// For metrics that are described after their first use. Each different text takes
    /// memory as long as the family lives.
    ///
    /// ```
    /// use tickmark::{Counter, Registry};
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.open_family::<Counter>("jobs_total", "Not described yet.", &())?;
    /// jobs.set_help("Jobs done.");
    /// assert_eq!(registry.families().iter().next().unwrap().help(), "Jobs done.");
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn set_help(&self, help: &str) {
        self.core.set_help(help);
    }
}

impl<M: Metric> Clone for OpenFamily<M> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.core), self.shape)
    }
}

impl<M: Metric> fmt::Debug for OpenFamily<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenFamily")
            .field("name", &self.core.description.exposed_name())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, tickmark_loom))]
impl<M: Metric> OpenFamily<M> {
    pub(crate) fn shown_help(&self) -> (u64, String) {
        let (id, help) = self.core.help();
        (id, help.to_owned())
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::metrics::counter::Counter;
    use crate::metrics::shape::Shape;
    use crate::names::description::Description;

    #[test]
    fn known_names_need_no_lock() {
        let described = Shape::Counter.describe("family", "F.", &[]);
        let description = Description { has_open_labels: true, ..described };
        let core = Arc::new(FamilyCore::new(description, Shape::Counter));
        let family = OpenFamily::<Counter>::new(Arc::clone(&core), ());
        family.set_series_limit(1);
        let look_up = move |family: &OpenFamily<Counter>| {
            for value in ["known", "away"] {
                family.with(&[("b", "b"), ("a", value)]).unwrap().inc();
            }
        };
        look_up(&family);
        let writer = core.table.write();
        let (sender, ended) = channel();
        let looking = family.clone();
        let thread = thread::spawn(move || {
            look_up(&looking);
            sender.send(()).unwrap();
        });
        // With a time limit, so that a look-up that waits for the lock fails the test.
        let ended = ended.recv_timeout(Duration::from_secs(30));
        drop(writer);
        thread.join().unwrap();
        assert_eq!(ended, Ok(()));
        assert_eq!(family.get(&[("overflow", "_overflow")]).unwrap().get(), 2);
    }
}
