//! The names of recorded figures that targets and their reasons use.

use crate::figure::Key;

pub(crate) const PROMETHEUS: &str = "prometheus";
pub(crate) const AXUM_PROMETHEUS: &str = "axum-prometheus 0.10.1";
pub(crate) const CLOCK: &str = "limit: two readings of the clock";
pub(crate) const STATIC: &str = "tickmark, static labels";

pub(crate) const COUNTER: &str = "counter, handle";
pub(crate) const HISTOGRAM: &str = "histogram of 11 bounds, handle";
pub(crate) const UP_AND_DOWN: &str = "up and down, handle";
pub(crate) const LOOKED_UP: &str = "counter by 3 labels, looked up";
pub(crate) const CLOSED: &str = "counter by 2 closed labels";
pub(crate) const BOUNDS: &str = "histogram, by the number of its bounds";
pub(crate) const WAYS_TO_LOOK_UP: &str = "look-up of a counter by 3 labels";
pub(crate) const FLOATS: &str = "tickmark, of floats";

pub(crate) const ONCE: &str = "bytes of a counter, after one record a thread";
pub(crate) const ONCE_SHOWN: &str = "bytes of a counter, after one record a thread and a page";
pub(crate) const OFTEN: &str = "bytes of a counter, after 2,000 records a thread";
pub(crate) const HISTOGRAM_ONCE: &str =
    "bytes of a histogram of 11 bounds, after one record a thread";
pub(crate) const HISTOGRAM_ONCE_SHOWN: &str =
    "bytes of a histogram of 11 bounds, after one record a thread and a page";
pub(crate) const HISTOGRAM_OFTEN: &str =
    "bytes of a histogram of 11 bounds, after 2,000 records a thread";

pub(crate) fn record<'a>(operation: &'a str, threads: u64, subject: &'a str) -> Key<'a> {
    Key { chapter: "record", operation, x: Some(threads), subject }
}

pub(crate) fn way<'a>(operation: &'a str, x: Option<u64>, subject: &'a str) -> Key<'a> {
    Key { chapter: "ways", operation, x, subject }
}

pub(crate) fn layer<'a>(operation: &'a str, subject: &'a str) -> Key<'a> {
    Key { chapter: "adapters", operation, x: None, subject }
}
