//! Writes a [`tickmark`] registry in the Prometheus text formats 0.0.4 and 1.0.0, and in
//! OpenMetrics 1.0.
//!
//! ```
//! use std::time::Duration;
//! use tickmark::{Bounds, Registry};
//! use tickmark_text::{CONTENT_TYPE, Encoder};
//!
//! let registry = Registry::new();
//! let requests = registry.counter_family("requests", "Requests served.", ["method"])?;
//! let bounds = Bounds::seconds([0.1, 1.0])?;
//! let latency = registry.histogram("latency_seconds", "Time to answer.", &bounds)?;
//! let encoder = Encoder::new(&registry);
//!
//! requests.with(["GET"]).inc();
//! latency.observe_duration(Duration::from_millis(250));
//! assert_eq!(
//!     encoder.encode_to_string(),
//!     r#"# HELP latency_seconds Time to answer.
//! ## TYPE latency_seconds histogram
//! latency_seconds_bucket{le="0.1"} 0
//! latency_seconds_bucket{le="1.0"} 1
//! latency_seconds_bucket{le="+Inf"} 1
//! latency_seconds_sum 0.25
//! latency_seconds_count 1
//! ## HELP requests_total Requests served.
//! ## TYPE requests_total counter
//! requests_total{method="GET"} 1
//! "#
//! );
//! assert_eq!(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
//! # Ok::<(), tickmark::RegisterError>(())
//! ```
//!
//! # The page
//!
//! - Families are sorted by name. Each is one block: HELP, TYPE, then its series. A
//!   family without series still has its HELP and TYPE.
//! - Series are sorted by slot: in the order of creation, except that a new series reuses
//!   the slot of a removed one.
//! - Counters end in `_total`, in the metadata too. Under
//!   [`Registry::with_counter_names_as_given`](tickmark::Registry::with_counter_names_as_given)
//!   they keep their names.
//! - Integers are exact, up to `u64::MAX`. So are the sums of integer histograms: a sum
//!   of nanoseconds is an exact decimal of seconds.
//! - The bound of a bucket always reads as a float, `le="1.0"`; so does a quantile. Under
//!   [`Registry::with_plain_bounds`](tickmark::Registry::with_plain_bounds) it is a plain
//!   decimal, `le="1"`, in every format.
//! - An info family is a gauge that ends in `_info` and is always 1.
//! - A state set is a gauge with one line for each state, 0 or 1. The state is in a label
//!   with the name of the family.
//! - Label values may be any strings, and different values are always distinct.
//!
//! OpenMetrics differs:
//!
//! - The metadata are TYPE, UNIT and HELP, and name a counter without `_total`.
//! - Info families and state sets have types of their own.
//! - Floats have a point.
//! - Exemplars are shown, and creation times if the registry keeps them.
//! - The type of a counter without `_total` is `unknown`, as OpenMetrics requires the
//!   suffix.
//!
//! # Values left out
//!
//! A page has only lines that the readers of its format accept, as one invalid line makes
//! them reject the page. OpenMetrics cannot express some values of the text formats. Each
//! is omitted alone. Later pages of every format count it in
//! `tickmark_exposition_omissions_total{family="…",reason="…"}`:
//!
//! | reason | omitted from OpenMetrics |
//! | --- | --- |
//! | `quantile value below zero` | the line of that quantile |
//! | `sum below zero or NaN` | the sum of a summary, or sum and count of a histogram |
//! | `bound below zero` | sum and count of a histogram with such a bound |
//! | `name not a label name` | a state set: its name is the name of a label |
//!
//! The count of a histogram is never lost: the bucket `le="+Inf"` has the same number.
//!
//! The engine rejects values that no format can express: see
//! [`Collector`](tickmark::collect::Collector) and
//! [`Exemplar`](tickmark::export::Exemplar).
//!
//! # Speed
//!
//! A line is a few copies of fixed length. A page is written in chunks, whose buffers are
//! reused once they are dropped. In the steady state a chunk is one small allocation, and
//! a short chunk is a copy. The labels of about 10,000 series with one line each are kept
//! as text; all others are written for every page.

// The other crates link here, wherever their documentation is built first.
#![doc(html_root_url = "../")]
#![forbid(unsafe_code)]

mod checked;
mod names;
mod negotiate;
mod page;
mod text;

pub use crate::negotiate::accept_encoding::accepts_gzip;
pub use crate::negotiate::format::{CONTENT_TYPE, Escaping, Format};
pub use crate::negotiate::name_filter::{NameFilter, TooManyNames};
pub use crate::page::encoder::Encoder;
pub use crate::page::page::Page;
