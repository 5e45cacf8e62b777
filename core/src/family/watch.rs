//! Tracking of series that may expire or are marked for removal.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::series::row::{Member, Row};
use crate::series::series::Series;
use crate::sync::{AtomicBool, Mutex, Ordering, ROW_SLOTS};

/// Series of a family that may expire or are marked.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Whether any series is watched; lets most scrapes skip the lock.
    is_on: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Idle time after which a series expires.
    expiry: Option<Duration>,
    /// The last look, by slot.
    seen: Vec<Option<Seen>>,
    /// Number of marked series.
    marked: usize,
}

/// The last look at one series.
#[derive(Clone, Copy, Debug)]
struct Seen {
    series_id: u64,
    /// Fingerprint at the last exposure; `None` before the first.
    shown: Option<u64>,
    /// Time of the last change; `None` if the series is marked.
    since: Option<Instant>,
}

impl Seen {
    fn is_marked(&self) -> bool {
        self.since.is_none()
    }
}

/// The state of a series before a walk reads its value. The value exposed is equal or
/// newer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(super) slot: usize,
    pub(super) series_id: u64,
    pub(super) fingerprint: u64,
    pub(super) now: Instant,
}

/// The state of a row before a walk reads its values. Each value exposed is equal or
/// newer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowLook {
    /// The fingerprints from the first slot of the walk on. Those of counters are the
    /// values.
    pub(crate) fingerprints: [u64; ROW_SLOTS],
    now: Instant,
    /// Whether any of these is not fully exposed yet.
    is_owed: bool,
}

impl RowLook {
    /// Looks at the counts of a family that became watched during the walk.
    #[cold]
    pub(crate) fn of_unwatched(counts: [u64; ROW_SLOTS]) -> Self {
        Self { fingerprints: counts, now: Instant::now(), is_owed: true }
    }

    /// Returns the look at each member.
    fn looks<'a>(
        &'a self,
        row: &'a Row,
        from: usize,
        end_id: u64,
    ) -> impl Iterator<Item = (Look, &'a Series)> {
        row.members(from).zip(self.fingerprints).filter_map(move |(member, fingerprint)| {
            let Member { slot, id, series, .. } = member.filter(|member| member.id < end_id)?;
            Some((Look { slot, series_id: id, fingerprint, now: self.now }, series))
        })
    }
}

/// Decision about a series during a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Fully exposed, and marked or expired.
    Goes,
    /// Fully exposed.
    Stays,
    /// Not fully exposed yet.
    IsOwed,
}

impl Watch {
    pub(crate) fn set_expiry(&self, expiry: Option<Duration>) {
        self.change(|state| {
            state.expiry = expiry;
            if expiry.is_none() {
                // Marked series still have to go.
                let unmarked =
                    |seen: &&mut Option<Seen>| seen.is_some_and(|seen| !seen.is_marked());
                state.seen.iter_mut().filter(unmarked).for_each(|seen| *seen = None);
            }
        });
    }

    /// Marks a series. The first walk that finds it unheld and fully exposed drops it.
    /// Marking it again does not delay that.
    pub(super) fn mark(&self, slot: usize, series_id: u64) {
        self.change(|state| {
            let shown = state.seen(slot, series_id).and_then(|seen| seen.shown);
            state.note(slot, Seen { series_id, shown, since: None });
        });
    }

    /// Judges the series of a row, by slot from `from` on, at the fingerprints of a walk.
    /// `None` if one of them expired and `may_go` agrees.
    pub(super) fn judge_row(
        &self,
        row: &Row,
        from: usize,
        end_id: u64,
        (fingerprints, now): ([u64; ROW_SLOTS], Instant),
        mut may_go: impl FnMut(usize, &Series) -> bool,
    ) -> Option<RowLook> {
        let mut look = RowLook { fingerprints, now, is_owed: false };
        let state = self.state.lock();
        let mut is_owed = false;
        for (look, series) in look.looks(row, from, end_id) {
            match state.judge(&look) {
                Verdict::Goes if may_go(look.slot, series) => return None,
                Verdict::Goes | Verdict::Stays => {}
                Verdict::IsOwed => is_owed = true,
            }
        }
        look.is_owed = is_owed;
        Some(look)
    }

