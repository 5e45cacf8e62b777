//! The arena: who may write which shard, which cells belong to which series, and where
//! scrapers find them.

use std::collections::BTreeMap;
use std::fmt;

use crate::cells::block::{Block, Column, LINE_CELLS, Run};
use crate::cells::growing::Growing;
use crate::cells::shard::Shard;
use crate::cells::visits::Period;
use crate::sync::{AtomicUsize, BLOCK_CELLS, DEFAULT_SHARD_LIMIT, Mutex, Ordering};

/// All shards. The process has one; a model owns its own.
#[derive(Debug)]
pub(crate) struct Arena {
    columns: Growing<Column>,
    shards: Mutex<Shards>,
    /// Shards that could be leased at this moment, so that a thread past the limit need
    /// not ask the lock each time.
    leasable: AtomicUsize,
    /// In which guests' records are counted.
    pub(crate) period: Period,
    runs: Mutex<Runs>,
}

#[derive(Debug)]
struct Shards {
    limit: usize,
    /// Given back by threads that ended, with every block they touched.
    idle: Vec<Shard>,
    created: usize,
}

/// What the shards of an arena take, at about one moment.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) leased: usize,
    pub(crate) idle: usize,
    pub(crate) shard_limit: usize,
    pub(crate) blocks: usize,
    /// Of the blocks and the columns.
    pub(crate) bytes: usize,
}

/// Which cells are taken.
#[derive(Debug, Default)]
struct Runs {
    /// Cells below this were given out at least once, or lie between runs and are in
    /// `free`.
    end: usize,
    /// Runs given back, by length.
    free: BTreeMap<usize, Vec<usize>>,
}

impl Arena {
    pub(crate) fn new(shard_limit: usize) -> Self {
        Self {
            columns: Growing::default(),
            shards: Mutex::new(Shards { limit: shard_limit, idle: Vec::new(), created: 0 }),
            leasable: AtomicUsize::new(shard_limit),
            period: Period::default(),
            runs: Mutex::new(Runs::default()),
        }
    }

    /// The blocks of a stretch of the index space.
    pub(crate) fn column(&self, block: usize) -> &Column {
        self.columns.grow(block)
    }

    /// A shard that nobody else writes to until it is given back, or `None` past the
    /// limit.
    ///
    /// Waits for the lock only if `may_wait`: when a shard comes back, all threads that
    /// are past the limit may ask for it.
    pub(crate) fn lease(&self, may_wait: bool) -> Option<Shard> {
        // Relaxed: a hint that the lock confirms; a stale value costs one record in the
        // shared cells.
        if self.leasable.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // The lock is the edge over which this thread sees all that the last holder
        // wrote.
        let mut shards = if may_wait { self.shards.lock() } else { self.shards.try_lock()? };
        let shard = match shards.idle.pop() {
            Some(shard) => shard,
            None if shards.created < shards.limit => {
                shards.created += 1;
                Shard::new()
            }
            None => return None,
        };
        self.count_leasable(&shards);
        Some(shard)
    }

    /// Ends a lease: the next holder goes on in the same cells, so nothing is folded and
    /// no total goes back.
    pub(crate) fn give_back(&self, shard: Shard) {
        let mut shards = self.shards.lock();
        shards.idle.push(shard);
        self.count_leasable(&shards);
    }

    fn count_leasable(&self, shards: &Shards) {
        // Relaxed: see `lease`. Stored under the lock, so the last store is the last
        // count.
        let leased = shards.created - shards.idle.len();
        self.leasable.store(shards.limit - leased, Ordering::Relaxed);
    }

    /// Limits the number of shards, as long as none was leased.
    pub(crate) fn set_shard_limit(&self, limit: usize) -> Result<(), ShardLimitError> {
        let mut shards = self.shards.lock();
        if shards.created > 0 {
            return Err(ShardLimitError { limit, in_force: shards.limit });
        }
        shards.limit = limit;
        self.count_leasable(&shards);
        Ok(())
    }

