//! The walk over the series of a family, independent of formats.

use std::ops::{ControlFlow, Range};
use std::time::Instant;

use crate::cells::block::Run;
use crate::cells::parity::Reading;
use crate::collect::collected::CollectedFamily;
use crate::family::core::FamilyCore;
use crate::family::watch::RowLook;
use crate::series::row::{Member, Row};
use crate::series::view::SeriesView;
use crate::sync::{Kept, ROW_SLOTS};
use crate::value::{Number, Value};

/// Reusable memory for reading histograms.
#[derive(Debug, Default)]
pub struct Scratch {
    reading: Reading,
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
    let goes_by_rows = family.shape.is_read_by_rows();
    // The first slot of the next row to load. The slots before it have no row, and are
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
        // A row with a series to be removed is dropped, because it would pin that series.
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

/// Visits the series of a row in the remaining slots.
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
        Some(look) => family.shape.is_counted().then_some(look.fingerprints),
        None => family.read_counts(starts),
    };
    let cell_count = family.shape.cell_count();
    let from = left.start;
    left.start += starts.len();
    let mut seen = ControlFlow::Continue(());
    for (index, member) in row.members(from).enumerate() {
        // Later series are skipped: a label set that was removed and added again would be
        // visited twice if its new slot is a later one.
        let Some(Member { slot, id, start, series }) = member.filter(|member| member.id < end_id)
        else {
            continue;
        };
        let value = match counts.as_ref().and_then(|counts| counts.get(index)) {
            Some(count) => Value::Counter(Number::Unsigned(*count)),
            None => {
                family.read_at(Run::new(start as usize, cell_count), series, &mut scratch.reading)
            }
        };
        if visit(family.view(slot, id, series), value).is_break() {
            left.start = slot + 1;
            seen = ControlFlow::Break(());
            break;
        }
    }
    // After the visits, because a visitor that panics has not shown the series.
    match (look, counts) {
        (Some(look), _) => family.watch.note_row(row, from..left.start, look, end_id),
        (None, Some(counts)) if family.watch.is_on() => {
            family.watch.note_row(row, from..left.start, &RowLook::of_unwatched(counts), end_id);
        }
        _ => {}
    }
    seen
}

/// Visits the next series in the remaining slots.
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
    let view = family.view(slot, series.id, series);
    let seen = visit(view, family.read(series, &mut scratch.reading));
    // After the visit, because a visitor that panics has not shown the series.
    if let Some(look) = look {
        family.watch.note_shown(&look);
    }
    seen
}

pub(crate) fn visit_collected(
    family: &CollectedFamily,
    from: usize,
    mut visit: impl FnMut(SeriesView<'_>, Value<'_>) -> ControlFlow<()>,
) -> Option<usize> {
    family.series.iter().enumerate().skip(from).find_map(|(slot, series)| {
        visit(family.view(slot, series), series.value()).is_break().then_some(slot + 1)
    })
}
