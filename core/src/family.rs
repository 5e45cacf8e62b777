//! Families: the series of one name by their label values.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use crate::Counter;
use crate::labels::LabelValues;
use crate::metric::{Metric, Sealed};
use crate::name::TOTAL;
use crate::rejected::Rejected;
use crate::series::{Series, next_id};
use crate::shape::Shape;
use crate::sync::{ArcSlot, AtomicUsize, Kept, Mutex, Ordering};
use crate::table::Table;

/// Series that a family holds unless set otherwise.
const DEFAULT_SERIES_LIMIT: usize = 2_000;

/// Every label value of the series that takes what is beyond the limit.
const OVERFLOW_VALUE: &str = "_overflow";

/// A family without its types: what registries list, handles point to and exporters walk.
#[derive(Debug)]
pub(crate) struct FamilyCore {
    pub(crate) id: u64,
    /// As samples show it, but for the suffixes of histograms: a counter's ends in `_total`.
    pub(crate) exposed_name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) label_names: Box<[Box<str>]>,
    pub(crate) shape: Shape,
    table: Table,
    /// Held while a series is created, and while rejected records are reported.
    pub(crate) creating: Mutex<()>,
    /// Slots of the table that hold a series, from the first on.
    slot_count: AtomicUsize,
    series_limit: AtomicUsize,
    /// Takes what is beyond the limit, and does not count for it. Created when it is needed.
    overflow_series: ArcSlot<Series>,
    /// Where this family reports what went wrong in it; none for the families of the reports.
    pub(crate) faults: Option<Arc<Faults>>,
    pub(crate) rejected: Rejected,
}

// Every lock guards memory that a panic cannot leave half changed.
impl RefUnwindSafe for FamilyCore {}

/// The families in which a registry says what went wrong. They are on the page only if something did.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) overflows: Arc<FamilyCore>,
    pub(crate) unsettled: Arc<FamilyCore>,
    pub(crate) rejected: Arc<FamilyCore>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        let counter = |name: &str, help: &str| {
            let family = FamilyCore::new(name, help, &["family"], Shape::Counter, None);
            family.set_series_limit(usize::MAX);
            Arc::new(family)
        };
        Self {
            overflows: counter(
                "tickmark_series_overflow",
                "Look-ups of a new label set that the series limit of the family turned away.",
            ),
            unsettled: counter(
                "tickmark_histogram_reads_unsettled",
                "Reads of a histogram whose sum may differ from its buckets by the observations in flight.",
            ),
            rejected: counter(
                "tickmark_observations_rejected",
                "Values that a float metric did not record: NaN, infinite, or negative where none may be.",
            ),
        }
    }
}

impl FamilyCore {
    pub(crate) fn new(name: &str, help: &str, label_names: &[&str], shape: Shape, faults: Option<Arc<Faults>>) -> Self {
        Self {
            id: next_id(),
            exposed_name: match shape {
                Shape::Counter | Shape::FloatCounter => format!("{name}{TOTAL}").into_boxed_str(),
                _ => name.into(),
            },
            help: help.into(),
            label_names: label_names.iter().map(|label| Box::from(*label)).collect(),
            shape,
            table: Table::default(),
            creating: Mutex::new(()),
            slot_count: AtomicUsize::new(0),
            series_limit: AtomicUsize::new(DEFAULT_SERIES_LIMIT),
            overflow_series: ArcSlot::default(),
            faults,
            rejected: Rejected::default(),
        }
    }

