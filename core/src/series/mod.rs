//! Series: the state of one label set, and the table that finds it.

pub(crate) mod created;
pub(crate) mod exemplar;
pub(crate) mod fault_counts;
pub(crate) mod index;
pub(crate) mod row;
pub(crate) mod series;
pub(crate) mod table;
pub(crate) mod view;
