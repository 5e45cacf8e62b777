//! Collectors, and the families that they compute.

pub(crate) mod collected;
pub(crate) mod collection;
pub(crate) mod collector;
pub(crate) mod draft;
