//! Metrics that are computed during a scrape: for collectors.
//!
//! A [`Collector`] puts families into a [`Collection`]. For a single value,
//! [`Registry::gauge_fn`](crate::Registry::gauge_fn) needs neither.

pub(crate) mod collected;
pub(crate) mod collection;
pub(crate) mod collector;
pub(crate) mod draft;

pub use self::collection::{
    CollectedHistograms, CollectedInfos, CollectedNumbers, CollectedStateSets, CollectedSummaries,
    Collection,
};
pub use self::collector::Collector;
pub use crate::value::Number;
