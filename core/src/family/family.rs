//! Families with fixed label names: the series of one name by label values.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::checked::guaranteed;
use crate::family::core::FamilyCore;
use crate::metrics::metric::Metric;

/// The series of one name, by the values of their `N` labels.
///
/// `Clone` returns another reference to the same family.
///
/// ```
/// use tickmark::Registry;
///
/// let registry = Registry::new();
/// let labels = ["method", "status"];
/// let requests = registry.counter_family("requests_total", "Requests served.", labels)?;
/// requests.with(["GET", "200"]).inc();
///
/// let served = requests.handle(["GET", "200"]);
/// served.add(2);
/// assert_eq!(served.get(), 3);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
///
/// # Ways to a series
///
/// | label values | way | time | price |
/// | --- | --- | --- | --- |
/// | known before the work | [`handle`](Self::handle) | 1.5 ns | 24 bytes; the series stays |
/// | of enums | [`closed`](Self::closed) | 3 ns | 40 bytes a combination; series asked for stay |
/// | literals, or leaked once | [`static_labels`](Self::static_labels) | 11 ns | 120 to 260 bytes a set; series found stay |
/// | any text | [`with`](Self::with) | 46 ns | none; series may expire and be removed |
/// | with label names known at run time | [`OpenFamily`](crate::OpenFamily) | twice `with` | a `Result` |
///
/// Times are of a counter with three labels among 200 series (closed: two labels, four
/// series), on an AMD EPYC of family 25, model 17. A series that stays does not expire,
/// and counts towards the [limit](Self::set_series_limit).
#[doc(alias(
    "CounterVec",
    "GaugeVec",
    "HistogramVec",
    "IntCounterVec",
    "IntGaugeVec",
    "MetricVec"
))]
pub struct Family<M: Metric, const N: usize> {
    core: Arc<FamilyCore>,
    shape: M::Shape,
    metric: PhantomData<fn() -> M>,
}

impl<M: Metric, const N: usize> Family<M, N> {
    pub(crate) fn new(core: Arc<FamilyCore>, shape: M::Shape) -> Self {
        Self { core, shape, metric: PhantomData }
    }