    /// Notes the series of a row as exposed at this look. Notes only counters if the
    /// family was not watched when the walk began. Other kinds are shown again.
    pub(crate) fn note_row(&self, row: &Row, shown: Range<usize>, look: &RowLook, end_id: u64) {
        if !look.is_owed {
            return;
        }
        let mut state = self.state.lock();
        for (look, _) in
            look.looks(row, shown.start, end_id).take_while(|(look, _)| look.slot < shown.end)
        {
            if state.judge(&look) == Verdict::IsOwed {
                state.note_shown(&look);
            }
        }
    }

    /// Forgets a removed series.
    pub(crate) fn forget(&self, slot: usize) {
        self.change(|state| {
            let forgotten = state.seen.get_mut(slot).and_then(Option::take);
            state.marked -= usize::from(forgotten.is_some_and(|seen| seen.is_marked()));
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        let is_on = state.expiry.is_some() || state.marked > 0;
        if !is_on {
            state.seen = Vec::new();
        }
        // Relaxed: a scrape that reads the old value leaves the work to the next one.
        // Stored under the lock, so the last store is the last state.
        self.is_on.store(is_on, Ordering::Relaxed);
    }

    /// Returns whether a walk has to judge series.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        // Relaxed: see `change`.
        self.is_on.load(Ordering::Relaxed)
    }

    /// Returns the time for judging, if a walk has to judge series.
    pub(crate) fn now(&self) -> Option<Instant> {
        self.is_on().then(Instant::now)
    }

    /// Judges a series at the look of a walk.
    pub(super) fn judge(&self, look: &Look) -> Verdict {
        self.state.lock().judge(look)
    }

    /// Notes a series as exposed at this look or later.
    pub(crate) fn note_shown(&self, look: &Look) {
        self.state.lock().note_shown(look);
    }

    /// Returns whether a series is marked and not fully exposed yet.
    pub(super) fn owes(
        &self,
        slot: usize,
        series_id: u64,
        fingerprint: impl FnOnce() -> u64,
    ) -> bool {
        let state = self.state.lock();
        let marked = state.seen(slot, series_id).filter(|seen| seen.is_marked());
        marked.is_some_and(|seen| seen.shown != Some(fingerprint()))
    }
}

impl State {
    fn seen(&self, slot: usize, series_id: u64) -> Option<Seen> {
        self.seen.get(slot).copied().flatten().filter(|seen| seen.series_id == series_id)
    }

    fn judge(&self, look: &Look) -> Verdict {
        match self.seen(look.slot, look.series_id) {
            Some(seen) if seen.shown == Some(look.fingerprint) => {
                let is_over = |since| {
                    self.expiry
                        .is_some_and(|after| look.now.saturating_duration_since(since) >= after)
                };
                if seen.since.is_none_or(is_over) { Verdict::Goes } else { Verdict::Stays }
            }
            _ => Verdict::IsOwed,
        }
    }

    fn note_shown(&mut self, look: &Look) {
        let Look { slot, series_id, fingerprint, now } = *look;
        let is_marked = match self.seen(slot, series_id) {
            Some(seen) => seen.is_marked(),
            None if self.expiry.is_none() => return,
            None => false,
        };
        self.note(
            slot,
            Seen { series_id, shown: Some(fingerprint), since: (!is_marked).then_some(now) },
        );
    }

    fn note(&mut self, slot: usize, seen: Seen) {
        if self.seen.len() <= slot {
            self.seen.resize(slot + 1, None);
        }
        let Some(noted) = self.seen.get_mut(slot) else { return };
        self.marked += usize::from(seen.is_marked());
        let before = noted.replace(seen);
        self.marked -= usize::from(before.is_some_and(|before| before.is_marked()));
    }
}