    pub(crate) fn usage(&self) -> Usage {
        let (leased, idle, shard_limit) = {
            let shards = self.shards.lock();
            (shards.created - shards.idle.len(), shards.idle.len(), shards.limit)
        };
        let blocks = self.columns.entries().flat_map(Column::blocks).count();
        let bytes =
            blocks * size_of::<Block>() + self.columns.entries().count() * size_of::<Column>();
        Usage { leased, idle, shard_limit, blocks, bytes }
    }

    /// Cells for a series, all zero, in every shard.
    ///
    /// A run that was given back still holds its last values, and is zeroed here although
    /// the shards belong to other threads. No writer can meet that: the last handle of
    /// the old series is gone (its drop happened before the run came back, through the
    /// reference count or the debt slot of `arc_swap`, and this lock), and a handle of
    /// the new one is made after this returns.
    pub(crate) fn allocate(&self, len: usize) -> Run {
        let len = if len > 2 { len.next_multiple_of(LINE_CELLS) } else { len };
        let mut runs = self.runs.lock();
        let Some(start) = runs.reuse(len) else {
            let run = runs.extend(len);
            // Grown here, so that neither a record nor a scrape has to.
            _ = self.column(run.block());
            return run;
        };
        drop(runs);
        let run = Run::new(start, len);
        for block in self.column(run.block()).blocks() {
            for cell in block.cells(run) {
                // Relaxed: ordered with all writers by the handing over of handles, as
                // said above.
                cell.store(0, Ordering::Relaxed);
            }
        }
        run
    }

    /// Takes back the cells of a series whose last handle is gone.
    pub(crate) fn free(&self, run: Run) {
        if run.len() > 0 {
            self.runs.lock().give_back(run.start(), run.len());
        }
    }

    /// The sum of one cell over all shards. What happened before the call is in it.
    pub(crate) fn sum(&self, run: Run) -> u64 {
        self.column(run.block())
            .blocks()
            // Relaxed: a count publishes nothing but itself, and coherence keeps it from
            // going back.
            .fold(0, |sum, block| sum.wrapping_add(block.cell(run, 0).load(Ordering::Relaxed)))
    }

    /// Adds to each of `sums` what the cell at its start holds in all shards:
    /// [`sum`](Self::sum) for many, block by block.
    pub(crate) fn add_sums(&self, starts: &[u32], sums: &mut [u64]) {
        let run = |start: u32| Run::new(start as usize, 1);
        let mut left = (starts, sums);
        while let Some(first) = left.0.first() {
            let block = run(*first).block();
            let in_block = left.0.iter().take_while(|start| run(**start).block() == block).count();
            let (starts, sums) = (
                left.0.split_at(in_block),
                left.1.split_at_mut_checked(in_block).unwrap_or_default(),
            );
            for block in self.column(block).blocks() {
                for (start, sum) in starts.0.iter().zip(&mut *sums.0) {
                    // Relaxed: as in `sum`.
                    *sum = sum.wrapping_add(block.cell(run(*start), 0).load(Ordering::Relaxed));
                }
            }
            left = (starts.1, sums.1);
        }
    }
}

impl Runs {
    fn extend(&mut self, len: usize) -> Run {
        let mut start = if len > 2 { self.end.next_multiple_of(LINE_CELLS) } else { self.end };
        if start / BLOCK_CELLS != (start + len - 1) / BLOCK_CELLS {
            start = start.next_multiple_of(BLOCK_CELLS);
        }
        // What alignment skips serves single cells later.
        for skipped in self.end..start {
            self.give_back(skipped, 1);
        }
        self.end = start + len;
        Run::new(start, len)
    }

    /// The first cell of a run that was given back: one of this length, or a part of the
    /// next longer one.
    fn reuse(&mut self, len: usize) -> Option<usize> {
        let (found, starts) = self.free.range_mut(len..).find(|(_, starts)| !starts.is_empty())?;
        let (found, start) = (*found, starts.pop()?);
        let left = found - len;
        if left == 0 {
            return Some(start);
        }
        // Short ones from the end, so that what is left begins on a line as before.
        let (start, rest) =
            if len < LINE_CELLS { (start + left, start) } else { (start, start + len) };
        self.give_back(rest, left);
        Some(start)
    }

