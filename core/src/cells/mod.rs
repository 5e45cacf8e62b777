//! Cells: where threads count, each in memory of its own.

pub(crate) mod amount;
pub(crate) mod arena;
pub(crate) mod block;
pub(crate) mod growing;
pub(crate) mod parity;
pub(crate) mod shard;
pub(crate) mod visits;
