//! The one switch between std and loom.
//!
//! All synchronization is imported from here, so the models in `models` run the code that
//! ships. Sizes shrink under loom too: a model explores every interleaving, and small
//! tables have few.

#[cfg(tickmark_loom)]
mod modelled;
#[cfg(not(tickmark_loom))]
mod real;

#[cfg(tickmark_loom)]
pub(crate) use self::modelled::*;
#[cfg(not(tickmark_loom))]
pub(crate) use self::real::*;

/// Cells of a block: 4 KiB. The first record of a thread in a block costs one or two page
/// faults.
pub(crate) const BLOCK_CELLS: usize = if cfg!(tickmark_loom) { 16 } else { 512 };

/// Blocks that a thread finds directly in its thread-local: 32,768 cells, for 512 bytes a
/// thread.
pub(crate) const NEAR_BLOCKS: usize = if cfg!(tickmark_loom) { 2 } else { 64 };

/// Entries of the first chunk of an append-only table; a power of two.
pub(crate) const FIRST_CHUNK: usize = if cfg!(tickmark_loom) { 2 } else { 16 };

/// Records of a guest in one block and period above which it earns its own block. A block
/// has 512 counters, and one pass over all of them is not frequent use. A guest's record
/// takes some 7 ns more than another, so a thread loses 7 us before it earns a block: the
/// time of three allocations. One under loom, for guests with few interleavings.
pub(crate) const EARNING_RECORDS: u16 = if cfg!(tickmark_loom) { 1 } else { 1_024 };

/// Series that a walk pins at once, so that they share the cost. None of them can be
/// removed meanwhile. A power of two.
pub(crate) const ROW_SLOTS: usize = if cfg!(tickmark_loom) { 2 } else { 32 };

/// Bits of the index of a slot or a block.
pub(crate) const NUMBER_BITS: usize = if cfg!(tickmark_loom) { 5 } else { 32 };

/// Default limit of threads with a shard at the same time. One under loom, so that
/// writers share cells.
pub(crate) const DEFAULT_SHARD_LIMIT: usize = if cfg!(tickmark_loom) { 1 } else { 256 };
