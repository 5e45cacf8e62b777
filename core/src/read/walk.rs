//! The walk: what an exporter is shown of a registry, in no format at all.

use std::iter;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::bounds::Scale;
use crate::cells::block::Run;
use crate::cells::parity::Reading;
use crate::collect::collected::{CollectedFamily, CollectedSeries};
use crate::family::family::FamilyCore;
use crate::family::faults::Faults;
use crate::family::idle::RowLook;
use crate::names::labels::{LabelValues, is_plain};
use crate::names::scope::ConstantLabels;
use crate::series::exemplar::{Exemplar, SeriesExemplars};
use crate::series::row::{Member, Row};
use crate::series::series::Series;
use crate::sync::{self, Kept, ROW_SLOTS};
use crate::value::{Kind, Number, Value};

/// The families of a registry at one moment, in the order of their names: those that are
/// registered, and those that the collectors yielded for this very value.
#[derive(Clone, Debug)]
pub struct Families {
    pub(crate) recorded: Arc<[Arc<FamilyCore>]>,
    /// In the order of their names.
    pub(crate) collected: Vec<Arc<CollectedFamily>>,
    /// Above the identity of every series that there was when this was made.
    pub(crate) end_id: u64,
    pub(crate) faults: Arc<Faults>,
}

impl Families {
    /// Each family; those in which the engine reports faults only if there were any when
    /// this was made. Takes the locks of those for a moment.
    pub fn iter(&self) -> impl Iterator<Item = FamilyView<'_>> {
        let shown = self.recorded.iter().filter(|family| family.is_shown(self.end_id));
        let view = |source| FamilyView { source, end_id: self.end_id, faults: &self.faults };
        let mut recorded = shown.map(move |family| view(Source::Recorded(family))).peekable();
        let mut collected =
            self.collected.iter().map(move |family| view(Source::Collected(family))).peekable();
        iter::from_fn(move || match (recorded.peek(), collected.peek()) {
            (Some(one), Some(other)) if one.name() < other.name() => recorded.next(),
            (_, Some(_)) => collected.next(),
            (_, None) => recorded.next(),
        })
    }
}

/// A family as an exporter sees it.
#[derive(Clone, Copy, Debug)]
pub struct FamilyView<'a> {
    source: Source<'a>,
    /// See [`Families`].
    end_id: u64,
    faults: &'a Faults,
}

