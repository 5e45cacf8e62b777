//! Families: the series of one name by their label values.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use crate::family::faults::Reports;
use crate::family::idle::Watch;
use crate::metrics::counter::Counter;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::names::labels::LabelValues;
use crate::names::name::{self, TOTAL};
use crate::names::scope::ConstantLabels;
use crate::read::walk::SeriesView;
use crate::series::created::CreatedTimes;
use crate::series::fault_counts::{FaultCounts, FaultNumber};
use crate::series::series::{Series, next_id};
use crate::series::table::{Miss, Removal, Table};
use crate::sync::{AtomicUsize, Kept, Ordering};
use crate::value::Value;

/// Series that a family holds unless set otherwise.
pub(crate) const DEFAULT_SERIES_LIMIT: usize = 2_000;

/// Every label value of the series that takes what is beyond the limit.
const OVERFLOW_VALUE: &str = "_overflow";

/// A family without its types: what registries list, handles point to and exporters walk.
#[derive(Debug)]
pub(crate) struct FamilyCore {
    pub(crate) id: u64,
    /// As samples show it, but for the suffixes of histograms: a counter's ends in
    /// `_total`. Faults name the family so.
    pub(crate) exposed_name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) label_names: Box<[Box<str>]>,
    /// Those of the scope in which it was registered.
    pub(crate) constant_labels: ConstantLabels,
    pub(crate) shape: Shape,
    pub(crate) unit: Option<Box<str>>,
    /// See [`FamilyView::has_plain_bounds`](crate::FamilyView::has_plain_bounds).
    pub(crate) has_plain_bounds: bool,
    /// When the series in each slot came into being, if that is kept.
    pub(crate) created: Option<CreatedTimes>,
    pub(crate) table: Table,
    /// Series that count for the limit: all but the overflow series.
    series_count: AtomicUsize,
    series_limit: AtomicUsize,
    /// How many series were removed, so that a search knows whether any was meanwhile.
    removals: AtomicUsize,
    /// The label values of the series that takes what is beyond the limit. It is created
    /// when it is needed.
    overflow_values: Box<[&'static str]>,
    overflow_hash: u32,
    pub(crate) watch: Watch,
    /// Its counts of faults that handles see; none for gauges, which have no such faults.
    pub(crate) fault_number: Option<FaultNumber>,
    /// What that number leads to.
    pub(crate) fault_counts: Option<&'static FaultCounts>,
    pub(crate) reports: Reports,
    /// Whether it reports faults: it is on the page only if there were any.
    pub(crate) is_of_faults: bool,
}

// Every lock guards memory that a panic cannot leave half changed.
impl RefUnwindSafe for FamilyCore {}

impl FamilyCore {
    pub(crate) fn new(name: &str, help: &str, label_names: &[&str], shape: Shape) -> Self {
        let table = Table::default();
        let overflow_values = vec![OVERFLOW_VALUE; label_names.len()];
        let fault_number = (shape.cell_count() > 0).then(FaultNumber::new);
        Self {
            id: next_id(),
            exposed_name: name::exposed(name, shape.kind()),
            help: help.into(),
            label_names: label_names.iter().map(|label| Box::from(*label)).collect(),
            constant_labels: ConstantLabels::default(),
            shape,
            unit: None,
            has_plain_bounds: false,
            created: None,
            overflow_hash: table.hash(&overflow_values),
            table,
            series_count: AtomicUsize::new(0),
            series_limit: AtomicUsize::new(DEFAULT_SERIES_LIMIT),
            removals: AtomicUsize::new(0),
            overflow_values: overflow_values.into(),
            watch: Watch::default(),
            fault_counts: fault_number.as_ref().map(FaultNumber::counts),
            fault_number,
            reports: Reports::default(),
            is_of_faults: false,
        }
    }

    /// The series with these label values, or the overflow series.
    #[inline]
    pub(crate) fn with(&self, values: &[&str]) -> Kept<Series> {
        self.with_hash(self.table.hash(values), values)
    }

    /// As `with`, by a hash that is known.
    #[inline]
    fn with_hash(&self, hash: u32, values: &[&str]) -> Kept<Series> {
        match self.table.find_first(hash, values) {
            Some(series) => series,
            None => self.search(hash, values),
        }
    }

    /// As `with`, wherever the series is in the index.
    #[inline(never)]
    fn search(&self, hash: u32, values: &[&str]) -> Kept<Series> {
        // Acquire: pairs with the Release in `try_remove`, so the room that these left is
        // seen by `is_full`.
        let removals = self.removals.load(Ordering::Acquire);
        let was_full = self.is_full();
        match self.table.find(hash, values) {
            Ok(series) => series,
            // If none was removed since the family was full, this series was absent then.
            // Relaxed: a search that misses an entry sees all that precedes its removal.
            Err(Miss::Absent)
                if was_full
                    && self.removals.load(Ordering::Relaxed) == removals
                    && !self.is_overflow(values) =>
            {
                self.overflow()
            }
            Err(_) => self.create(hash, values, true),
        }
    }

    /// The series with these label values, also past the limit: they are of a set that
    /// has a limit itself.
    pub(crate) fn with_known(&self, values: &[&str]) -> Kept<Series> {
        self.create(self.table.hash(values), values, false)
    }

    /// The series with these label values, if there is one.
    pub(crate) fn get(&self, values: &[&str]) -> Option<Kept<Series>> {
        let hash = self.table.hash(values);
        match self.table.find(hash, values) {
            Ok(series) => Some(series),
            Err(Miss::Absent) => None,
            Err(Miss::Leaving) => {
                let _settled = self.table.write();
                self.table.find(hash, values).ok()
            }
        }
    }

