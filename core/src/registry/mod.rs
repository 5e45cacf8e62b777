//! The registry: what is on the page.

pub(crate) mod catalog;
pub(crate) mod collectors;
pub(crate) mod computed;
pub(crate) mod register;
pub(crate) mod registry;
pub(crate) mod scoped;
pub(crate) mod scrape;
pub(crate) mod self_metrics;
pub(crate) mod shared;
