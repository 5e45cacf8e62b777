//! The record of one request, from its start to its end.

pub(crate) mod current;
pub(crate) mod detached;
pub(crate) mod pool;
pub(crate) mod record;
pub(crate) mod trail;
pub(crate) mod upload;
