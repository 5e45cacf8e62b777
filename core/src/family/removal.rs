//! Removal and idle expiry of series. The table takes a series from its slot:
//! `series/table.rs`, `Writer::remove`.

use std::ops::Range;
use std::time::Instant;

use crate::cells::arena;
use crate::cells::parity::Reading;
use crate::family::core::FamilyCore;
use crate::family::watch::{Look, RowLook, Verdict};
use crate::metrics::shape::Shape;
use crate::metrics::up_down;
use crate::series::row::Row;
use crate::series::series::Series;
use crate::series::table::Removal;
use crate::sync::{Kept, ROW_SLOTS, spin_loop};
use crate::value::{Number, Value};

/// Attempts to remove a held series, and spins between them: about 10 us in all. A
/// look-up holds a series for less than one attempt, and a scrape holds a row for
/// several. A series held longer stays.
const TRIES: usize = if cfg!(tickmark_loom) { 1 } else { 8 };
const SPINS: usize = if cfg!(tickmark_loom) { 0 } else { 32 };

/// Limits how often `retain` asks about a series that keeps changing.
const MOST_QUESTIONS: usize = 8;

impl FamilyCore {
    /// Returns the next series to expose among the remaining slots, with the look to note
    /// afterwards. Removes series that may go. Skips those from `end_id` on.
    #[inline]
    pub(crate) fn next_shown(
        &self,
        left: &mut Range<usize>,
        end_id: u64,
        now: Option<Instant>,
        reading: &mut Reading,
    ) -> Option<(usize, Kept<Series>, Option<Look>)> {
        // Without a mark and an expiry, a series is only read.
        let is_shown = |kept: &Kept<Series>| {
            now.is_none() && kept.get().is_some_and(|series| series.id < end_id)
        };
        let slot = left.clone().next()?;
        match self.table.slot(slot).filter(is_shown) {
            Some(kept) => {
                left.start = slot + 1;
                Some((slot, kept, None))
            }
            None => self.next_judged(left, end_id, now, reading),
        }
    }

    #[inline(never)]
    fn next_judged(
        &self,
        left: &mut Range<usize>,
        end_id: u64,
        now: Option<Instant>,
        reading: &mut Reading,
    ) -> Option<(usize, Kept<Series>, Option<Look>)> {
        let mut judged = None;
        loop {
            let (slot, kept) = self.table.first_series(left.clone())?;
            left.start = slot + 1;
            // A label set that was removed and came back would be seen twice, if its new
            // series has a later slot.
            let Some(series) = kept.get().filter(|series| series.id < end_id) else { continue };
            let Some(now) = now else { return Some((slot, kept, None)) };
            let (series_id, fingerprint) = (series.id, self.fingerprint(series, reading));
            let look = Look { slot, series_id, fingerprint, now };
            let verdict = self.watch.judge(&look);
            // Expose a series that could not be removed.
            if verdict != Verdict::Goes
                || judged == Some(slot)
                || self.is_under_way(series, reading)
            {
                return Some((slot, kept, (verdict == Verdict::IsOwed).then_some(look)));
            }
            drop(kept);
            _ = self.try_remove(slot, series_id, |series| {
                self.fingerprint(series, reading) == fingerprint
            });
            judged = Some(slot);
            left.start = slot;
        }
    }

    /// Removes the series with these label values, now or at a later walk once it is
    /// unheld. Returns whether it existed.
    pub(crate) fn remove(&self, values: &[&str]) -> bool {
        let Some((slot, id)) = self.table.write().slot_of(values) else { return false };
        self.remove_now_or_later(slot, id);
        true
    }

    /// Removes the series for which `keep` returns false.
    pub(crate) fn retain(&self, mut keep: impl FnMut(&Kept<Series>) -> bool) {
        let mut reading = Reading::default();
        let mut left = self.table.slots();
        let mut questions = 0;
        while let Some((slot, kept)) = self.table.first_series(left.clone()) {
            left.start = slot + 1;
            let Some(series) = kept.get() else { continue };
            let id = series.id;
            let fingerprint = self.fingerprint(series, &mut reading);
            if keep(&kept) {
                continue;
            }
            if self.is_under_way(series, &mut reading) || self.watch.owes(slot, id, || fingerprint)
            {
                self.mark(slot, id);
                continue;
            }
            drop(kept);
            let may_go = |series: &Series| {
                self.fingerprint(series, &mut Reading::default()) == fingerprint
                    && !self.watch.owes(slot, id, || fingerprint)
            };
            let removal = self.try_remove_patiently(slot, id, may_go);
            questions = if removal == Removal::Refused { questions + 1 } else { 0 };
            match removal {
                Removal::Held => self.mark(slot, id),
                // Changed or marked meanwhile: `keep` is called again.
                Removal::Refused if questions < MOST_QUESTIONS => left.start = slot,
                Removal::Refused | Removal::Done | Removal::Absent => {}
            }
        }
    }

    /// Removes every series.
    pub(crate) fn clear(&self) {
        let mut left = self.table.slots();
        while let Some((slot, kept)) = self.table.first_series(left.clone()) {
            left.start = slot + 1;
            let id = kept.get().map(|series| series.id);
            drop(kept);
            if let Some(id) = id {
                self.remove_now_or_later(slot, id);
            }
        }
    }

