//! Writes a [`tickmark`] registry in the Prometheus text formats, versions 0.0.4 and
//! 1.0.0, and in OpenMetrics 1.0.
//!
//! ```
//! use std::time::Duration;
//! use tickmark::{Bounds, Registry, Scale};
//! use tickmark_text::{CONTENT_TYPE, Encoder};
//!
//! let registry = Registry::new();
//! let requests = registry.counter_family("requests", "Requests served.", ["method"])?;
//! let bounds = Bounds::new(Scale::Nanos, &[0.1, 1.0])?;
//! let latency = registry.histogram("latency_seconds", "Time to answer.", &bounds)?;
//! let encoder = Encoder::new(registry);
//!
//! requests.with(["GET"]).inc();
//! latency.observe_duration(Duration::from_millis(250));
//! let page = encoder.encode();
//! assert_eq!(
//!     page,
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
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The page
//!
//! - Families are sorted by name, and each is one block: HELP, TYPE, then its series by
//!   slot: in the order of their creation, but that new ones take the places of those
//!   that were removed. A family without series still has its HELP and TYPE.
//! - Counters end in `_total`, in the metadata too.
//! - Integers are written exactly, up to the last of a `u64`. So are the sums of
//!   histograms, which are integers in the histogram's scale: a sum of nanoseconds is an
//!   exact decimal of seconds.
//! - The bound of a bucket always reads as a float, `le="1.0"`; so does a quantile. Under
//!   [`Registry::with_plain_bounds`](tickmark::Registry::with_plain_bounds) it is a plain
//!   decimal, `le="1"`, in every format.
//! - An info family is a gauge that ends in `_info` and is always 1. A state set is a
//!   gauge with a line a state, 0 or 1, told apart by a label with the name of the
//!   family.
//! - Label values may be any strings, and different ones never look the same.
//!
//! OpenMetrics differs: its metadata are TYPE, UNIT and HELP and name a counter without
//! `_total`; info families and state sets have types of their own; floats have a point;
//! exemplars are shown, and the times of creation if they are kept.
//!
//! # Values left out
//!
//! A page holds only lines that the readers of its format take: one wrong line costs them
//! all others. OpenMetrics has no place for some values that the text formats have. Each
//! is left out alone, and counted by
//! `tickmark_exposition_omissions_total{family="…",reason="…"}` on later pages of every
//! format:
//!
//! | reason | left out of OpenMetrics |
//! | --- | --- |
//! | `quantile value below zero` | the line of that quantile |
//! | `sum below zero or NaN` | the sum of a summary; of a histogram the sum with the count, which `le="+Inf"` says too |
//! | `bound below zero` | sum and count of a histogram that has such a bound |
//! | `its name is no label name` | a state set: the label of its states has its name |
//!
//! Values that no format can make sense of are refused before: see
//! [`Collector`](tickmark::Collector), and [`Exemplar`](tickmark::Exemplar) for those
//! that no page could show.
//!
//! # Speed
//!
//! A line is a few copies of fixed length. A page is written in chunks, whose memory is
//! used again once they are dropped: in the steady state each is one small allocation,
//! and a short one is a copy. The labels of the first 10,000 series or so that have one
//! line are kept as text; all others are written anew with every page.

#![forbid(unsafe_code)]

mod names;
mod negotiate;
mod page;
mod text;

pub use crate::names::escape_name::{CounterName, is_legacy_label_name, is_legacy_metric_name};
pub use crate::negotiate::accept_encoding::accepts_gzip;
pub use crate::negotiate::format::{CONTENT_TYPE, Escaping, Format};
pub use crate::negotiate::name_filter::{NameFilter, TooManyNames};
pub use crate::page::encoder::Encoder;
pub use crate::page::page::Page;
