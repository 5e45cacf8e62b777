//! The metric types: what a program records with.

pub(crate) mod counter;
pub(crate) mod float_counter;
pub(crate) mod float_gauge;
pub(crate) mod float_histogram;
pub(crate) mod gauge;
pub(crate) mod histogram;
pub(crate) mod metric;
pub(crate) mod read;
pub(crate) mod shape;
pub(crate) mod timer;
pub(crate) mod up_down;