    /// Returns the series with these label values, in the order of the label names;
    /// creates it if it is new.
    ///
    /// Any string is a label value, and different values are different series. Over the
    /// [series limit](Self::set_series_limit), a new label set gets the overflow series,
    /// whose values are all `_overflow`. `tickmark_series_overflow_total{family="…"}`
    /// counts these look-ups. `tickmark_series_overflowing{family="…"}` is 1 while
    /// records may still reach the overflow series, and 0 afterwards.
    ///
    /// Lock-free for an existing series, and for a label set over the limit. Creating a
    /// series takes a lock and allocates. A look-up of a series in removal takes the lock
    /// too. Keep a [`handle`](Self::handle) where possible; it records at about the cost
    /// of a plain add.
    #[doc(alias("with_label_values", "get_or_create", "get_metric_with_label_values"))]
    #[must_use]
    #[inline]
    pub fn with(&self, values: [&str; N]) -> Found<'_, M> {
        Found::pinned(M::open(self.core.with(&values), self.shape))
    }

    /// Returns a handle of the series with these label values, to keep in a struct or
    /// move into a task; creates the series if it is new.
    ///
    /// The series is found as by [`with`](Self::with). A held series does not expire.
    /// Recording through the handle costs about a plain add. Locks as `with` does.
    /// Increments the series' reference count.
    ///
    /// ```
    /// use tickmark::{Counter, RegisterError, Registry};
    ///
    /// struct Jobs {
    ///     done: Counter,
    ///     failed: Counter,
    /// }
    ///
    /// fn register(registry: &Registry) -> Result<Jobs, RegisterError> {
    ///     let ended = registry.counter_family("jobs_ended_total", "Jobs ended.", ["outcome"])?;
    ///     Ok(Jobs { done: ended.handle(["done"]), failed: ended.handle(["failed"]) })
    /// }
    ///
    /// let jobs = register(&Registry::new())?;
    /// jobs.done.inc();
    /// assert_eq!((jobs.done.get(), jobs.failed.get()), (1, 0));
    /// # Ok::<(), RegisterError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn handle(&self, values: [&str; N]) -> M {
        self.with(values).into_handle()
    }

    /// Returns a handle of the series with these label values. The overflow series is
    /// only borrowed.
    pub(crate) fn with_own(&self, values: &[&str; N]) -> Result<M, Found<'_, M>> {
        let series = self.core.with(values);
        let is_own = series.get().is_some_and(|series| self.core.is_own(series, values));
        let metric = M::open(series, self.shape);
        if is_own { Ok(metric.clone()) } else { Err(Found::pinned(metric)) }
    }

    /// Returns the approximate number of series that count towards the limit.
    pub(crate) fn series_count(&self) -> usize {
        self.core.series_count()
    }

    /// Returns a handle of a series of a closed set.
    pub(crate) fn open_known(&self, values: [&'static str; N]) -> M {
        M::open(self.core.with_known(&values), self.shape).clone()
    }

    /// Returns the series with these label values, if it exists. Lock-free, except for a
    /// series in removal.
    #[must_use]
    pub fn get(&self, values: [&str; N]) -> Option<Found<'_, M>> {
        let series = self.core.get(&values)?;
        Some(Found::pinned(M::open(series, self.shape)))
    }

    /// Removes the series with these label values. Returns whether it existed.
    ///
    /// An unheld series is gone when this returns, with its records since the last
    /// scrape. The next look-up creates a new series.
    ///
    /// A held series is only marked, as is an up-down counter above zero. It stays
    /// findable and exposed. A later walk drops it once it is unheld, an up-down counter
    /// is back at zero, and every record has been exposed. Removing it again drops no
    /// record.
    ///
    /// A handle holds a series. A look-up on another thread holds it for a moment. A
    /// [walk](crate::export::FamilyView::visit) holds up to 32 at a time.
    ///
    /// Takes a lock.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let open = registry.gauge_family("pool_open", "Open connections.", ["pool"])?;
    /// open.with(["old"]).set(3);
    /// assert!(open.remove(["old"]));
    /// assert!(open.get(["old"]).is_none());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[doc(alias = "remove_label_values")]
    pub fn remove(&self, values: [&str; N]) -> bool {
        self.core.remove(&values)
    }

    /// Removes all series for which `keep` returns false, as [`remove`](Self::remove)
    /// does.
    ///
    /// Calls `keep` with the label values and the metric of each series, and again after
    /// a concurrent record. So `keep` decides on every record that a removal drops.
    /// `keep` must not record in the metric: it would be called again, without end if it
    /// records each time. Takes a lock for each removal, none during `keep`.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.gauge_family("jobs", "Jobs that wait.", ["queue"])?;
    /// jobs.with(["mail"]).set(2);
    /// jobs.with(["print"]).set(0);
    /// jobs.with(["static"]).set(0);
    /// jobs.retain(|[queue], jobs| queue == "static" || jobs.get() != 0);
    /// assert!(jobs.get(["mail"]).is_some() && jobs.get(["static"]).is_some());
    /// assert!(jobs.get(["print"]).is_none());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn retain(&self, mut keep: impl FnMut([&str; N], &M) -> bool) {
        self.core.retain(|kept| {
            let Some(series) = kept.get() else { return true };
            let mut values = series.labels.iter();
            let values =
                std::array::from_fn(|_| guaranteed(values.next(), "a value for each label"));
            keep(values, &M::open(kept.clone(), self.shape))
        });
    }

    /// Removes all series, as [`remove`](Self::remove) does.
    #[doc(alias = "reset")]
    pub fn clear(&self) {
        self.core.clear();
    }

    /// Expires series unchanged for this long. Default: never.
    ///
    /// Checks the time only during a [walk](crate::export::FamilyView::visit). The first
    /// walk that sees a value starts its idle time; a later one drops the series. A
    /// family that is never scraped keeps all its series. A series stays while a handle
    /// holds it, or while an up-down counter is above zero. A record during the drop
    /// keeps the series. Takes a lock.
    ///
    /// Choose several times the interval of the slowest scraper: any walk may drop a
    /// series, and only earlier walks have shown it. A later look-up creates a new
    /// series; for a counter, that is a reset to the reader. Setting a gauge to its
    /// current value, or adding zero, is not a change. Keep a handle of a series that
    /// must stay.
    pub fn set_idle_expiry(&self, after: Option<Duration>) {
        self.core.watch.set_expiry(after);
    }

    /// Limits the number of series; the overflow series does not count. Default: 2,000.
    ///
    /// Existing series stay, even over the limit. A handle of the overflow series keeps
    /// recording there. `tickmark_series_overflowing{family="…"}` returns to 0 at the
    /// first scrape that finds the overflow series gone, or unheld while the family has
    /// room. Lock-free.
    pub fn set_series_limit(&self, limit: usize) {
        self.core.set_series_limit(limit);
    }
}

impl<M: Metric, const N: usize> Clone for Family<M, N> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.core), self.shape)
    }
}

impl<M: Metric, const N: usize> fmt::Debug for Family<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("name", &self.core.description.exposed_name())
            .field("labels", &self.core.description.label_names)
            .finish_non_exhaustive()
    }
}

/// A series found by its labels: record through it at once, or keep a
/// [`handle`](Family::handle).
///
/// Dereferences to the handle without touching the reference count. Concurrent look-ups
/// of one series therefore do not slow each other down. A thread can hold eight at no
/// cost. Each further one updates the shared reference count. It is meant to be
/// short-lived, so it borrows the family.
///
/// From a [`StaticFamily`](crate::StaticFamily) that holds the series, it borrows the
/// handle and does not count among the eight.
#[derive(Debug)]
pub struct Found<'a, M>(Way<'a, M>);

/// Keeps the series alive.
#[derive(Debug)]
enum Way<'a, M> {
    /// This value, as long as it lives.
    Pinned(M),
    /// A handle elsewhere.
    Kept(&'a M),
}

impl<'a, M> Found<'a, M> {
    #[inline]
    pub(super) fn pinned(metric: M) -> Self {
        Self(Way::Pinned(metric))
    }

    #[inline]
    pub(crate) fn kept(metric: &'a M) -> Self {
        Self(Way::Kept(metric))
    }
}

impl<M: Clone> Found<'_, M> {
    /// Returns a handle of the series, to keep.
    #[must_use]
    #[inline]
    pub fn into_handle(self) -> M {
        M::clone(&self)
    }
}

impl<M> Deref for Found<'_, M> {
    type Target = M;

    #[inline]
    fn deref(&self) -> &M {
        match &self.0 {
            Way::Pinned(metric) => metric,
            Way::Kept(metric) => metric,
        }
    }
}
