//! Families: the series of one name.
//!
//! The documentation of [`Family`](family::Family) shows its methods in the order of
//! these modules.

pub(crate) mod family;

pub(crate) mod closed;
pub(crate) mod open;
pub(crate) mod static_labels;

pub(crate) mod computed;
pub(crate) mod core;
pub(crate) mod faults;
pub(crate) mod found;
pub(crate) mod help;
pub(crate) mod limit;
pub(crate) mod removal;
pub(crate) mod reports;
pub(crate) mod watch;