/// Where the values of a family come from.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// Handles, which record them.
    Recorded(&'a FamilyCore),
    /// A collector, which computed them for this scrape.
    Collected(&'a CollectedFamily),
}

impl<'a> FamilyView<'a> {
    /// Identifies the family in this process; never given to another one.
    #[must_use]
    pub fn id(&self) -> u64 {
        match self.source {
            Source::Recorded(family) => family.id,
            Source::Collected(family) => family.id,
        }
    }

    /// The base name: a counter's without `_total`, an info family's without `_info`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self.source {
            Source::Recorded(family) => family.name(),
            Source::Collected(family) => &family.description.name,
        }
    }

    /// The help text, as given: any string but an empty one.
    #[must_use]
    pub fn help(&self) -> &'a str {
        match self.source {
            Source::Recorded(family) => &family.help,
            Source::Collected(family) => &family.description.help,
        }
    }

    /// What its series are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.source {
            Source::Recorded(family) => family.shape.kind(),
            Source::Collected(family) => family.description.content.kind(),
        }
    }

    /// The label names, in the order of each series' values: constant labels first.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let (constant, own) = match self.source {
            Source::Recorded(family) => (&family.constant_labels, &family.label_names),
            Source::Collected(family) => {
                (&family.description.constant_labels, &family.description.label_names)
            }
        };
        // By place, because a chain does not know its length.
        (0..constant.len() + own.len()).map(|place| match constant.get(place) {
            Some((name, _)) => &**name,
            None => own.get(place - constant.len()).map(|name| &**name).unwrap_or_default(),
        })
    }

    /// The unit, if one was given: the name ends in it.
    #[must_use]
    pub fn unit(&self) -> Option<&'a str> {
        match self.source {
            Source::Recorded(family) => family.unit.as_deref(),
            Source::Collected(family) => family.description.unit.as_deref(),
        }
    }

    /// Says that an exporter left this family, or a part of it, out of a page, and why,
    /// in a short fixed text.
    ///
    /// `tickmark_exposition_omissions_total{family="…",reason="…"}` counts that, on later
    /// pages.
    pub fn report_omission(&self, reason: &'static str) {
        match self.source {
            Source::Recorded(family) => {
                self.faults.omissions.count(&[&family.exposed_name, reason])
            }
            Source::Collected(family) => {
                self.faults.omissions.count(&[&family.description.exposed_name(), reason])
            }
        }
    }

    /// The finite bounds of a histogram, in units of exposition; empty for other kinds.
    #[must_use]
    pub fn bounds(&self) -> &'a [f64] {
        match self.source {
            Source::Recorded(family) => family.shape.bounds(),
            Source::Collected(family) => family.description.content.bounds(),
        }
    }

    /// Returns whether bounds and quantiles are written as plain decimals, `1` and not
    /// `1.0`: see [`Registry::with_plain_bounds`](crate::Registry::with_plain_bounds).
    #[must_use]
    pub fn has_plain_bounds(&self) -> bool {
        match self.source {
            Source::Recorded(family) => family.has_plain_bounds,
            Source::Collected(family) => family.description.has_plain_bounds,
        }
    }

    /// The unit of a histogram's sums as far as they are whole numbers; `One` for float
    /// histograms and other kinds.
    #[must_use]
    pub fn scale(&self) -> Scale {
        match self.source {
            Source::Recorded(family) => family.shape.scale(),
            Source::Collected(_) => Scale::One,
        }
    }

    /// The quantiles of a summary, from 0 to 1, in the order of each series' values;
    /// empty for other kinds.
    #[must_use]
    pub fn quantiles(&self) -> &'a [f64] {
        match self.source {
            Source::Recorded(_) => &[],
            Source::Collected(family) => family.description.content.quantiles(),
        }
    }

    /// The states of a state set, in the order of each series' values; empty for other
    /// kinds.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let states = match self.source {
            Source::Recorded(_) => &[],
            Source::Collected(family) => family.description.content.states(),
        };
        states.iter().map(|state| &**state)
    }

    /// Reads the series from slot `from` on, in the order of their slots (collected ones:
    /// in that of the collector), until `visit` breaks. Returns the slot after the one
    /// that it broke at, or `None` if it saw the last.
    ///
    /// Values are exact, and each histogram is one state of itself. Every series is seen
    /// that was there when the [`Families`] were asked for and still is, none that came
    /// later, and no label set twice. What has been idle for too long
    /// ([`Family::set_idle_expiry`](crate::Family::set_idle_expiry)) goes instead of
    /// being seen.
    ///
    /// Nobody waits for this, so `visit` may do whatever it likes; but while it runs, the
    /// series that it is shown, and up to 31 neighbours of a counter or a gauge, are held
    /// as by a handle, so they can only be marked for removal. Takes a lock for a moment
    /// where series came or went since the last walk or may expire, and where few are
    /// left of many; lock-free otherwise. Of a family with 32 counters or gauges and more
    /// it keeps a list: 17 bytes a series.
    pub fn visit(
        &self,
        from: usize,
        scratch: &mut Scratch,
        visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
    ) -> Option<usize> {
        match self.source {
            Source::Recorded(family) => visit_recorded(family, self.end_id, from, scratch, visit),
            Source::Collected(family) => visit_collected(family, from, visit),
        }
    }
}

