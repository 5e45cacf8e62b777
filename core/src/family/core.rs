//! Families without their types: finding, creating and reading series.

use std::panic::RefUnwindSafe;

use crate::cells::arena;
use crate::cells::block::Run;
use crate::cells::parity::Reading;
use crate::family::computed::Computed;
use crate::family::help::ChangedHelp;
use crate::family::limit::{SeriesLimit, overflow_values};
use crate::family::reports::{Counted, Reports};
use crate::family::watch::Watch;
use crate::metrics::counter::Counter;
use crate::metrics::metric::Sealed;
use crate::metrics::shape::Shape;
use crate::names::description::Description;
use crate::names::labels::LabelValues;
use crate::names::name_lists::NameLists;
use crate::series::created::CreatedTimes;
use crate::series::fault_counts::FaultNumber;
use crate::series::series::{Series, next_id};
use crate::series::table::{Miss, Removal, Table, Writer};
use crate::series::view::{Recorded, SeriesView};
use crate::sync::{AtomicUsize, Kept, Ordering, Published, ROW_SLOTS};
use crate::value::Value;

/// A family without its types: listed by registries, referenced by handles, read by
/// walks.
#[derive(Debug)]
pub(crate) struct FamilyCore {
    pub(crate) id: u64,
    pub(crate) description: Description,
    pub(crate) shape: Shape,
    recorded: Recorded,
    pub(crate) table: Table,
    limit: SeriesLimit,
    /// Number of removals, by which a search notices one in the meantime.
    removals: AtomicUsize,
    /// The key of the overflow series, which is created when needed.
    overflow_values: Box<[&'static str]>,
    overflow_hash: u32,
    pub(crate) watch: Watch,
    /// The fault counts of its handles. `None` for gauges, whose handles see no faults.
    pub(crate) fault_number: Option<FaultNumber>,
    pub(crate) reports: Reports,
    /// The function of a computed family, which has no series in its table.
    pub(crate) computed: Option<Computed>,
    /// The label names of an open family. Empty before its first series with labels.
    pub(super) name_lists: Published<Box<NameLists>>,
    /// The help after its first change.
    changed_help: Published<Box<ChangedHelp>>,
}

// Every lock guards memory that a panic cannot leave half changed.
impl RefUnwindSafe for FamilyCore {}

impl FamilyCore {
    pub(crate) fn new(description: Description, shape: Shape) -> Self {
        let table = Table::default();
        let overflow_values = overflow_values(&description);
        let fault_number = (shape.cell_count() > 0).then(FaultNumber::new);
        Self {
            id: next_id(),
            recorded: Recorded {
                created: description.keeps_created_times.then(CreatedTimes::default),
                fault_counts: fault_number.as_ref().map(FaultNumber::counts),
            },
            description,
            shape,
            overflow_hash: table.hash(&overflow_values),
            table,
            limit: SeriesLimit::default(),
            removals: AtomicUsize::new(0),
            overflow_values,
            watch: Watch::default(),
            fault_number,
            reports: Reports::default(),
            computed: None,
            name_lists: Published::default(),
            changed_help: Published::default(),
        }
    }

    /// Returns a family with these labels, for tests.
    #[cfg(test)]
    pub(crate) fn of_labels(label_names: &[&str], shape: Shape) -> Self {
        Self::new(shape.describe("family", "F.", label_names), shape)
    }

    /// Returns an open family, for models.
    #[cfg(all(test, tickmark_loom))]
    pub(crate) fn open(shape: Shape) -> Self {
        let described = shape.describe("family", "F.", &[]);
        Self::new(Description { has_open_labels: true, ..described }, shape)
    }

    /// Returns the series with these label values, or the overflow series.
    #[inline]
    pub(crate) fn with(&self, values: &[&str]) -> Kept<Series> {
        self.with_hash(self.table.hash(values), values)
    }

    /// As `with`, by a known hash.
    #[inline]
    fn with_hash(&self, hash: u32, values: &[&str]) -> Kept<Series> {
        match self.table.find_first(hash, values) {
            Some(series) => series,
            None => self.search(hash, values),
        }
    }

    /// As `with`, anywhere in the index.
    #[inline(never)]
    pub(super) fn search(&self, hash: u32, values: &[&str]) -> Kept<Series> {
        // Acquire: pairs with the Release in `try_remove`, so `is_full` sees the room
        // that these removals left.
        let removals = self.removals.load(Ordering::Acquire);
        let was_full = self.is_full();
        match self.table.find(hash, values) {
            Ok(series) => series,
            // Without a removal since the family was full, this series was absent then.
            // Relaxed: a search that misses an entry sees all that precedes its removal.
            Err(Miss::Absent)
                if was_full
                    && self.removals.load(Ordering::Relaxed) == removals
                    && !self.is_overflow(values) =>
            {
                self.overflow()
            }
            Err(_) => self.create(hash, values),
        }
    }

