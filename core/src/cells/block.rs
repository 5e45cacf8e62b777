//! Blocks of cells, and the chains by which readers find them.

use crate::checked::guaranteed;
use crate::sync::{AtomicBool, AtomicU64, BLOCK_CELLS, Ordering, Published};

/// Cells of one cache line. Runs of several cells start on a line, so that a record
/// touches the fewest lines.
pub(crate) const LINE_CELLS: usize = 8;

/// The cells of one cache line.
pub(crate) type Line = [AtomicU64; LINE_CELLS];

/// The cells of one shard for one stretch of the index space.
///
/// A block is allocated by the first record of a thread in it, and never freed. A handle
/// may write at any time, and the next holder of the shard continues in the same cells.
// 128, not 64: x86-64 fetches lines in pairs, and writes to a neighbour must not touch
// this block.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Block {
    lines: [Line; BLOCK_CELLS / LINE_CELLS],
    /// The block of another shard for the same stretch. Set once.
    next: Published<&'static Block>,
    /// The lock of a guests' block: whether a guest is inside. It lies behind the cells,
    /// on the line of `next`, which only readers share, so it costs no memory.
    has_guest: AtomicBool,
}

impl Block {
    /// Allocates a block of zeros, leaked on purpose.
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
        // Acquire: pairs with the Release in the `Drop` of `Guest`, so that a guest
        // continues from the stores of the last one. Relaxed: a thread that fails writes
        // nothing here.
        let entered =
            self.has_guest.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        entered.is_ok().then(|| Guest(self))
    }

    /// Returns the cells of `run`, which lies in this stretch.
    pub(crate) fn cells(&self, run: Run) -> &[AtomicU64] {
        let start = usize::from(run.offset);
        let cells = self.lines.as_flattened().get(start..start + run.len());
        guaranteed(cells, "a run lies within a block")
    }

    /// Returns the first cells of `run`, which lies in this stretch and begins on a line.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of lines")]
    pub(crate) fn first_line(&self, run: Run) -> &Line {
        debug_assert_eq!(
            usize::from(run.offset) % LINE_CELLS,
            0,
            "a run of several cells begins on a line"
        );
        // The remainder saves the bounds check of the hot path, as in `cell`.
        &self.lines[usize::from(run.offset) / LINE_CELLS % (BLOCK_CELLS / LINE_CELLS)]
    }

    /// Returns the cell of `run`, which lies in this stretch, at this index.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of cells")]
    pub(crate) fn cell(&self, run: Run, index: usize) -> &AtomicU64 {
        // A run never crosses the end of a block, so the remainder changes nothing. It
        // saves the bounds check of the hot path.
        &self.lines.as_flattened()[(usize::from(run.offset) + index) % BLOCK_CELLS]
    }
}

/// The right to be the only writer of a guests' block, until dropped.
#[derive(Debug)]
pub(crate) struct Guest(&'static Block);

impl Guest {
    /// Returns the block, to be written like a leased one.
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

/// Adds to a cell of a block with this thread as its only writer.
#[inline]
pub(crate) fn add_leased(cell: &AtomicU64, amount: u64) {
    // Relaxed: the lock of the lease or of the guests makes the last writer's store
    // visible.
    let before = cell.load(Ordering::Relaxed);
    // Relaxed: a count publishes nothing but itself.
    cell.store(before.wrapping_add(amount), Ordering::Relaxed);
}

/// Adds to a cell of a block with other writers.
pub(crate) fn add_shared(cell: &AtomicU64, amount: u64) {
    // Relaxed: a count publishes nothing but itself.
    _ = cell.fetch_add(amount, Ordering::Relaxed);
}

/// The position of a series' cells, the same in every shard: a block, an offset in it,
/// and a length.
///
/// A run never crosses the end of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// 32 bits suffice for 16 TiB of cells a shard.
    block: u32,
    offset: u16,
    len: u16,
}

impl Run {
    /// A run without cells, for values outside of shards.
    pub(crate) const EMPTY: Self = Self { block: 0, offset: 0, len: 0 };

    /// Returns the run of `len` cells that begins at cell `start` of the index space.
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

    /// Returns the index of the first cell in the index space.
    pub(crate) fn start(self) -> usize {
        self.block() * BLOCK_CELLS + usize::from(self.offset)
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        usize::from(self.len)
    }

    /// Returns the index of the block within a shard.
    #[inline]
    pub(crate) fn block(self) -> usize {
        self.block as usize
    }
}

/// All blocks of one stretch of the index space, over which readers add up.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// The head of the chain of leased blocks and guests' blocks.
    leased: Published<&'static Block>,
    /// Blocks of guests, each with one guest at a time. Two, because a guest stopped
    /// inside a single one would make every other thread earn a block.
    guests: [Published<&'static Block>; 2],
    /// The block of all threads without a lease.
    shared: Published<&'static Block>,
}

impl Column {
    /// Publishes a leased block to readers, at the end of the chain. Waits only for
    /// another such call.
    pub(crate) fn publish(&self, block: &'static Block) {
        let mut end = &self.leased;
        while end.set(block).is_err() {
            // Another block is here, so the chain continues.
            if let Some(taken) = end.get() {
                end = &taken.next;
            }
        }
    }

    /// Allocates the first block and publishes it to readers, unless there is one.
    /// Concurrent callers wait, so threads that start at once get a single first block.
    pub(crate) fn publish_first(&self) -> Option<&'static Block> {
        let mut first = None;
        _ = self.leased.get_or_init(|| *first.insert(Block::leak()));
        first
    }

    /// Enters a guests' block, unless other guests are in both. Wait-free if the block
    /// exists. Otherwise allocates it, and other guests wait for that.
    pub(crate) fn enter(&self) -> Option<Guest> {
        let publish = || {
            let block = Block::leak();
            self.publish(block);
            block
        };
        self.guests.iter().find_map(|guests| guests.get_or_init(publish).enter())
    }

    /// Follows the chain of blocks with one writer at a time, guests' blocks included.
    ///
    /// A later walk sees at least the blocks of an earlier one. A walk that must see the
    /// consequences of a cell begins after the load of that cell.
    pub(crate) fn leased(&self) -> impl Iterator<Item = &'static Block> {
        std::iter::successors(self.leased.get().copied(), |block| block.next.get().copied())
    }

    /// Returns the shared block, if a thread without a lease ever recorded here.
    pub(crate) fn shared(&self) -> Option<&'static Block> {
        self.shared.get().copied()
    }

    pub(crate) fn shared_or_new(&self) -> &'static Block {
        self.shared.get_or_init(Block::leak)
    }

    /// Returns every block of this stretch.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &'static Block> {
        self.leased().chain(self.shared())
    }
}
