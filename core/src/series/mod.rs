//! Series: what is kept for one label set, and the table that finds it.

pub(crate) mod created;
pub(crate) mod exemplar;
pub(crate) mod fault_counts;
pub(crate) mod index;
pub(crate) mod row;
pub(crate) mod series;
pub(crate) mod table;
