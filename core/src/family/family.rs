//! Families: the series of one name by their label values.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::family::core::FamilyCore;
use crate::metrics::metric::Metric;

/// The series of one name, by the values of their `N` labels.
///
/// `Clone` gives another reference to the same family.
///
/// ```
/// use tickmark::Registry;
///
/// let registry = Registry::new();
/// let requests = registry.counter_family("requests_total", "Requests served.", ["method", "status"])?;
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
/// | known before the work | [`handle`](Self::handle) | 2 ns | 24 bytes; the series stays |
/// | of enums | [`closed`](Self::closed) | 2 ns | 40 bytes a combination; series asked for stay |
/// | literals, or leaked once | [`static_labels`](Self::static_labels) | 8 ns | 120 to 260 bytes a set; series found stay |
/// | any text | [`with`](Self::with) | 32 ns | none; series may expire and be removed |
///
/// The times are of a counter with three labels among 200 series (closed: two labels,
/// four series), on an AMD EPYC of family 25, model 17. A series that stays does not
/// expire, and counts for the [limit](Self::set_series_limit).
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

    /// The series with these label values, in the order of the family's label names;
    /// created if it is new.
    ///
    /// Any string is a label value, and different values are different series. Past the
    /// limit of the family ([`set_series_limit`](Self::set_series_limit)) a new label set
    /// gets the overflow series, whose values all read `_overflow`.
    /// `tickmark_series_overflow_total{family="…"}` counts such look-ups, and
    /// `tickmark_series_overflowing{family="…"}` is 1 as long as records may be merged
    /// there, even through handles that were looked up before; 0 afterwards.
    ///
    /// Lock-free for a series that exists, at any number of threads, and for one that is
    /// turned away. Creating a series takes a lock and allocates; one that somebody
    /// removes at this moment is as good as new and takes the lock as well. Where you
    /// can, keep a [`handle`](Self::handle): recording through it costs about a plain add.
    #[doc(alias("with_label_values", "get_or_create", "get_metric_with_label_values"))]
    #[must_use]
    #[inline]
    pub fn with(&self, values: [&str; N]) -> Found<'_, M> {
        Found::pinned(M::open(self.core.with(&values), self.shape))
    }

    /// Returns a handle of the series with these label values, to keep in a struct or
    /// move into a task; creates the series if it is new.
    ///
    /// The series is found as by [`with`](Self::with). The handle holds it: it does not
    /// expire, and recording through it costs about a plain add. Takes the locks of
    /// `with`; touches the reference count of the series.
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

    /// Returns a handle of the series with these label values; the overflow series is
    /// only lent.
    pub(crate) fn with_own(&self, values: &[&str; N]) -> Result<M, Found<'_, M>> {
        let series = self.core.with(values);
        let is_own = series.get().is_some_and(|series| self.core.is_own(series, values));
        let metric = M::open(series, self.shape);
        if is_own { Ok(metric.clone()) } else { Err(Found::pinned(metric)) }
    }

    /// Returns about how many series count for the limit: others may come or go.
    pub(crate) fn series_count(&self) -> usize {
        self.core.series_count()
    }

    /// The handle of a series of a closed set.
    pub(crate) fn open_known(&self, values: [&'static str; N]) -> M {
        M::open(self.core.with_known(&values), self.shape).clone()
    }

    /// The series with these label values, if there is one; none is created. Lock-free,
    /// but for a series that is being removed at this moment.
    #[must_use]
    pub fn get(&self, values: [&str; N]) -> Option<Found<'_, M>> {
        let series = self.core.get(&values)?;
        Some(Found::pinned(M::open(series, self.shape)))
    }

    /// Removes the series with these label values. Returns whether there was one.
    ///
    /// An unheld series is gone when this returns, with all that it counted: records
    /// since the last scrape are on no page. The next look-up begins a new series.
    ///
    /// A held series is marked and stays, and so does an up-down counter with something
    /// under way. Look-ups go on in it, it is exposed, and every record in it is on a
    /// page: a walk drops it only when it is unheld, has ended, and a walk has shown
    /// exactly what it holds. Removing it again drops nothing unshown. A handle holds, a
    /// look-up on another thread holds for its moment, and a
    /// [walk](crate::FamilyView::visit) holds up to 32.
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
    /// `keep` is called with the label values and the metric of each series. It is called
    /// again for a series that was recorded in meanwhile, so no record is lost. Takes a
    /// lock for each removal, none while `keep` runs.
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
            let values = std::array::from_fn(|_| values.next().unwrap_or_default());
            keep(values, &M::open(kept.clone(), self.shape))
        });
    }

    /// Removes all series, in the way of [`remove`](Self::remove).
    #[doc(alias = "reset")]
    pub fn clear(&self) {
        self.core.clear();
    }

    /// Has scrapes drop series whose value did not change for this long; none are dropped
    /// unless this is set.
    ///
    /// Time is looked at only when the family is walked over
    /// ([`FamilyView::visit`](crate::FamilyView::visit)): the first walk that sees a
    /// value begins its time, and a later one drops the series. A family that nobody
    /// scrapes keeps all. A series stays as long as a handle of it is held, or what an
    /// up-down counter counts has not ended. A record that comes while a series is being
    /// dropped keeps it. Takes a lock.
    ///
    /// Choose several times the interval of the slowest scraper: any walk may drop a
    /// series, and only those before it have shown it. A look-up after that begins a new
    /// series, which for a counter is a reset to the reader. To set a gauge to the value
    /// that it has, or to add nothing, is no change: keep a handle of what is to stay.
    pub fn set_idle_expiry(&self, after: Option<Duration>) {
        self.core.watch.set_expiry(after);
    }

    /// Limits the number of series (2,000 unless set), not counting the overflow series.
    ///
    /// Series that exist stay, also if there are more. Label sets that have the overflow
    /// series keep it as long as a handle of it is held.
    /// `tickmark_series_overflowing{family="…"}` goes back to 0 at the first scrape that
    /// finds the overflow series gone, or unheld in a family with room. Lock-free.
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

/// A series that was found by its label values: record through it at once, or clone it to
/// keep a handle.
///
/// It stands for the handle (and derefs to it) without touching the reference count of
/// the series, so that threads which look up one series at the same time do not slow each
/// other down. A thread has room for eight of these; any more at the same time cost it,
/// and only it, a shared reference count each. That is why this borrows the family, and a
/// handle that is kept is a clone.
///
/// Where a [`StaticFamily`](crate::StaticFamily) holds the series, this borrows its
/// handle and takes none of that room.
#[derive(Debug)]
pub struct Found<'a, M>(Way<'a, M>);

/// Keeps the series that was found.
#[derive(Debug)]
enum Way<'a, M> {
    /// This value, for as long as it lives.
    Pinned(M),
    /// A handle that is kept elsewhere.
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
    /// Returns a handle of the series, which holds it: for keeping.
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
