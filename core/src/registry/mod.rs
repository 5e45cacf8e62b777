//! The registry: families by name, their registration, and the beginning of a scrape.
//!
//! The documentation of [`Registry`](registry::Registry) shows its methods in the order
//! of these modules.

pub(crate) mod registry;

pub(crate) mod register;

pub(crate) mod register_any;

pub(crate) mod computed;

pub(crate) mod drafts;

pub(crate) mod scoped;

pub(crate) mod scrape;

pub(crate) mod collectors;
pub(crate) mod self_metrics;

pub(crate) mod catalog;
pub(crate) mod shared;