    /// Returns the series with these label values, even over the limit, since a closed
    /// set is finite.
    pub(crate) fn with_known(&self, values: &[&str]) -> Kept<Series> {
        let hash = self.table.hash(values);
        let mut writer = self.table.write();
        match self.table.find(hash, values) {
            Ok(series) => series,
            Err(_) => self.insert(&mut writer, hash, values),
        }
    }

    /// Returns the series with these label values, if it exists.
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

    /// Creates the series within the limit, unless another thread created it first.
    #[cold]
    #[inline(never)]
    fn create(&self, hash: u32, values: &[&str]) -> Kept<Series> {
        let mut writer = self.table.write();
        if let Ok(series) = self.table.find(hash, values) {
            return series;
        }
        if self.is_overflow(values) || !self.is_full() {
            return self.insert(&mut writer, hash, values);
        }
        drop(writer);
        self.overflow()
    }

    /// Inserts a series, which is absent from the table.
    fn insert(&self, writer: &mut Writer<'_>, hash: u32, values: &[&str]) -> Kept<Series> {
        let series = Series::new(
            LabelValues::new(values),
            self.shape.cell_count(),
            self.fault_number.as_ref(),
        );
        if let Some(created) = &self.recorded.created {
            created.note(writer.next_slot());
        }
        writer.insert(hash, series.clone());
        if !self.is_overflow(values) {
            self.limit.count();
        }
        Kept::from(series)
    }

    /// Returns the overflow series, and counts the look-up.
    pub(super) fn overflow(&self) -> Kept<Series> {
        self.reports.count_overflow();
        self.with_hash(self.overflow_hash, &self.overflow_values)
    }

    pub(super) fn is_overflow(&self, values: &[&str]) -> bool {
        values == &*self.overflow_values
    }