    /// The series with these label values, or the overflow series.
    #[inline]
    pub(crate) fn with(&self, values: &[&str]) -> Kept<Series> {
        let hash = self.table.hash(values);
        match self.table.find(hash, values) {
            Some(series) => series,
            None => self.find_or_create(hash, values),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_or_create(&self, hash: u32, values: &[&str]) -> Kept<Series> {
        let is_overflow = !values.is_empty() && values.iter().all(|value| *value == OVERFLOW_VALUE);
        if is_overflow || !self.is_full() {
            let _creating = self.creating.lock();
            // Somebody may have been faster.
            if let Some(found) = self.table.find(hash, values) {
                return found;
            }
            if is_overflow || !self.is_full() {
                return self.create(hash, values, is_overflow);
            }
        }
        // The last series that the limit allows may have been this very one, created since it was not found.
        self.table.find(hash, values).unwrap_or_else(|| self.overflow())
    }

    /// Creates a series that is not there. The caller holds the lock.
    fn create(&self, hash: u32, values: &[&str], is_overflow: bool) -> Kept<Series> {
        let series = Arc::new(Series::new(LabelValues::new(values), self.shape.cell_count()));
        // Relaxed: stored under the same lock.
        let slot = self.slot_count.load(Ordering::Relaxed);
        self.table.insert(hash, slot, Arc::clone(&series));
        if is_overflow {
            self.overflow_series.store(Arc::clone(&series));
        }
        // Release: pairs with the Acquire in `slot_count`, so whoever counts this series finds it.
        self.slot_count.store(slot + 1, Ordering::Release);
        Kept::from(series)
    }

    /// Where records go that the limit turned away. Lock-free once it exists.
    #[cold]
    fn overflow(&self) -> Kept<Series> {
        if let Some(faults) = &self.faults {
            faults.overflows.count(&self.exposed_name);
        }
        let series = self.overflow_series.load();
        if series.get().is_some() {
            return series;
        }
        self.with(&vec![OVERFLOW_VALUE; self.label_names.len()])
    }

    /// Exact under the lock; outside of it, full means that every series the limit allows can be found.
    fn is_full(&self) -> bool {
        let slot_count = self.slot_count();
        let beside_the_limit = usize::from(self.overflow_series.load().get().is_some());
        // Relaxed: whoever set the limit may be followed a little later.
        slot_count.saturating_sub(beside_the_limit) >= self.series_limit.load(Ordering::Relaxed)
    }

    pub(crate) fn set_series_limit(&self, limit: usize) {
        // Relaxed: see `is_full`.
        self.series_limit.store(limit, Ordering::Relaxed);
    }

    /// The name of the family: a counter's without `_total`.
    pub(crate) fn name(&self) -> &str {
        match self.shape {
            Shape::Counter | Shape::FloatCounter => self.exposed_name.strip_suffix(TOTAL).unwrap_or(&self.exposed_name),
            _ => &self.exposed_name,
        }
    }

    /// Adds one to the counter with this label value.
    fn count(&self, value: &str) {
        Counter::open(self.with(&[value]), ()).inc();
    }

    /// Says that a histogram could not be read as one state.
    pub(crate) fn report_unsettled(&self) {
        if let Some(faults) = &self.faults {
            faults.unsettled.count(&self.exposed_name);
        }
    }

    /// Families that report faults are shown only if there is one.
    pub(crate) fn is_shown(&self) -> bool {
        self.faults.is_some() || self.slot_count() > 0
    }

    pub(crate) fn slot_count(&self) -> usize {
        // Acquire: pairs with the Release in `create`.
        self.slot_count.load(Ordering::Acquire)
    }

    pub(crate) fn series(&self, slot: usize) -> Option<Kept<Series>> {
        self.table.slot(slot)
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
/// let served = requests.with(["GET", "200"]).clone();
/// served.add(2);
/// assert_eq!(served.get(), 3);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub struct Family<M: Metric, const N: usize> {
    core: Arc<FamilyCore>,
    shape: M::Shape,
    metric: PhantomData<fn() -> M>,
}

impl<M: Metric, const N: usize> Family<M, N> {
    pub(crate) fn new(core: Arc<FamilyCore>, shape: M::Shape) -> Self {
        Self { core, shape, metric: PhantomData }
    }

    /// The series with these label values, in the order of the family's label names; created if it is new.
    ///
    /// Any string is a label value, and different values are different series. Past the limit of the family
    /// ([`set_series_limit`](Self::set_series_limit)) a new label set gets the overflow series, whose values all read
    /// `_overflow`, and `tickmark_series_overflow_total{family="…"}` counts that.
    ///
    /// Lock-free for a series that exists, at any number of threads, and for one that is turned away. Creating a series
    /// takes a lock and allocates. Where you can, keep a handle (`.with(…).clone()`): recording through it costs about a
    /// plain add.
    #[must_use]
    #[inline]
    pub fn with(&self, values: [&str; N]) -> Found<'_, M> {
        Found { metric: M::open(self.core.with(&values), self.shape), family: PhantomData }
    }

    /// Limits the number of series (2,000 unless set), not counting the overflow series.
    ///
    /// Series that exist stay, also if there are more. Lock-free.
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

/// A series that was found by its label values: record through it at once, or clone it to keep a handle.
///
/// It stands for the handle (and derefs to it) without touching the reference count of the series, so that threads which
/// look up one series at the same time do not slow each other down. A thread has room for eight of these; any more at
/// the same time cost it, and only it, a shared reference count each. That is why this borrows the family, and a handle
/// that is kept is a clone.
#[derive(Debug)]
pub struct Found<'a, M> {
    metric: M,
    family: PhantomData<&'a ()>,
}

impl<M> Deref for Found<'_, M> {
    type Target = M;

    #[inline]
    fn deref(&self) -> &M {
        &self.metric
    }
}
