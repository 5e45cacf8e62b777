//! Families: the series of one name.

pub(crate) mod closed;
pub(crate) mod family;
pub(crate) mod faults;
pub(crate) mod found;
pub(crate) mod idle;
pub(crate) mod static_labels;
