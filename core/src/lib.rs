//! A metrics engine that counts everything, exactly, at about the cost of a plain add.
//!
//! A program makes a [`Registry`], registers families in it, keeps the handles that they give, and records through them:
//! [`Counter`], [`Gauge`], [`UpDownCounter`], [`Histogram`], each alone or as a [`Family`] by label values. An exporter
//! (such as `tickmark-text`) reads the registry through [`walk`].
//!
//! ```
//! use tickmark::{Bounds, Registry, Scale};
//!
//! let registry = Registry::new();
//! let requests = registry.counter_family("requests_total", "Requests served.", ["path", "status"])?;
//! let bounds = Bounds::new(Scale::Nanos, &[0.01, 0.1, 1.0])?;
//! let latency = registry.histogram("latency_seconds", "Time to answer.", &bounds)?;
//!
//! requests.with(["/", "200"]).inc();
//! latency.observe(7_000_000);
//! assert_eq!(requests.with(["/", "200"]).get(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//! - Recording never locks, waits or panics, and costs the same with one thread as with many on the same series. It
//!   allocates only when a thread first records in a block of 512 cells.
//! - Nothing that was recorded is lost: not when threads end, nor past the [limit of shards](set_shard_limit), nor past
//!   the [limit of series](Family::set_series_limit).
//! - Reading never delays a recorder. What was recorded before a reading began is in it, counters and buckets never go
//!   back, and a histogram's buckets, count and sum describe the same observations.
//! - Memory is bounded by the series, the blocks touched, and the most threads that lived at once.
//!
//! # What to know
//! - A record made in a signal handler can be lost, or make another one lost, if the handler interrupted a record on its
//!   own thread.
//! - After a `fork`, the child counts on from the parent's values.
//! - A global allocator must not record: a thread's first record allocates.

#![forbid(unsafe_code)]

mod arena;
mod block;
mod bounds;
mod counter;
mod error;
mod family;
mod gauge;
mod growing;
mod histogram;
mod labels;
mod metric;
#[cfg(all(test, tickmark_loom))]
mod models;
mod name;
mod parity;
mod registry;
mod series;
mod shard;
mod sync;
mod table;
mod up_down;
pub mod walk;

pub use arena::{ShardLimitError, set_shard_limit};
pub use bounds::{Bounds, BoundsError, Scale};
pub use counter::Counter;
pub use error::RegisterError;
pub use family::Family;
pub use gauge::Gauge;
pub use histogram::{Histogram, HistogramSnapshot};
pub use metric::Metric;
pub use registry::Registry;
pub use up_down::{UpDownCounter, UpDownGuard};
pub use walk::{Families, FamilyView, Kind, Scratch, SeriesView, Value};
