//! Blocks: fixed runs of cells, and the chains in which scrapers find them.

use crate::sync::{AtomicU64, BLOCK_CELLS, Ordering, Published};

/// The cells that one shard has for one stretch of the index space.
///
/// A block is allocated when a thread first records in it and is never freed: a handle may write at any time, and the
/// next holder of the shard goes on in the same cells.
// 128, not 64: x86-64 fetches lines in pairs, and a neighbour's writes must not touch ours.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Block {
    cells: [AtomicU64; BLOCK_CELLS],
    /// The block of another shard for the same stretch, published once and then fixed.
    next: Published<&'static Block>,
}

impl Block {
    /// A block of zeros, leaked on purpose.
    pub(crate) fn leak() -> &'static Self {
        Box::leak(Box::new(Self { cells: std::array::from_fn(|_| AtomicU64::new(0)), next: Published::default() }))
    }

    /// The cells of `run`, which lies in this stretch.
    #[inline]
    pub(crate) fn cells(&self, run: Run) -> &[AtomicU64] {
        let start = run.offset();
        self.cells.get(start..start + run.len()).unwrap_or_default()
    }

    /// The first cell of `run`.
    #[inline]
    pub(crate) fn cell(&self, run: Run) -> Option<&AtomicU64> {
        self.cells.get(run.offset())
    }
}

/// Adds to a cell of a leased shard, where this thread is the only writer.
#[inline]
pub(crate) fn add_leased(cell: &AtomicU64, amount: u64) {
    // Relaxed: the last holder's store is visible through the lock of the lease.
    let before = cell.load(Ordering::Relaxed);
    // Relaxed: a count publishes nothing but itself.
    cell.store(before.wrapping_add(amount), Ordering::Relaxed);
}

/// Where the cells of one series lie, in every shard alike: a start in the index space and a length.
///
/// A run never crosses the edge of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The start in the high 48 bits, the length in the low 16: eight bytes in each series.
    packed: u64,
}

const LEN_BITS: u32 = 16;

impl Run {
    /// A run without cells, for what is not kept in shards.
    pub(crate) const EMPTY: Self = Self { packed: 0 };

    /// `len` is at most [`BLOCK_CELLS`].
    pub(crate) fn new(start: usize, len: usize) -> Self {
        Self { packed: ((start as u64) << LEN_BITS) | len as u64 }
    }

    #[inline]
    pub(crate) fn start(self) -> usize {
        (self.packed >> LEN_BITS) as usize
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "sixteen bits")]
        let len = self.packed as u16;
        usize::from(len)
    }

    /// Which block of a shard.
    #[inline]
    pub(crate) fn block(self) -> usize {
        self.start() / BLOCK_CELLS
    }

    /// Where in that block.
    #[inline]
    pub(crate) fn offset(self) -> usize {
        self.start() % BLOCK_CELLS
    }
}

/// All blocks of one stretch: what a scraper adds up.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// The first of the chain of leased blocks.
    leased: Published<&'static Block>,
    /// The block that threads without a lease share.
    shared: Published<&'static Block>,
}

impl Column {
    /// Makes a leased block visible to scrapers, at the end of the chain; lock-free.
    pub(crate) fn publish(&self, block: &'static Block) {
        let mut end = &self.leased;
        while end.set(block).is_err() {
            // Somebody else stands here, so the chain goes on.
            if let Some(taken) = end.get() {
                end = &taken.next;
            }
        }
    }

    /// The leased blocks, as far as the chain reaches when it is followed.
    ///
    /// A second walk sees at least what the first saw, and more: one that must see what another cell implied has to
    /// begin after that cell was read.
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