    fn remove_now_or_later(&self, slot: usize, id: u64) {
        let may_go = |series: &Series| {
            let reading = &mut Reading::default();
            !self.is_under_way(series, reading)
                && !self.watch.owes(slot, id, || self.fingerprint(series, reading))
        };
        if matches!(self.try_remove_patiently(slot, id, may_go), Removal::Held | Removal::Refused) {
            self.mark(slot, id);
        }
    }

    /// Marks a series for removal by a later walk: once unheld, ended and fully exposed.
    fn mark(&self, slot: usize, id: u64) {
        // The lock of the table prevents its removal meanwhile, so no mark outlives its
        // series.
        let _writing = self.table.write();
        let is_there = |kept: Kept<Series>| kept.get().is_some_and(|series| series.id == id);
        if self.table.slot(slot).is_some_and(is_there) {
            self.watch.mark(slot, id);
        }
    }

    fn try_remove_patiently(
        &self,
        slot: usize,
        id: u64,
        may_go: impl Fn(&Series) -> bool,
    ) -> Removal {
        let mut left = TRIES;
        loop {
            let removal = self.try_remove(slot, id, &may_go);
            left -= 1;
            if removal != Removal::Held || left == 0 {
                return removal;
            }
            (0..SPINS).for_each(|_| spin_loop());
        }
    }

    /// Looks at the series of a row from this slot on, for a walk of a watched family.
    /// `None` if one of them may go: then the row must not hold it.
    pub(crate) fn look_at_row(
        &self,
        row: &Row,
        from: usize,
        end_id: u64,
        now: Instant,
        reading: &mut Reading,
    ) -> Option<RowLook> {
        let fingerprints = self.read_counts(row.starts(from)).unwrap_or_else(|| {
            let mut fingerprints = [0; ROW_SLOTS];
            for (fingerprint, member) in fingerprints.iter_mut().zip(row.members(from)) {
                *fingerprint = member.map_or(0, |member| self.fingerprint(member.series, reading));
            }
            fingerprints
        });
        // Expose held and unended series.
        let may_go = |slot: usize, series: &Series| {
            !row.is_held(slot) && !self.is_under_way(series, reading)
        };
        self.watch.judge_row(row, from, end_id, (fingerprints, now), may_go)
    }

    /// Returns a number that changes with every record in a series; of a gauge, with its
    /// value.
    fn fingerprint(&self, series: &Series, reading: &mut Reading) -> u64 {
        if matches!(self.shape, Shape::UpDownCounter) {
            return up_down::steps(arena::process().column(series.run.block()), series.run);
        }
        match self.read(series, reading) {
            Value::Counter(number) | Value::Gauge(number) => match number {
                Number::Unsigned(number) => number,
                Number::Signed(number) => 0_u64.wrapping_add_signed(number),
                Number::Float(number) => number.to_bits(),
            },
            Value::Histogram { buckets, .. } => {
                buckets.iter().fold(0, |count, bucket| count.wrapping_add(*bucket))
            }
            _ => 0,
        }
    }

    /// Returns whether an up-down counter is above zero. Its later decrement must reach
    /// this series.
    fn is_under_way(&self, series: &Series, reading: &mut Reading) -> bool {
        matches!(self.shape, Shape::UpDownCounter)
            && matches!(self.read(series, reading), Value::Gauge(Number::Signed(1..)))
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;
    use crate::metrics::gauge::Gauge;
    use crate::metrics::metric::Sealed;

    #[test]
    fn only_held_series_are_retried() {
        let family = FamilyCore::of_labels(&["label"], Shape::Counter);
        let id = family.with(&["a"]).get().unwrap().id;
        let asked = Cell::new(0);
        let attempt = |may_go: bool| {
            let removal = family.try_remove_patiently(0, id, |_| {
                asked.set(asked.get() + 1);
                may_go
            });
            (removal, asked.take())
        };
        assert_eq!(attempt(false), (Removal::Refused, 1));
        let held = family.get(&["a"]).unwrap().clone();
        assert_eq!(attempt(true), (Removal::Held, 0));
        drop(held);
        assert_eq!(attempt(true), (Removal::Done, 1));
        assert_eq!(attempt(true), (Removal::Absent, 0));
    }

    /// Noting a row does not reset the idle time of its unchanged series.
    #[test]
    fn idle_neighbours_of_a_busy_series_expire() {
        let family = FamilyCore::of_labels(&["label"], Shape::Gauge);
        (0..ROW_SLOTS).for_each(|label| drop(family.with(&[&label.to_string()])));
        family.watch.set_expiry(Some(Duration::from_secs(10)));
        let kept = family.table.row(0).unwrap();
        let (row, began) = (kept.get().unwrap(), Instant::now());
        let look = |seconds: u32| {
            Gauge::open(family.with(&["5"]), ()).set(seconds.into());
            let now = began + Duration::from_secs(seconds.into());
            family.look_at_row(row, 0, u64::MAX, now, &mut Reading::default())
        };
        for seconds in [0, 6] {
            family.watch.note_row(row, 0..ROW_SLOTS, &look(seconds).unwrap(), u64::MAX);
        }
        assert!(look(9).is_some());
        assert!(look(10).is_none());
    }
}
