//! The arena: all shards, the allocation of cells, and the columns that readers add up.

use std::fmt;

use crate::cells::block::{Block, Column, LINE_CELLS, Run};
use crate::cells::growing::Growing;
use crate::cells::runs::Runs;
use crate::cells::shard::Shard;
use crate::cells::visits::Period;
use crate::checked::guaranteed;
use crate::sync::{AtomicUsize, DEFAULT_SHARD_LIMIT, Mutex, Ordering};

/// All shards. The process has one; a model owns its own.
#[derive(Debug)]
pub(crate) struct Arena {
    columns: Growing<Column>,
    shards: Mutex<Shards>,
    /// Shards free to be leased, so that a thread over the limit need not take the lock
    /// for each record.
    leasable: AtomicUsize,
    /// The period in which guests' records are counted.
    pub(crate) period: Period,
    runs: Mutex<Runs>,
}

#[derive(Debug)]
struct Shards {
    limit: usize,
    /// Shards of threads that ended, with all their blocks.
    idle: Vec<Shard>,
    created: usize,
}

/// Shards and memory of an arena, at about one moment.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) leased: usize,
    pub(crate) idle: usize,
    pub(crate) shard_limit: usize,
    pub(crate) blocks: usize,
    /// Memory of the blocks and the columns.
    pub(crate) bytes: usize,
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

    /// Returns the blocks of a stretch of the index space.
    pub(crate) fn column(&self, block: usize) -> &Column {
        self.columns.grow(block)
    }

    /// Leases a shard without other writers until it is given back. `None` over the
    /// limit.
    ///
    /// Waits for the lock only if `may_wait`. When a shard comes back, all threads over
    /// the limit may race for it.
    pub(crate) fn lease(&self, may_wait: bool) -> Option<Shard> {
        // Relaxed: a hint that the lock confirms. A stale value costs one record in
        // shared cells.
        if self.leasable.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // The lock makes all writes of the last holder visible to this thread.
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

    /// Ends a lease. The next holder continues in the same cells, so cells are never
    /// merged and totals never decrease.
    pub(crate) fn give_back(&self, shard: Shard) {
        let mut shards = self.shards.lock();
        shards.idle.push(shard);
        self.count_leasable(&shards);
    }

    fn count_leasable(&self, shards: &Shards) {
        // Relaxed: see `lease`. Stored under the lock, so the last store is the current
        // count.
        let leased = shards.created - shards.idle.len();
        self.leasable.store(shards.limit - leased, Ordering::Relaxed);
    }

    /// Limits the number of shards. Fails once a shard was leased.
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

    /// Allocates the cells of a series in every shard, all zero.
    ///
    /// A reused run still holds its last values, and is zeroed here although the shards
    /// belong to other threads. No writer races with that. The drop of the last handle
    /// happened before the run came back, by the reference count or the debt slot of
    /// `arc_swap`, and by this lock. Handles of the new series are created after this
    /// returns.
    pub(crate) fn allocate(&self, len: usize) -> Run {
        let len = if len > 2 { len.next_multiple_of(LINE_CELLS) } else { len };
        let mut runs = self.runs.lock();
        let Some(start) = runs.reuse(len) else {
            let run = runs.extend(len);
            // Grown here, so that no record and no scrape has to.
            _ = self.column(run.block());
            return run;
        };
        drop(runs);
        let run = Run::new(start, len);
        for block in self.column(run.block()).blocks() {
            for cell in block.cells(run) {
                // Relaxed: the drop and the creation of handles order it with all
                // writers.
                cell.store(0, Ordering::Relaxed);
            }
        }
        run
    }

    /// Frees the cells of a series whose last handle is gone.
    pub(crate) fn free(&self, run: Run) {
        if run.len() > 0 {
            self.runs.lock().give_back(run.start(), run.len());
        }
    }

    /// Returns the sum of one cell over all shards. Adds that happened before the call
    /// are in it.
    pub(crate) fn sum(&self, run: Run) -> u64 {
        self.column(run.block())
            .blocks()
            // Relaxed: a count publishes nothing but itself, and coherence keeps it from
            // decreasing.
            .fold(0, |sum, block| sum.wrapping_add(block.cell(run, 0).load(Ordering::Relaxed)))
    }

    /// Adds to each sum the value of the cell at its start in all shards:
    /// [`sum`](Self::sum) for many cells, block by block.
    pub(crate) fn add_sums(&self, starts: &[u32], mut sums: &mut [u64]) {
        let run = |start: u32| Run::new(start as usize, 1);
        for starts in starts.chunk_by(|one, other| run(*one).block() == run(*other).block()) {
            let [first, ..] = starts else { continue };
            for block in self.column(run(*first).block()).blocks() {
                for (start, sum) in starts.iter().zip(&mut *sums) {
                    // Relaxed: as in `sum`.
                    *sum = sum.wrapping_add(block.cell(run(*start), 0).load(Ordering::Relaxed));
                }
            }
            sums = guaranteed(sums.get_mut(starts.len()..), "as many sums as starts");
        }
    }

    /// Holds the lock of the shards, for tests.
    #[cfg(all(test, not(tickmark_loom)))]
    pub(super) fn hold_shards(&self) -> impl Sized + '_ {
        self.shards.lock()
    }
}

#[cfg(not(tickmark_loom))]
static PROCESS: std::sync::LazyLock<Arena> =
    std::sync::LazyLock::new(|| Arena::new(DEFAULT_SHARD_LIMIT));