    /// Creates the series, unless another thread was faster.
    #[cold]
    #[inline(never)]
    fn create(&self, hash: u32, values: &[&str], is_limited: bool) -> Kept<Series> {
        let is_overflow = self.is_overflow(values);
        let is_limited = is_limited && !is_overflow;
        let mut writer = self.table.write();
        if let Ok(series) = self.table.find(hash, values) {
            return series;
        }
        if !is_limited || !self.is_full() {
            let series = Series::new(
                LabelValues::new(values),
                self.shape.cell_count(),
                self.fault_number.as_ref(),
            );
            if let Some(created) = &self.created {
                created.note(writer.next_slot());
            }
            writer.insert(hash, series.clone());
            // Release: pairs with the Acquire in `is_full`, so whoever finds the family
            // full finds this series.
            _ = self.series_count.fetch_add(usize::from(!is_overflow), Ordering::Release);
            return Kept::from(series);
        }
        drop(writer);
        self.overflow()
    }

    /// Where records go that the limit turned away. Lock-free once it exists.
    fn overflow(&self) -> Kept<Series> {
        self.count_overflow();
        self.with_hash(self.overflow_hash, &self.overflow_values)
    }

    fn is_overflow(&self, values: &[&str]) -> bool {
        values == &*self.overflow_values
    }

    /// Removes a series if nobody holds it and `may_go` agrees, who sees all that was
    /// ever recorded in it.
    pub(crate) fn try_remove(
        &self,
        slot: usize,
        id: u64,
        may_go: impl FnOnce(&Series) -> bool,
    ) -> Removal {
        let mut writer = self.table.write();
        let removal = writer.remove(slot, id, |series| {
            let goes = may_go(series);
            if goes && !series.labels.matches(&self.overflow_values) {
                // Relaxed: it precedes the removal from the index, so a search that does
                // not find the series any more sees the room that it left.
                _ = self.series_count.fetch_sub(1, Ordering::Relaxed);
                // Release: pairs with the Acquire in `search`.
                _ = self.removals.fetch_add(1, Ordering::Release);
            }
            goes
        });
        if removal == Removal::Done {
            // Under the lock, so that it is not the next series of the slot that is
            // forgotten.
            self.watch.forget(slot);
        }
        drop(writer);
        removal
    }

    /// Whether records of this family are merged in its overflow series, or may be: those
    /// of new label sets as long as the family is full, and those through a handle of the
    /// overflow series as long as it is held. Takes a lock.
    pub(crate) fn is_overflowing(&self) -> bool {
        let slot = self.table.write().slot_of(&self.overflow_values);
        slot.is_some_and(|(slot, id)| {
            self.is_full() || self.try_remove(slot, id, |_| false) == Removal::Held
        })
    }

    /// Returns whether these values found their own series, and not the overflow series,
    /// in its place or by its name.
    fn is_own(&self, series: &Series, values: &[&str]) -> bool {
        // Without labels there is one series, which is never in the place of another.
        (values.is_empty() || !self.is_overflow(values)) && series.labels.matches(values)
    }

    /// Returns about how many series count for the limit: others may come or go.
    pub(crate) fn series_count(&self) -> usize {
        // Relaxed: a number that publishes nothing.
        self.series_count.load(Ordering::Relaxed)
    }

    /// Exact under the lock of the table; outside of it, full means that all series which
    /// made it so can be found.
    fn is_full(&self) -> bool {
        // Acquire: pairs with the Release in `create`.
        let series_count = self.series_count.load(Ordering::Acquire);
        // Relaxed: whoever set the limit may be followed a little later.
        series_count >= self.series_limit.load(Ordering::Relaxed)
    }

    pub(crate) fn set_series_limit(&self, limit: usize) {
        // Relaxed: see `is_full`.
        self.series_limit.store(limit, Ordering::Relaxed);
    }

    /// The name of the family: a counter's without `_total`.
    pub(crate) fn name(&self) -> &str {
        match self.shape {
            Shape::Counter | Shape::FloatCounter => {
                self.exposed_name.strip_suffix(TOTAL).unwrap_or(&self.exposed_name)
            }
            _ => &self.exposed_name,
        }
    }

    /// Adds one to the counter with these label values.
    pub(crate) fn count(&self, values: &[&str]) {
        Counter::open(self.with(values), ()).inc();
    }

    /// Families that report faults are shown only if there was one before `end_id` was
    /// given.
    pub(crate) fn is_shown(&self, end_id: u64) -> bool {
        let is_before = |kept: Kept<Series>| kept.get().is_some_and(|series| series.id < end_id);
        !self.is_of_faults || self.table.write().series().any(is_before)
    }
}

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
    pub fn remove(&self, values: [&str; N]) -> bool {
        self.core.remove(&values)
    }

    /// Removes all series for which `keep` answers false, in the way of
    /// [`remove`](Self::remove).
    ///
    /// What is recorded after `keep` saw a series is not lost: it is asked again. Takes a
    /// lock for each removal, none while `keep` runs.
    ///
    /// ```
    /// use tickmark::{Number, Registry, Value};
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.gauge_family("jobs", "Jobs that wait.", ["queue"])?;
    /// jobs.with(["mail"]).set(2);
    /// jobs.with(["print"]).set(0);
    /// jobs.retain(|_, value| value != Value::Gauge(Number::Signed(0)));
    /// assert!(jobs.get(["mail"]).is_some());
    /// assert!(jobs.get(["print"]).is_none());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(SeriesView<'_>, Value<'_>) -> bool) {
        self.core
            .retain(|slot, series, value| keep(SeriesView::new(&self.core, slot, series), value));
    }

    /// Removes all series, in the way of [`remove`](Self::remove).
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
            .field("name", &self.core.exposed_name)
            .field("labels", &self.core.label_names)
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
    fn pinned(metric: M) -> Self {
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
