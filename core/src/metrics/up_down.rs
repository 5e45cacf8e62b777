//! Up-down counters: amounts in progress.

use std::borrow::Borrow;
use std::fmt;

use crate::cells::arena;
use crate::cells::block::{Column, Run};
use crate::cells::lease;
use crate::cells::place::Place;
use crate::metrics::metric::{Metric, Sealed};
use crate::metrics::shape::Shape;
use crate::series::series::{Series, run_of};
use crate::sync::{AtomicU64, Kept, Ordering};

/// A number that goes up when something begins and down when it ends: requests in flight,
/// open connections, bytes buffered.
///
/// Records like a [`Counter`](crate::Counter), because ups and downs are counted apart.
/// Recording is wait-free, except where it allocates a block of cells: when a thread
/// first records there, [earns](crate#guarantees) one, or is the first guest that meets
/// another. No reader sees a negative value if every [`sub`](Self::sub) happens after its
/// [`add`](Self::add), on any thread. Exposed as a gauge. `Clone` returns another handle
/// of the same series. Keep one handle, or a guard, from beginning to end. Between two
/// look-ups the series may be removed.
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
    /// Adds one. Wait-free.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Subtracts one. Wait-free.
    #[inline]
    pub fn dec(&self) {
        self.sub(1);
    }

    /// Adds `amount`. Wait-free.
    ///
    /// The value wraps past the ends of `i64`.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let buffered = registry.up_down_counter("buffered_bytes", "Bytes buffered.")?;
    /// buffered.add(1_500);
    /// buffered.sub(500);
    /// assert_eq!(buffered.get(), 1_000);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[doc(alias = "inc_by")]
    #[inline]
    pub fn add(&self, amount: u64) {
        self.step(Direction::Up, amount);
    }

    /// Subtracts `amount`, which was added before. Wait-free.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let leased = registry.up_down_counter("leased_pages", "Pages leased.")?;
    /// leased.add(8);
    /// leased.sub(3);
    /// assert_eq!(leased.get(), 5);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[doc(alias = "dec_by")]
    #[inline]
    pub fn sub(&self, amount: u64) {
        self.step(Direction::Down, amount);
    }

    /// Adds one until the guard is dropped, on any thread. Wait-free.
    #[doc(alias = "track_inprogress")]
    #[inline]
    pub fn guard(&self) -> UpDownGuard<&Self> {
        self.guard_of(1)
    }

    /// Adds `amount` until the guard is dropped, on any thread. Wait-free.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let buffered = registry.up_down_counter("buffered_bytes", "Bytes buffered.")?;
    /// let guard = buffered.guard_of(1_500);
    /// assert_eq!(buffered.get(), 1_500);
    /// drop(guard);
    /// assert_eq!(buffered.get(), 0);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[inline]
    pub fn guard_of(&self, amount: u64) -> UpDownGuard<&Self> {
        UpDownGuard::new(self, amount)
    }

    /// As [`guard`](Self::guard), for tasks: the guard owns its handle. Wait-free.
    ///
    /// ```
    /// let registry = tickmark::Registry::new();
    /// let jobs = registry.up_down_counter("jobs", "Jobs in progress.")?;
    /// let guard = jobs.clone().into_guard();
    /// assert_eq!(jobs.get(), 1);
    /// std::thread::spawn(move || drop(guard)).join().unwrap();
    /// assert_eq!(jobs.get(), 0);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[inline]
    pub fn into_guard(self) -> UpDownGuard<Self> {
        self.into_guard_of(1)
    }

    /// As [`guard_of`](Self::guard_of), for tasks: the guard owns its handle. Wait-free.
    #[inline]
    pub fn into_guard_of(self, amount: u64) -> UpDownGuard<Self> {
        UpDownGuard::new(self, amount)
    }

    /// Returns all ups less all downs, by any thread.
    ///
    /// A down that is seen implies that its up is seen. Lock-free; the cost grows with
    /// the number of threads that recorded.
    #[must_use]
    pub fn get(&self) -> i64 {
        read(arena::process().column(self.run.block()), self.run)
    }

    #[inline]
    fn step(&self, direction: Direction, amount: u64) {
        match lease::near(self.run.block()) {
            Some(block) => step_leased(block.cell(self.run, direction as usize), amount),
            None => self.step_far(direction, amount),
        }
    }

    #[inline(never)]
    fn step_far(&self, direction: Direction, amount: u64) {
        step_at(lease::place(self.run.block()), self.run, direction, amount);
    }
}

/// Counts a step in the block that the thread may write to.
pub(crate) fn step_at(place: Place, run: Run, direction: Direction, amount: u64) {
    let index = direction as usize;
    place.record(
        |block| step_leased(block.cell(run, index), amount),
        |block| step_shared(block.cell(run, index), amount),
    );
}

/// Counts a step in a leased block, where this thread is the only writer.
#[inline]
fn step_leased(cell: &AtomicU64, amount: u64) {
    // Relaxed: the last writer's store is visible through the lock of the lease or of the
    // guests.
    let before = cell.load(Ordering::Relaxed);
    // Release: pairs with the Acquire in `read`: a reader of a down sees the up that
    // happened before it.
    cell.store(before.wrapping_add(amount), Ordering::Release);
}

/// Counts a step in a shared block.
fn step_shared(cell: &AtomicU64, amount: u64) {
    // Release: as in `step_leased`.
    _ = cell.fetch_add(amount, Ordering::Release);
}

/// Returns ups less downs. Reads all downs before the first up. The second walk over the
/// blocks begins after the first has ended, so it reaches every block in which an implied
/// up may be.
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

/// Returns ups plus downs: a number that changes with each step, until the steps in
/// between add up to 2^64.
pub(crate) fn steps(column: &Column, run: Run) -> u64 {
    // Relaxed: read only for whether it changed.
    let steps = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
    column
        .blocks()
        .flat_map(|block| block.cells(run))
        .fold(0, |sum, cell| sum.wrapping_add(steps(cell)))
}

/// Holds an amount of an [`UpDownCounter`], and subtracts it when dropped.
///
/// `UpDownGuard<&UpDownCounter>` borrows the counter ([`UpDownCounter::guard`]),
/// `UpDownGuard<UpDownCounter>` owns a handle ([`UpDownCounter::into_guard`],
/// [`Found::guard`](crate::Found::guard)).
#[derive(Debug)]
#[must_use = "bind it to a name, as in `let _guard = ..`: dropped at once, it subtracts at once"]
pub struct UpDownGuard<C: Borrow<UpDownCounter>> {
    counter: C,
    amount: u64,
}

impl<C: Borrow<UpDownCounter>> UpDownGuard<C> {
    #[inline]
    fn new(counter: C, amount: u64) -> Self {
        counter.borrow().add(amount);
        Self { counter, amount }
    }
}

impl<C: Borrow<UpDownCounter>> Drop for UpDownGuard<C> {
    #[inline]
    fn drop(&mut self) {
        self.counter.borrow().sub(self.amount);
    }
}

impl Metric for UpDownCounter {
    type Settings = ();
}

impl Sealed for UpDownCounter {
    type Shape = ();

    fn family_shape((): ()) -> Shape {
        Shape::UpDownCounter
    }

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
