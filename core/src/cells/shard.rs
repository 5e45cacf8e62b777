//! Shards: the cells of one writing thread, and what its first touch allocates: a
//! directory and a block here, a count of visits in `visits.rs`. A touch begins in
//! `lease.rs`.

use crate::cells::block::{Block, Column};
use crate::cells::place::Place;
use crate::cells::visits::Visits;
use crate::sync::{NEAR_BLOCKS, Published};

/// The blocks of one shard by index.
pub(super) type Directory = [Published<&'static Block>];

/// The blocks of one shard. Only the holder of the lease adds blocks.
#[derive(Debug)]
pub(crate) struct Shard {
    /// Leaked, because the hot path reads it without a lifetime. It grows by doubling, so
    /// all directories of a shard together are less than twice the last one.
    pub(super) directory: &'static Directory,
    /// The next holder of the lease continues them, so short-lived threads earn blocks
    /// like one that stays.
    visits: Visits,
}

impl Shard {
    pub(crate) fn new() -> Self {
        Self { directory: &[], visits: Visits::default() }
    }

    /// Returns the place of the lease holder's records in the block at `index`, which
    /// belongs to `column`.
    ///
    /// The first thread in a block owns it at once. Other threads are guests until they
    /// record often in it, or meet two other guests. Those may be stopped in the middle
    /// of a record, and no other record waits for them.
    pub(super) fn place(&mut self, column: &Column, period: u16, index: usize) -> Place {
        if let Some(block) = self.directory.get(index).and_then(Published::get) {
            return Place::Leased(block);
        }
        if let Some(block) = column.publish_first() {
            return Place::Leased(self.keep(index, block));
        }
        if !self.visits.earn(index, period) {
            if let Some(guest) = column.enter() {
                return Place::Guest(guest);
            }
        }
        let block = Block::leak();
        column.publish(block);
        Place::Leased(self.keep(index, block))
    }

    /// Enters a block of this shard in the directory.
    fn keep(&mut self, index: usize, block: &'static Block) -> &'static Block {
        loop {
            match self.directory.get(index) {
                Some(entry) => return entry.get_or_init(|| block),
                None => self.grow(index + 1),
            }
        }
    }

    fn grow(&mut self, len: usize) {
        let len = len.next_power_of_two().max(NEAR_BLOCKS);
        let entries: Vec<Published<&'static Block>> = (0..len)
            .map(|index| {
                let entry = Published::<&'static Block>::default();
                if let Some(block) = self.directory.get(index).and_then(Published::get) {
                    _ = entry.set(block);
                }
                entry
            })
            .collect();
        self.directory = entries.leak();
    }
}