pub(crate) fn visit_recorded(
    family: &FamilyCore,
    end_id: u64,
    from: usize,
    scratch: &mut Scratch,
    mut visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> Option<usize> {
    let now = family.watch.now();
    let mut left = from..family.table.slots().end;
    let goes_by_rows = family.is_read_by_rows();
    // The slot from which on a row is looked for: where there was none, its slots are
    // visited one by one.
    let mut next_row = from;
    while !left.is_empty() {
        let row = if goes_by_rows && left.start >= next_row {
            family.table.row(left.start)
        } else {
            None
        };
        let look = match (row.as_ref().and_then(Kept::get), now) {
            (Some(row), Some(now)) => {
                family.look_at_row(row, left.start, end_id, now, &mut scratch.reading)
            }
            _ => None,
        };
        // A walk must not keep a series that it is to drop: its row is let go.
        let row = row.filter(|_| now.is_none() || look.is_some());
        let seen = match row.as_ref().and_then(Kept::get) {
            Some(row) => {
                visit_row(family, end_id, (row, look.as_ref()), &mut left, scratch, &mut visit)
            }
            None => {
                next_row = next_row.max(left.start - left.start % ROW_SLOTS + ROW_SLOTS);
                visit_next(family, end_id, now, &mut left, scratch, &mut visit)
            }
        };
        if seen.is_break() {
            return Some(left.start);
        }
    }
    None
}

/// Visits the series that are in a row and in the slots that are left.
#[inline]
fn visit_row(
    family: &FamilyCore,
    end_id: u64,
    (row, look): (&Row, Option<&RowLook>),
    left: &mut Range<usize>,
    scratch: &mut Scratch,
    visit: &mut impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let starts = row.starts(left.start);
    let counts = match look {
        Some(look) => family.is_counted().then_some(look.fingerprints),
        None => family.read_counts(starts),
    };
    let cell_count = family.shape.cell_count();
    let from = left.start;
    left.start += starts.len();
    let mut seen = ControlFlow::Continue(());
    for (place, member) in row.members(from).enumerate() {
        // A label set that was removed and came back would be seen twice, if its new
        // series has a later slot.
        let Some(Member { slot, id, start, series }) = member.filter(|member| member.id < end_id)
        else {
            continue;
        };
        let value = match counts.as_ref().and_then(|counts| counts.get(place)) {
            Some(count) => Value::Counter(Number::Unsigned(*count)),
            None => {
                family.read_at(Run::new(start as usize, cell_count), series, &mut scratch.reading)
            }
        };
        let source = SeriesSource::Recorded(family, series);
        if visit(SeriesView { slot, id, source }, value).is_break() {
            left.start = slot + 1;
            seen = ControlFlow::Break(());
            break;
        }
    }
    // Now, because a visitor that panics has not shown them.
    match (look, counts) {
        (Some(look), _) => family.note_row(row, from..left.start, look, end_id),
        (None, Some(counts)) if family.watch.is_on() => {
            family.note_row(row, from..left.start, &RowLook::of_unwatched(counts), end_id);
        }
        _ => {}
    }
    seen
}

/// Visits the next series in the slots that are left.
#[inline]
fn visit_next(
    family: &FamilyCore,
    end_id: u64,
    now: Option<Instant>,
    left: &mut Range<usize>,
    scratch: &mut Scratch,
    visit: &mut impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some((slot, kept, look)) = family.next_shown(left, end_id, now, &mut scratch.reading)
    else {
        left.start = left.end;
        return ControlFlow::Continue(());
    };
    let Some(series) = kept.get() else { return ControlFlow::Continue(()) };
    let seen =
        visit(SeriesView::new(family, slot, series), family.read(series, &mut scratch.reading));
    // After the visit, because a visitor that panics has not shown it.
    if let Some(look) = look {
        family.watch.note_shown(&look);
    }
    seen
}

fn visit_collected(
    family: &CollectedFamily,
    from: usize,
    mut visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> Option<usize> {
    family.series.iter().enumerate().skip(from).find_map(|(slot, series)| {
        let view =
            SeriesView { slot, id: series.id, source: SeriesSource::Collected(family, series) };
        visit(view, series.value()).is_break().then_some(slot + 1)
    })
}

/// Memory that reading histograms uses again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    reading: Reading,
}

/// A series as an exporter sees it.
#[derive(Clone, Copy, Debug)]
pub struct SeriesView<'a> {
    slot: usize,
    id: u64,
    source: SeriesSource<'a>,
}

