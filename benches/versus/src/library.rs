//! The interface of a metrics library for the benches.
//!
//! Every library has the same families, as of an HTTP server. A counter and three
//! histograms of 11 bounds have the labels method, route and status; a counter, a
//! histogram and an up-down counter have none. Each library is used as its documentation
//! recommends: by a series kept in a handle (the best case), and by labels at each record
//! (the usual one).

use crate::work::{Labels, Part, Value};

/// A library that keeps series in handles.
pub trait Library: Send + Sync + Sized + 'static {
    const NAME: &'static str;

    /// Creates the families, each with room for at least this many series.
    fn new(series_limit: usize) -> Self;

    /// Counts without labels.
    fn inc(&self);
    /// Observes a duration without labels.
    fn observe(&self, value: Value);
    /// Counts open work, until [`down`](Self::down).
    fn up(&self);
    fn down(&self);

    /// A kept series of the family of counters.
    type Counter: Send + Sync;
    /// A kept series of one of the families of histograms.
    type Histogram: Send + Sync;

    fn counter(&self, labels: &Labels) -> Self::Counter;
    fn histogram(&self, part: Part, labels: &Labels) -> Self::Histogram;
    fn add_kept(&self, counter: &Self::Counter, amount: u64);
    fn observe_kept(&self, histogram: &Self::Histogram, value: Value);

    /// Upkeep that has to run every few seconds beside the records, if any.
    fn upkeep(&self) {}
}

/// A library that finds a series by its labels.
pub trait ByLabels: Library {
    fn inc_of(&self, labels: &Labels);
    fn observe_of(&self, part: Part, labels: &Labels, value: Value);
}

/// A library that writes a page in the text format.
pub trait Exposes: Library {
    /// Whether its histograms support the required bounds.
    const HAS_BOUNDS: bool = true;

    /// Writes a page of the families with labels, and passes every part of it to `read`.
    fn page(&self, memory: &mut PageMemory, read: &mut dyn FnMut(&[u8]));
}

/// State that a library may keep from page to page.
#[derive(Default)]
pub struct PageMemory {
    pub text: String,
    pub bytes: Vec<u8>,
}