    /// Removes an unheld series if `may_go` returns true. `may_go` sees every record in
    /// the series.
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
                self.limit.discount();
                // Release: pairs with the Acquire in `search`.
                _ = self.removals.fetch_add(1, Ordering::Release);
            }
            goes
        });
        if removal == Removal::Done {
            // Under the lock, so that a new series in the slot is not forgotten.
            self.watch.forget(slot);
        }
        drop(writer);
        removal
    }

    /// Returns whether records may go to the overflow series. They may while the family
    /// or its lists of label names are full, and while a handle of that series is held.
    /// Takes a lock.
    pub(crate) fn is_overflowing(&self) -> bool {
        let slot = self.table.write().slot_of(&self.overflow_values);
        slot.is_some_and(|(slot, id)| {
            self.is_full()
                || self.name_lists.get().is_some_and(|lists| lists.is_full())
                || self.try_remove(slot, id, |_| false) == Removal::Held
        })
    }

    /// Returns whether these values found their own series, rather than the overflow
    /// series in its place or by its name.
    pub(super) fn is_own(&self, series: &Series, values: &[&str]) -> bool {
        // The only series of a family without labels never stands in for another.
        (values.is_empty() || !self.is_overflow(values)) && series.labels.matches(values)
    }

    /// Returns the approximate number of series that count towards the limit.
    pub(crate) fn series_count(&self) -> usize {
        self.limit.series_count()
    }

    /// Returns whether the limit is reached. Exact under the lock of the table; without
    /// it, all series that count can be found.
    pub(super) fn is_full(&self) -> bool {
        self.limit.is_reached()
    }

    pub(crate) fn set_series_limit(&self, limit: usize) {
        self.limit.set(limit);
    }

    /// Returns the base name, without `_total` and `_info`.
    pub(crate) fn name(&self) -> &str {
        &self.description.name
    }

    /// Returns the id of the family with its current help, and that help.
    pub(crate) fn help(&self) -> (u64, &str) {
        let changed = self.changed_help.get().and_then(|changed| changed.get());
        changed.unwrap_or((self.id, &self.description.help))
    }

    /// Changes the help from the next scrape on. Ignores an empty text.
    pub(super) fn set_help(&self, help: &str) {
        if !help.is_empty() {
            self.changed_help.get_or_init(Box::default).set(&self.description.help, help);
        }
    }

    /// Increments the counter with these label values.
    pub(crate) fn count(&self, values: &[&str]) {
        Counter::open(self.with(values), ()).inc();
    }

    /// Returns whether walks expose the family. Fault families are exposed only after a
    /// fault that precedes `end_id`.
    pub(crate) fn is_shown(&self, end_id: u64) -> bool {
        let is_before = |kept: Kept<Series>| kept.get().is_some_and(|series| series.id < end_id);
        !self.description.is_of_faults || self.table.write().series().any(is_before)
    }

    /// Returns the view of the series in a slot.
    #[inline]
    pub(crate) fn view<'a>(&'a self, slot: usize, id: u64, series: &'a Series) -> SeriesView<'a> {
        SeriesView {
            slot,
            id,
            family: &self.description,
            labels: &series.labels,
            recorded: Some((series, &self.recorded)),
        }
    }

    /// Reads the value of a series, a histogram's into `reading`.
    pub(crate) fn read<'a>(&self, series: &Series, reading: &'a mut Reading) -> Value<'a> {
        self.read_at(series.run, series, reading)
    }

    /// Reads the value of a series at a known run.
    pub(crate) fn read_at<'a>(
        &self,
        run: Run,
        series: &Series,
        reading: &'a mut Reading,
    ) -> Value<'a> {
        let (value, is_settled) = self.shape.read(run, series, reading);
        if !is_settled {
            self.reports.count_unsettled();
        }
        value
    }

    /// Reads counters at once by the starts of their cells, which is faster than
    /// [`read`](Self::read). `None` for other kinds.
    #[inline]
    pub(crate) fn read_counts(&self, starts: &[u32]) -> Option<[u64; ROW_SLOTS]> {
        if !self.shape.is_counted() {
            return None;
        }
        let mut counts = [0; ROW_SLOTS];
        arena::process().add_sums(starts, &mut counts);
        Some(counts)
    }

    pub(crate) fn counted_faults(&self) -> Counted {
        let counts = self.fault_number.as_ref().map(|number| number.counts());
        Counted {
            overflows: self.reports.overflows(),
            unsettled: self.reports.unsettled(),
            rejected_records: counts.map_or(0, |counts| counts.rejected_records()),
            rejected_exemplars: counts.map_or(0, |counts| counts.rejected_exemplars()),
        }
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::bounds::scale::Scale;
    use crate::bounds::whole::Bounds;
    use crate::cells::amount::Amount;
    use crate::cells::parity::{observe_shared, shared_steps};
    use crate::metrics::histogram::Histogram;
    use crate::series::fault_counts;
    use crate::series::series::reject_record;
    use crate::value::Number;

    /// A thread without a lease may stop between any two steps of an observation.
    #[test]
    fn readings_end_beside_stalled_observations() {
        let layout = Bounds::new(Scale::One, &[1.0, 10.0]).unwrap().0;
        let family = FamilyCore::of_labels(&[], Shape::Histogram(layout));
        let series = family.with(&[]);
        let histogram = Histogram::open(series.clone(), layout);
        let run = series.get().unwrap().run;
        let block = arena::process().column(run.block()).shared_or_new();
        let mut reading = Reading::default();

        histogram.observe(7);
        observe_shared(block, run, 0, Amount::Whole(1));
        assert_eq!((histogram.snapshot().sum, histogram.snapshot().is_settled), (8, true));
        // As in `observe_shared`: begun, added to the sum and its bucket, finished.
        let steps = shared_steps(2, 100);
        let expected = [(8, 0, false), (108, 0, false), (108, 1, false), (108, 1, true)];
        for (number, ((cell, amount), (sum, last, is_settled))) in
            (1..).zip(steps.into_iter().zip(expected))
        {
            _ = block.cell(run, cell).fetch_add(amount, Ordering::Relaxed);
            let snapshot = histogram.snapshot();
            assert_eq!((snapshot.sum, &snapshot.buckets[..]), (sum, &[1, 1, last][..]));
            assert_eq!(snapshot.is_settled, is_settled);
            let value = family.read(series.get().unwrap(), &mut reading);
            assert_eq!(
                value,
                Value::Histogram { buckets: &[1, 1, last], sum: Number::Unsigned(sum) }
            );
            // The next page reports it.
            assert_eq!(family.counted_faults().unsettled, number.min(3));
        }
    }

    /// Concurrent tests take some, too.
    #[test]
    fn fault_numbers_of_dropped_families_are_reused() {
        for _ in 0..10_000 {
            let family = FamilyCore::of_labels(&["label"], Shape::FloatCounter);
            reject_record(&family.with(&["one"]));
        }
        let end = fault_counts::numbers_end();
        assert!(end < 5_000, "{end}");
    }

    #[test]
    fn a_held_series_keeps_its_fault_number() {
        let family = FamilyCore::of_labels(&["label"], Shape::FloatCounter);
        let held = family.with(&["one"]).clone();
        drop(family);
        let others: Vec<_> = (0..100).map(|_| FaultNumber::new()).collect();
        (0..3).for_each(|_| reject_record(&held));
        assert!(others.iter().all(|other| other.counts().rejected_records() == 0));
        assert_eq!(held.get().unwrap().fault_counts().unwrap().rejected_records(), 3);
    }
}
