//! The registry: what is on the page.

pub(crate) mod catalog;
pub(crate) mod register;
pub(crate) mod registry;
pub(crate) mod scrape;
pub(crate) mod self_metrics;
