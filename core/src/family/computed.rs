//! Computed families: one value, from a function that scrapes call.

use std::fmt;
use std::sync::Arc;

use crate::names::description::Description;
use crate::names::labels::LabelValues;
use crate::series::series::next_id;
use crate::value::Number;

/// The function of a family, with what its one series shows in each scrape.
pub(crate) struct Computed {
    compute: Box<dyn Fn() -> Number + Send + Sync>,
    pub(crate) description: Arc<Description>,
    pub(crate) series_id: u64,
    pub(crate) labels: Arc<LabelValues>,
}

impl Computed {
    pub(crate) fn new(
        description: &Description,
        compute: Box<dyn Fn() -> Number + Send + Sync>,
    ) -> Self {
        Self {
            compute,
            description: Arc::new(description.clone()),
            series_id: next_id(),
            labels: Arc::new(LabelValues::new(&[])),
        }
    }

    /// Calls the function, which is user code: it may block, and panic.
    pub(crate) fn compute(&self) -> Number {
        (self.compute)()
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computed").finish_non_exhaustive()
    }
}