#[cfg(tickmark_loom)]
loom::lazy_static! {
    static ref PROCESS: Arena = Arena::new(DEFAULT_SHARD_LIMIT);
}

/// Returns the arena of the process.
pub(crate) fn process() -> &'static Arena {
    &PROCESS
}

/// Limits the threads of the process with their own cells at the same time.
///
/// A thread counts from its first record until it ends. Threads over the limit share
/// cells: several times slower, and nothing is lost. A thread within the limit takes 8
/// bytes a counter and 128 bytes a histogram of 11 bounds, in blocks of 512 cells. It
/// owns the blocks in which it recorded first, and those that it
/// [earned](crate#guarantees) by frequent records. Default: 256. Takes a lock.
///
/// ```standalone_crate
/// tickmark::set_shard_limit(64)?;
/// # Ok::<(), tickmark::ShardLimitError>(())
/// ```
///
/// # Errors
/// If a thread has recorded already: its cells cannot be taken away.
pub fn set_shard_limit(limit: usize) -> Result<(), ShardLimitError> {
    process().set_shard_limit(limit)
}

/// A shard limit that was set after the first record.
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
            "cannot set the shard limit to {limit}: a thread has recorded under the limit of \
             {in_force}; set it before the first record"
        )
    }
}

impl std::error::Error for ShardLimitError {}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;
    use crate::sync::BLOCK_CELLS;
    use proptest::prelude::*;

    #[test]
    fn shards_are_leased_again_within_the_limit() {
        let arena = Arena::new(5);
        arena.set_shard_limit(2).unwrap();
        for _ in 0..3 {
            let [one, two] = [true, false].map(|may_wait| arena.lease(may_wait).unwrap());
            assert!(arena.lease(true).is_none());
            // So that further threads need not take the lock.
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
            "cannot set the shard limit to 3: a thread has recorded under the limit of 2; \
             set it before the first record"
        );
    }

    /// The lock decides, because the hint may be stale.
    #[test]
    fn a_stale_hint_keeps_the_limit() {
        let arena = Arena::new(1);
        let _one = arena.lease(true).unwrap();
        arena.leasable.store(1, Ordering::Relaxed);
        assert!(arena.lease(true).is_none());
    }

    #[test]
    fn a_lease_waits_only_if_allowed() {
        let arena = Arena::new(1);
        let held = arena.shards.lock();
        assert!(arena.lease(false).is_none());
        drop(held);
        assert!(arena.lease(false).is_some());
    }

    #[test]
    fn usage_counts_blocks_and_columns() {
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
    fn single_cells_fill_gaps_between_lines() {
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
    fn every_cell_of_a_block_is_used() {
        let arena = Arena::new(0);
        for block in 0..2 {
            (0..BLOCK_CELLS / LINE_CELLS)
                .for_each(|_| assert_eq!(arena.allocate(LINE_CELLS).block(), block));
        }
        // Two cells would cross the end of the block.
        (0..BLOCK_CELLS - 1).for_each(|_| assert_eq!(arena.allocate(1).block(), 2));
        assert_eq!(arena.allocate(2).block(), 3);
        assert_eq!(arena.allocate(1).start(), 3 * BLOCK_CELLS - 1);
    }

    #[test]
    fn an_empty_run_frees_nothing() {
        let arena = Arena::new(0);
        (0..3).for_each(|_| arena.free(Run::EMPTY));
        assert!(arena.runs.lock().free.is_empty());
    }

    /// An allocation of a length, or the release of an earlier one.
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

    /// Applies the changes, then frees all runs that are left.
    fn run(arena: &Arena, changes: &[Change]) {
        let mut taken: Vec<Run> = Vec::new();
        for change in changes {
            match *change {
                Change::Allocate(len) => {
                    let run = arena.allocate(len);
                    assert!(run.len() >= len && run.len() < len + LINE_CELLS);
                    let cells = |run: Run| run.start()..run.start() + run.len();
                    let (one, end) = (cells(run), cells(run).end - 1);
                    assert_eq!(
                        one.start / BLOCK_CELLS,
                        end / BLOCK_CELLS,
                        "a run across the end of a block"
                    );
                    assert!(len <= 2 || one.start % LINE_CELLS == 0, "not at the start of a line");
                    assert!(
                        taken.iter().all(|other| cells(*other).end <= one.start
                            || one.end <= cells(*other).start)
                    );
                    for cell in arena.column(run.block()).shared_or_new().cells(run) {
                        assert_eq!(cell.swap(7, Ordering::Relaxed), 0, "not zero");
                    }
                    taken.push(run);
                }
                Change::Free(index) if !taken.is_empty() => {
                    arena.free(taken.swap_remove(index % taken.len()))
                }
                Change::Free(_) => {}
            }
        }
        taken.into_iter().for_each(|run| arena.free(run));
    }

    proptest! {
        #[test]
        fn runs_are_disjoint_and_reused(changes in changes()) {
            let arena = Arena::new(0);
            // Split runs are not joined again, so it takes some rounds until every length
            // has its own.
            (0..8).for_each(|_| run(&arena, &changes));
            let end = arena.runs.lock().end;
            run(&arena, &changes);
            prop_assert_eq!(arena.runs.lock().end, end, "the same changes needed new cells");
        }
    }
}
