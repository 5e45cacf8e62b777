//! Cells: the memory in which threads count, each in its own.

pub(crate) mod amount;
pub(crate) mod arena;
pub(crate) mod block;
pub(crate) mod growing;
pub(crate) mod lease;
pub(crate) mod parity;
pub(crate) mod place;
pub(crate) mod runs;
pub(crate) mod shard;
pub(crate) mod visits;
