//! Series that nobody changes, or that were removed while somebody held them: which of them a scrape drops.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::arena;
use crate::family::FamilyCore;
use crate::parity::Reading;
use crate::series::Series;
use crate::shape::Shape;
use crate::sync::{AtomicBool, Kept, Mutex, Ordering, spin_loop};
use crate::table::Removal;
use crate::up_down;
use crate::value::{Number, Value};

/// How often a removal is tried while somebody holds the series, and how long it spins in between: together some 10 us.
/// A look-up or a scrape holds a series for less than one of them; who holds it longer keeps it.
const TRIES: usize = if cfg!(tickmark_loom) { 1 } else { 8 };
const SPINS: usize = if cfg!(tickmark_loom) { 0 } else { 32 };

/// What a family knows of series that may have to go.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Whether there is anything to watch: scrapes of most families need not ask the lock.
    is_on: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How long a series may stay unchanged.
    expiry: Option<Duration>,
    /// By slot, what was last seen there.
    seen: Vec<Option<Seen>>,
}

/// A series at the last look.
#[derive(Clone, Copy, Debug)]
struct Seen {
    series_id: u64,
    fingerprint: u64,
    /// Since when it has not changed; nothing if it was removed and goes as soon as it can.
    since: Option<Instant>,
}

impl Watch {
    pub(crate) fn set_expiry(&self, expiry: Option<Duration>) {
        let mut state = self.state.lock();
        state.expiry = expiry;
        if expiry.is_none() {
            // What was removed while it was held still has to go.
            state
                .seen
                .iter_mut()
                .filter(|seen| seen.is_some_and(|seen| seen.since.is_some()))
                .for_each(|seen| *seen = None);
        }
        drop(state);
        self.turn_on();
    }

    fn turn_on(&self) {
        // Relaxed: a scrape that does not see it yet leaves the work to the next.
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// The time for judging, if there is anything to judge.
    pub(crate) fn now(&self) -> Option<Instant> {
        // Relaxed: see `turn_on`.
        self.is_on.load(Ordering::Relaxed).then(Instant::now)
    }

    /// Has the series dropped by the first scrape that finds it unheld, and as it is now or as a scrape has shown it.
    fn drop_later(&self, slot: usize, series_id: u64, fingerprint: u64) {
        self.state.lock().note(slot, Seen { series_id, fingerprint, since: None });
        self.turn_on();
    }

    /// Notes how a scrape found a series, and says whether it may go.
    fn judge(&self, slot: usize, series_id: u64, fingerprint: u64, now: Instant) -> bool {
        let mut state = self.state.lock();
        let seen = state.seen.get_mut(slot).and_then(Option::as_mut).filter(|seen| seen.series_id == series_id);
        let Some(seen) = seen else {
            if state.expiry.is_some() {
                state.note(slot, Seen { series_id, fingerprint, since: Some(now) });
            }
            return false;
        };
        if seen.fingerprint != fingerprint {
            seen.fingerprint = fingerprint;
            seen.since = seen.since.map(|_| now);
            return false;
        }
        let Some(since) = seen.since else { return true };
        state.expiry.is_some_and(|expiry| now.saturating_duration_since(since) >= expiry)
    }
}

impl State {
    fn note(&mut self, slot: usize, seen: Seen) {
        if self.seen.len() <= slot {
            self.seen.resize(slot + 1, None);
        }
        if let Some(place) = self.seen.get_mut(slot) {
            *place = Some(seen);
        }
    }
}

impl FamilyCore {
    /// The next series that a scrape shows of those in the slots that are left. Those that may go, go first; those from
    /// `end_id` on are left to later scrapes.
    pub(crate) fn next_shown(
        &self,
        left: &mut Range<usize>,
        end_id: u64,
        now: Option<Instant>,
        reading: &mut Reading,
    ) -> Option<(usize, Kept<Series>)> {
        let mut judged = None;
        loop {
            let (slot, kept) = self.table.first_series(left.clone())?;
            left.start = slot + 1;
            // A label set that was removed and came back would be seen twice, if its new series has a later slot.
            let Some(series) = kept.get().filter(|series| series.id < end_id) else { continue };
            let Some(now) = now.filter(|_| judged != Some(slot)) else { return Some((slot, kept)) };
            let id = series.id;
            let fingerprint = self.fingerprint(series, reading);
            if self.is_under_way(series, reading) || !self.watch.judge(slot, id, fingerprint, now) {
                return Some((slot, kept));
            }
            drop(kept);
            let _ = self.try_remove(slot, id, |series| self.fingerprint(series, reading) == fingerprint);
            // What could not be removed is shown.
            judged = Some(slot);
            left.start = slot;
        }
    }

    /// Removes the series with these label values, or has a scrape do it when nobody holds it any more. Says whether
    /// there was one.
    pub(crate) fn remove(&self, values: &[&str]) -> bool {
        let Some((slot, id)) = self.table.write().slot_of(values) else { return false };
        self.remove_now_or_later(slot, id);
        true
    }

    /// Removes the series for which `keep` says so, as they are when it is asked.
    pub(crate) fn retain(&self, mut keep: impl FnMut(usize, &Series, Value<'_>) -> bool) {
        let mut reading = Reading::default();
        let mut left = self.table.slots();
        while let Some((slot, kept)) = self.table.first_series(left.clone()) {
            left.start = slot + 1;
            let Some(series) = kept.get() else { continue };
            let id = series.id;
            let fingerprint = self.fingerprint(series, &mut reading);
            if keep(slot, series, self.read(series, &mut reading)) {
                continue;
            }
            drop(kept);
            let is_as_judged = |series: &Series| self.fingerprint(series, &mut Reading::default()) == fingerprint;
            match self.try_remove_patiently(slot, id, is_as_judged) {
                Removal::Held => self.watch.drop_later(slot, id, fingerprint),
                // It has changed, so it is asked about again.
                Removal::Refused => left.start = slot,
                Removal::Done | Removal::Absent => {}
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
        if self.try_remove_patiently(slot, id, |_| true) != Removal::Held {
            return;
        }
        let held = self.table.first_series(slot..slot + 1);
        if let Some(series) = held.as_ref().and_then(|(_, kept)| kept.get()).filter(|series| series.id == id) {
            self.watch.drop_later(slot, id, self.fingerprint(series, &mut Reading::default()));
        }
    }

    fn try_remove_patiently(&self, slot: usize, id: u64, may_go: impl Fn(&Series) -> bool) -> Removal {
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

    /// A number that changes with every record in a series; with gauges, whenever the value does.
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
            Value::Histogram { buckets, .. } => buckets.iter().fold(0, |count, bucket| count.wrapping_add(*bucket)),
            _ => 0,
        }
    }

    /// Whether what the series counts has not ended: its end must find it.
    fn is_under_way(&self, series: &Series, reading: &mut Reading) -> bool {
        matches!(self.shape, Shape::UpDownCounter)
            && !matches!(self.read(series, reading), Value::Gauge(Number::Signed(0)))
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_who_is_held_is_tried_again() {
        let family = FamilyCore::new("family", "F.", &["label"], Shape::Counter, None);
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
}