    fn give_back(&mut self, start: usize, len: usize) {
        self.free.entry(len).or_default().push(start);
    }
}

#[cfg(not(tickmark_loom))]
static PROCESS: std::sync::LazyLock<Arena> =
    std::sync::LazyLock::new(|| Arena::new(DEFAULT_SHARD_LIMIT));

#[cfg(tickmark_loom)]
loom::lazy_static! {
    static ref PROCESS: Arena = Arena::new(DEFAULT_SHARD_LIMIT);
}

/// The arena of the process.
pub(crate) fn process() -> &'static Arena {
    &PROCESS
}

/// Limits how many threads of this process may have cells of their own at the same time
/// (256 unless set).
///
/// A thread counts from its first record until it ends. Threads over the limit record in
/// cells that they share: several times slower, and nothing is lost. A thread within it
/// takes 8 bytes a counter and 128 bytes an 11-bound histogram, by blocks of 512 cells:
/// of those where it was the first, and those that it [earned](crate#what-holds) by
/// recording often. Takes a lock.
///
/// ```standalone_crate
/// tickmark::set_shard_limit(64)?;
/// # Ok::<(), tickmark::ShardLimitError>(())
/// ```
///
/// # Errors
/// When a thread has cells already: they cannot be taken away.
pub fn set_shard_limit(limit: usize) -> Result<(), ShardLimitError> {
    process().set_shard_limit(limit)
}

/// The limit of shards came too late.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShardLimitError {
    limit: usize,
    in_force: usize,
}

impl fmt::Display for ShardLimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, in_force } = self;
        write!(
            f,
            "cannot set the shard limit to {limit}: a thread has recorded already under the limit of {in_force}"
        )
    }
}