/// Where a series comes from, with its family.
#[derive(Clone, Copy, Debug)]
enum SeriesSource<'a> {
    Recorded(&'a FamilyCore, &'a Series),
    Collected(&'a CollectedFamily, &'a CollectedSeries),
}

impl<'a> SeriesView<'a> {
    #[inline]
    pub(crate) fn new(family: &'a FamilyCore, slot: usize, series: &'a Series) -> Self {
        Self { slot, id: series.id, source: SeriesSource::Recorded(family, series) }
    }

    /// Identifies the series in this process; never given to another one. Later series of
    /// a registered family have higher ones.
    #[must_use]
    #[inline]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The place of the series in its family: slots are dense, so an exporter may keep
    /// what it knows of a series in a list. Another series may have the slot later; its
    /// [`id`](Self::id) then differs.
    #[must_use]
    #[inline]
    pub fn slot(&self) -> usize {
        self.slot
    }

    #[inline]
    fn labels(&self) -> (&'a ConstantLabels, &'a LabelValues) {
        match self.source {
            SeriesSource::Recorded(family, series) => (&family.constant_labels, &series.labels),
            SeriesSource::Collected(family, series) => {
                (&family.description.constant_labels, &series.labels)
            }
        }
    }

    /// The label values, in the order of the family's label names: constant labels first.
    #[inline]
    pub fn label_values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (constant, own) = self.labels();
        constant.iter().map(|(_, value)| &**value).chain(own.iter())
    }

    /// Whether no label value has a quotation mark, a backslash or an ASCII control
    /// character: then there is nothing to escape in most formats. Known since the series
    /// came into being, so it costs no look at the values.
    #[must_use]
    #[inline]
    pub fn has_plain_values(&self) -> bool {
        let (constant, own) = self.labels();
        own.are_plain() && constant.iter().all(|(_, value)| is_plain(value))
    }

    #[inline]
    fn recorded(&self) -> Option<(&'a FamilyCore, &'a Series)> {
        match self.source {
            SeriesSource::Recorded(family, series) => Some((family, series)),
            SeriesSource::Collected(..) => None,
        }
    }

    /// When it came into being, if its family keeps that
    /// ([`Registry::with_created_times`](crate::Registry::with_created_times)).
    #[must_use]
    #[inline]
    pub fn created(&self) -> Option<SystemTime> {
        let (family, _) = self.recorded()?;
        family.created.as_ref()?.get(self.slot)
    }

    /// Whether any exemplar was set in it.
    #[must_use]
    #[inline]
    pub fn has_exemplars(&self) -> bool {
        self.exemplars().is_some()
    }

    /// Returns the exemplars of the series, to be shown one after the other. `None` if
    /// none was set. Lock-free.
    #[must_use]
    #[inline]
    pub fn exemplars(&self) -> Option<SeriesExemplars> {
        let (family, series) = self.recorded()?;
        // Until there are any in the family, its series are not fetched for them.
        if family.fault_counts?.exemplars().has_happened() { series.exemplars() } else { None }
    }

    /// The last exemplar of a bucket, by its number (the last is beyond all bounds); a
    /// counter has one with the number 0.
    ///
    /// It may be newer than the value that was read, but it is always of that bucket.
    /// Lock-free.
    #[must_use]
    pub fn exemplar(&self, place: usize) -> Option<sync::Arc<Exemplar>> {
        self.recorded()?.1.exemplar(place)
    }
}
