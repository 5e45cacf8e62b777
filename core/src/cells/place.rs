//! Places: the block of a record, and the kind of writes that are safe there.

use crate::cells::block::{Block, Guest};

/// A block to record in, by the number of its writers.
#[derive(Debug)]
pub(crate) enum Place {
    /// This thread is the only writer; plain loads and stores suffice.
    Leased(&'static Block),
    /// This thread is the only writer while it holds this.
    Guest(Guest),
    /// There are other writers; only atomic read-modify-writes lose nothing.
    Shared(&'static Block),
}

impl Place {
    /// Records by `alone` with one writer, by `shared` with several.
    #[inline]
    pub(crate) fn record(self, alone: impl FnOnce(&Block), shared: impl FnOnce(&Block)) {
        match self {
            Self::Leased(block) => alone(block),
            Self::Guest(guest) => alone(guest.block()),
            Self::Shared(block) => shared(block),
        }
    }
}