impl std::error::Error for ShardLimitError {}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::cells::shard::{Lease, Place};
    use proptest::prelude::*;

    #[test]
    fn shards_are_leased_up_to_the_limit_and_leased_again() {
        let arena = Arena::new(5);
        arena.set_shard_limit(2).unwrap();
        for _ in 0..3 {
            let [one, two] = [true, false].map(|may_wait| arena.lease(may_wait).unwrap());
            assert!(arena.lease(true).is_none());
            // So that those who come now need not ask the lock.
            assert_eq!(arena.leasable.load(Ordering::Relaxed), 0);
            let usage = arena.usage();
            assert_eq!((usage.leased, usage.idle, usage.shard_limit), (2, 0, 2));
            arena.give_back(one);
            arena.give_back(two);
            let usage = arena.usage();
            assert_eq!((usage.leased, usage.idle, usage.shard_limit), (0, 2, 2));
        }
        let error = arena.set_shard_limit(3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot set the shard limit to 3: a thread has recorded already under the limit of 2"
        );
    }

    /// The lock says so: what is known without it may be old.
    #[test]
    fn a_stale_hint_leases_no_shard_past_the_limit() {
        let arena = Arena::new(1);
        let _one = arena.lease(true).unwrap();
        arena.leasable.store(1, Ordering::Relaxed);
        assert!(arena.lease(true).is_none());
    }

    #[test]
    fn who_may_not_wait_for_the_lock_does_not() {
        let arena = Arena::new(1);
        let held = arena.shards.lock();
        assert!(arena.lease(false).is_none());
        drop(held);
        assert!(arena.lease(false).is_some());
    }

    #[test]
    fn who_was_refused_does_not_wait_when_a_shard_comes_back() {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(1)));
        let [mut one, mut two] = [(); 2].map(|()| Lease::new(arena));
        assert!(matches!([one.place(0), two.place(0)], [Place::Leased(_), Place::Shared(_)]));
        drop(one);
        let held = arena.shards.lock();
        assert!(matches!(two.place(0), Place::Shared(_)));
        drop(held);
        assert!(matches!(two.place(0), Place::Leased(_)));
    }

    #[test]
    fn memory_is_that_of_blocks_and_columns() {
        let arena = Arena::new(1);
        assert_eq!((arena.usage().blocks, arena.usage().bytes), (0, 0));
        let columns = [0, 20].map(|block| arena.column(block));
        columns[0].publish(Block::leak());
        _ = columns[0].shared_or_new();
        _ = columns[1].shared_or_new();
        let usage = arena.usage();
        let columns = arena.columns.entries().count();
        assert_eq!(usage.blocks, 3);
        assert_eq!(usage.bytes, 3 * size_of::<Block>() + columns * size_of::<Column>());
    }

    #[test]
    fn single_cells_fill_what_lies_between_lines() {
        let arena = Arena::new(0);
        let starts = |lens: &[usize]| {
            lens.iter().map(|len| arena.allocate(*len).start()).collect::<Vec<_>>()
        };
        assert_eq!(starts(&[1, 2, 2, 3, 15, 8]), [0, 1, 3, 8, 16, 32]);
        let mut between = starts(&[1, 1, 1]);
        between.sort_unstable();
        assert_eq!(between, [5, 6, 7]);
        assert_eq!(starts(&[1]), [40]);
    }

    #[test]
    fn every_cell_of_a_block_is_given_out() {
        let arena = Arena::new(0);
        for block in 0..2 {
            (0..BLOCK_CELLS / LINE_CELLS)
                .for_each(|_| assert_eq!(arena.allocate(LINE_CELLS).block(), block));
        }
        // Two cells would cross the edge.
        (0..BLOCK_CELLS - 1).for_each(|_| assert_eq!(arena.allocate(1).block(), 2));
        assert_eq!(arena.allocate(2).block(), 3);
        assert_eq!(arena.allocate(1).start(), 3 * BLOCK_CELLS - 1);
    }

    #[test]
    fn a_run_without_cells_leaves_nothing() {
        let arena = Arena::new(0);
        (0..3).for_each(|_| arena.free(Run::EMPTY));
        assert!(arena.runs.lock().free.is_empty());
    }

    /// As long as it is asked for, whatever is given and taken back.
    #[derive(Clone, Copy, Debug)]
    enum Change {
        Allocate(usize),
        Free(usize),
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let len = prop::sample::select(vec![1, 2, 3, 8, 15, 16, 100, 259]);
        prop::collection::vec(
            prop_oneof![len.prop_map(Change::Allocate), any::<usize>().prop_map(Change::Free)],
            0..150,
        )
    }

    /// Does it, and gives back all that is left.
    fn run(arena: &Arena, changes: &[Change]) {
        let mut taken: Vec<Run> = Vec::new();
        for change in changes {
            match *change {
                Change::Allocate(len) => {
                    let run = arena.allocate(len);
                    assert!(run.len() >= len && run.len() < len + LINE_CELLS);
                    let cells = |run: Run| run.start()..run.start() + run.len();
                    let (one, end) = (cells(run), cells(run).end - 1);
                    assert_eq!(one.start / BLOCK_CELLS, end / BLOCK_CELLS, "a run across an edge");
                    assert!(len <= 2 || one.start % LINE_CELLS == 0, "not at the start of a line");
                    assert!(
                        taken.iter().all(|other| cells(*other).end <= one.start
                            || one.end <= cells(*other).start)
                    );
                    for cell in arena.column(run.block()).shared_or_new().cells(run) {
                        assert_eq!(cell.swap(7, Ordering::Relaxed), 0, "not clean");
                    }
                    taken.push(run);
                }
                Change::Free(place) if !taken.is_empty() => {
                    arena.free(taken.swap_remove(place % taken.len()))
                }
                Change::Free(_) => {}
            }
        }
        taken.into_iter().for_each(|run| arena.free(run));
    }

    proptest! {
        #[test]
        fn runs_lie_apart_and_come_back(changes in changes()) {
            let arena = Arena::new(0);
            // Runs that were split are not joined again, so it takes some rounds until
            // every length has its own.
            (0..8).for_each(|_| run(&arena, &changes));
            let end = arena.runs.lock().end;
            run(&arena, &changes);
            prop_assert_eq!(arena.runs.lock().end, end, "the same again needs nothing new");
        }
    }
}
