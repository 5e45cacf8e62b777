//! Blocks: fixed runs of cells, and the chains in which scrapers find them.

use crate::sync::{AtomicBool, AtomicU64, BLOCK_CELLS, Ordering, Published};

/// Cells of one cache line: runs of several cells start on such a line, so that a record
/// touches the fewest.
pub(crate) const LINE_CELLS: usize = 8;

/// The cells of one cache line.
pub(crate) type Line = [AtomicU64; LINE_CELLS];

/// The cells that one shard has for one stretch of the index space.
///
/// A block is allocated when a thread first records in it and is never freed: a handle
/// may write at any time, and the next holder of the shard goes on in the same cells.
// 128, not 64: x86-64 fetches lines in pairs, and a neighbour's writes must not touch
// ours.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Block {
    lines: [Line; BLOCK_CELLS / LINE_CELLS],
    /// The block of another shard for the same stretch, published once and then fixed.
    next: Published<&'static Block>,
    /// The lock of the block if it is one of the guests': whether one is inside. Behind
    /// the cells, on a line that only readers of `next` share, so it costs no memory.
    has_guest: AtomicBool,
}

impl Block {
    /// A block of zeros, leaked on purpose.
    pub(crate) fn leak() -> &'static Self {
        Box::leak(Box::new(Self {
            lines: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
            next: Published::default(),
            has_guest: AtomicBool::new(false),
        }))
    }

    /// Makes the calling thread the only writer, unless another is inside. Wait-free.
    #[inline]
    fn enter(&'static self) -> Option<Guest> {
        // Acquire: pairs with the Release in the `Drop` of `Guest`, so that a guest goes
        // on from the stores of the last. Relaxed: a thread that fails writes nothing
        // here.
        let entered =
            self.has_guest.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        entered.is_ok().then(|| Guest(self))
    }

    /// The cells of `run`, which lies in this stretch.
    pub(crate) fn cells(&self, run: Run) -> &[AtomicU64] {
        let start = usize::from(run.offset);
        self.lines.as_flattened().get(start..start + run.len()).unwrap_or_default()
    }

    /// The first cells of `run`, which lies in this stretch and begins on a line.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of lines")]
    pub(crate) fn first_line(&self, run: Run) -> &Line {
        debug_assert_eq!(
            usize::from(run.offset) % LINE_CELLS,
            0,
            "a run of several cells begins on a line"
        );
        // The remainder spares the hot path a check, as below.
        &self.lines[usize::from(run.offset) / LINE_CELLS % (BLOCK_CELLS / LINE_CELLS)]
    }

    /// Cell number `place` of `run`, which lies in this stretch.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of cells")]
    pub(crate) fn cell(&self, run: Run, place: usize) -> &AtomicU64 {
        // A run never crosses the edge, so the remainder changes nothing: it spares the
        // hot path a check.
        &self.lines.as_flattened()[(usize::from(run.offset) + place) % BLOCK_CELLS]
    }
}

/// The right to be the only writer of a guests' block, until this is dropped.
#[derive(Debug)]
pub(crate) struct Guest(&'static Block);

impl Guest {
    /// Returns the block, to write as if it was leased.
    #[inline]
    pub(crate) fn block(&self) -> &Block {
        self.0
    }
}

impl Drop for Guest {
    #[inline]
    fn drop(&mut self) {
        // Release: pairs with the Acquire in `Block::enter`.
        self.0.has_guest.store(false, Ordering::Release);
    }
}

/// Adds to a cell of a leased shard, where this thread is the only writer.
#[inline]
pub(crate) fn add_leased(cell: &AtomicU64, amount: u64) {
    // Relaxed: the last writer's store is visible through the lock of the lease or of the
    // guests.
    let before = cell.load(Ordering::Relaxed);
    // Relaxed: a count publishes nothing but itself.
    cell.store(before.wrapping_add(amount), Ordering::Relaxed);
}

/// Adds to a cell of a shared block, beside other writers.
pub(crate) fn add_shared(cell: &AtomicU64, amount: u64) {
    // Relaxed: a count publishes nothing but itself.
    _ = cell.fetch_add(amount, Ordering::Relaxed);
}

/// Where the cells of one series lie, in every shard alike: a block, a place in it, and a
/// length.
///
/// A run never crosses the edge of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// 32 bits are 16 TiB of cells a shard.
    block: u32,
    offset: u16,
    len: u16,
}

impl Run {
    /// A run without cells, for what is not kept in shards.
    pub(crate) const EMPTY: Self = Self { block: 0, offset: 0, len: 0 };

    /// The `len` cells from cell `start` of the index space on.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "16 TiB; and a block has fewer cells than a u16 counts"
    )]
    pub(crate) fn new(start: usize, len: usize) -> Self {
        Self {
            block: (start / BLOCK_CELLS) as u32,
            offset: (start % BLOCK_CELLS) as u16,
            len: len as u16,
        }
    }

    /// The first cell, in the index space.
    pub(crate) fn start(self) -> usize {
        self.block() * BLOCK_CELLS + usize::from(self.offset)
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        usize::from(self.len)
    }

    /// Which block of a shard.
    #[inline]
    pub(crate) fn block(self) -> usize {
        self.block as usize
    }
}

/// All blocks of one stretch: what a scraper adds up.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// The first of the chain of leased blocks, with those of the guests.
    leased: Published<&'static Block>,
    /// The blocks in which guests record, one after the other. With one, a guest that is
    /// stopped inside would have every other thread that comes by earn a block.
    guests: [Published<&'static Block>; 2],
    /// The block that threads without a lease share.
    shared: Published<&'static Block>,
}

impl Column {
    /// Makes a leased block visible to scrapers, at the end of the chain. Waits for
    /// nothing but another such call.
    pub(crate) fn publish(&self, block: &'static Block) {
        let mut end = &self.leased;
        while end.set(block).is_err() {
            // Somebody else stands here, so the chain goes on.
            if let Some(taken) = end.get() {
                end = &taken.next;
            }
        }
    }

    /// Allocates the first block and makes it visible to scrapers, unless there is one. A
    /// caller that comes meanwhile waits, so threads that start at once have one of them.
    pub(crate) fn publish_first(&self) -> Option<&'static Block> {
        let mut first = None;
        _ = self.leased.get_or_init(|| *first.insert(Block::leak()));
        first
    }

    /// Enters a guests' block, unless other guests are in both. Wait-free if the block is
    /// there. Otherwise it is allocated, and others that need it wait for that.
    pub(crate) fn enter(&self) -> Option<Guest> {
        let publish = || {
            let block = Block::leak();
            self.publish(block);
            block
        };
        self.guests.iter().find_map(|guests| guests.get_or_init(publish).enter())
    }

    /// The leased blocks, as far as the chain reaches when it is followed.
    ///
    /// Those of the guests are among them: they have one writer at a time as well. A
    /// second walk sees at least what the first saw, and more: one that must see what
    /// another cell implied has to begin after that cell was read.
    pub(crate) fn leased(&self) -> impl Iterator<Item = &'static Block> {
        std::iter::successors(self.leased.get().copied(), |block| block.next.get().copied())
    }

    /// The shared block, if a thread without a lease ever recorded here.
    pub(crate) fn shared(&self) -> Option<&'static Block> {
        self.shared.get().copied()
    }

    pub(crate) fn shared_or_new(&self) -> &'static Block {
        self.shared.get_or_init(Block::leak)
    }

    /// Every block of this stretch.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &'static Block> {
        self.leased().chain(self.shared())
    }
}
