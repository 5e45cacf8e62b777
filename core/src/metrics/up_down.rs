//! Up-down counters: what is under way.

use std::fmt;

use crate::cells::arena;
use crate::cells::block::{Column, Run};
use crate::cells::lease;
use crate::cells::place::Place;
use crate::metrics::metric::{Metric, Sealed};
use crate::series::series::{Series, run_of};
use crate::sync::{AtomicU64, Kept, Ordering};

/// A number that goes up when something begins and down when it ends: requests in flight,
/// open connections.
///
/// As cheap as a [`Counter`](crate::Counter) on as many threads, because ups and downs
/// are counted apart. As long as every `dec` happens after its `inc`, on whatever thread,
/// no reader ever sees a negative value. Exposed as a gauge. `Clone` gives another handle
/// for the same series. Keep one, or a guard, from beginning to end: where both look the
/// series up, it may have been removed in between.
///
/// ```
/// let registry = tickmark::Registry::new();
/// let open = registry.up_down_counter("connections", "Open connections.")?;
/// {
///     let _guard = open.guard();
///     assert_eq!(open.get(), 1);
/// }
/// assert_eq!(open.get(), 0);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct UpDownCounter {
    run: Run,
    /// Keeps the cells from being given to another series.
    _series: Kept<Series>,
}

/// The cells of an up-down counter in a block.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Up = 0,
    Down = 1,
}

impl UpDownCounter {
    /// One more is under way. Wait-free.
    #[inline]
    pub fn inc(&self) {
        self.step(Direction::Up);
    }

    /// One has ended. Wait-free.
    #[inline]
    pub fn dec(&self) {
        self.step(Direction::Down);
    }

    /// One more is under way until the guard is dropped, on whatever thread. Wait-free.
    #[inline]
    pub fn guard(&self) -> UpDownGuard<'_> {
        self.inc();
        UpDownGuard(self)
    }

    /// As [`guard`](Self::guard), for what outlives this borrow, as a spawned task does:
    /// the guard keeps the handle.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let jobs = registry.up_down_counter("jobs", "Jobs under way.")?;
    /// let guard = jobs.clone().into_guard();
    /// assert_eq!(jobs.get(), 1);
    /// std::thread::spawn(move || drop(guard)).join().unwrap();
    /// assert_eq!(jobs.get(), 0);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[inline]
    pub fn into_guard(self) -> OwnedUpDownGuard {
        self.inc();
        OwnedUpDownGuard(self)
    }

    /// How many are under way.
    ///
    /// Every end that is seen implies that its beginning is seen. Lock-free; its cost
    /// grows with the number of threads that recorded.
    #[must_use]
    pub fn get(&self) -> i64 {
        read(arena::process().column(self.run.block()), self.run)
    }

    #[inline]
    fn step(&self, direction: Direction) {
        match lease::near(self.run.block()) {
            Some(block) => step_leased(block.cell(self.run, direction as usize)),
            None => self.step_far(direction),
        }
    }

    #[inline(never)]
    fn step_far(&self, direction: Direction) {
        step_at(lease::place(self.run.block()), self.run, direction);
    }
}

/// Counts one step in whatever block the thread may write to.
pub(crate) fn step_at(place: Place, run: Run, direction: Direction) {
    place.record(
        |block| step_leased(block.cell(run, direction as usize)),
        |block| step_shared(block.cell(run, direction as usize)),
    );
}

/// Counts one step in a leased block, where this thread is the only writer.
#[inline]
fn step_leased(cell: &AtomicU64) {
    // Relaxed: the last writer's store is visible through the lock of the lease or of the
    // guests.
    let before = cell.load(Ordering::Relaxed);
    // Release: pairs with the Acquire in `read`, so that whoever sees a down sees the up
    // that happened before it.
    cell.store(before.wrapping_add(1), Ordering::Release);
}

/// Counts one step in a shared block.
fn step_shared(cell: &AtomicU64) {
    // Release: as in `step_leased`.
    _ = cell.fetch_add(1, Ordering::Release);
}

/// Ups less downs: all downs are read before the first up, and the second walk over the
/// blocks begins after the first has ended, so that it reaches every block in which an
/// implied up may be.
pub(crate) fn read(column: &Column, run: Run) -> i64 {
    let sum = |direction: Direction| {
        column
            .blocks()
            // Acquire: pairs with the Release of the steps.
            .fold(0, |sum: u64, block| {
                sum.wrapping_add(block.cell(run, direction as usize).load(Ordering::Acquire))
            })
    };
    let downs = sum(Direction::Down);
    let ups = sum(Direction::Up);
    ups.wrapping_sub(downs) as i64
}

/// All ups and downs: a number that changes with each.
pub(crate) fn steps(column: &Column, run: Run) -> u64 {
    // Relaxed: nothing is concluded from it but that it changed.
    let steps = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
    column
        .blocks()
        .flat_map(|block| block.cells(run))
        .fold(0, |sum, cell| sum.wrapping_add(steps(cell)))
}

/// One that is under way; ends when this is dropped.
#[derive(Debug)]
#[must_use = "dropping it at once ends at once what it stands for"]
pub struct UpDownGuard<'a>(&'a UpDownCounter);

impl Drop for UpDownGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// One that is under way, for tasks: it keeps a handle. Ends when this is dropped.
#[derive(Debug)]
#[must_use = "dropping it at once ends at once what it stands for"]
pub struct OwnedUpDownGuard(UpDownCounter);

impl Drop for OwnedUpDownGuard {
    #[inline]
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metric for UpDownCounter {}

impl Sealed for UpDownCounter {
    type Shape = ();

    #[inline]
    fn open(series: Kept<Series>, (): ()) -> Self {
        Self { run: run_of(&series), _series: series }
    }
}

impl fmt::Debug for UpDownCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpDownCounter").field(&self.get()).finish()
    }
}
