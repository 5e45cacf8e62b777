//! A metrics engine that counts everything, exactly, at about the cost of a plain add.
//!
//! A program makes a [`Registry`], registers families in it, keeps the handles that they
//! give, and records through them: [`Counter`], [`Gauge`], [`UpDownCounter`],
//! [`Histogram`], each alone or as a [`Family`] by label values. For values that are no
//! whole numbers of any unit there are [`FloatCounter`], [`FloatGauge`] and
//! [`FloatHistogram`]; what is known elsewhere, a [`Collector`] computes in a scrape. An
//! exporter (such as `tickmark-text`) reads the registry through [`Registry::families`].
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
//! - Recording never panics. It costs the same with one thread as with many on the same
//!   series, but for gauges, which are one atomic, threads past the [limit of
//!   shards](set_shard_limit), which share cells, and guests. A thread is a *guest* in a
//!   block of 512 cells that another thread has, until it *earns* its own by more than
//!   1,024 records there between two scrapes, or by meeting two other guests. A guest's
//!   record takes some 7 ns more, and its thread no memory. Recording takes a lock and
//!   allocates only when a thread first touches a block, when it earns one, and when it
//!   is the first guest of a block that meets another. It never waits otherwise.
//! - Nothing that was recorded is lost: not when threads end, nor past the [limit of
//!   shards](set_shard_limit), nor past the [limit of series](Family::set_series_limit).
//! - Reading never delays a recorder. What was recorded before a reading began is in it,
//!   counters and buckets never go back, and a histogram's buckets, count and sum
//!   describe the same observations (but see [`Histogram`] for when it gives up).
//! - A series that [is removed](Family::remove) while a handle holds it is exposed until
//!   all that was recorded in it was shown. One that nothing holds goes at once, with
//!   what it counted since the last scrape. One that [expires](Family::set_idle_expiry)
//!   was shown as it is, and a record that comes meanwhile keeps it.
//! - Memory is bounded by the most series of each kind and threads that there were at
//!   once, and does not grow by recording. A counter series takes 116 to 132 bytes with
//!   three label values of 21 bytes in all and one thread that records in it, in a family
//!   of any size from 120 series on, but for the last block of cells, of 4 KiB, which
//!   families share. A scrape adds 17 bytes a series and 1.5 KB. All guests together add
//!   8 bytes a series, or 16 where two met. Each further thread adds 8 where it earns
//!   blocks: without scrapes, in all that it records in 1,024 times, and where it met two
//!   others, which over a long time may be everywhere. A histogram series with 11 bounds
//!   takes about 120 bytes, and 134 each for the first thread, for all guests (twice
//!   where two met), and for each further thread that earns; a family takes about 2.5 KB.
//!
//! # What to know
//! - Do not record in a signal handler. If it interrupts a record on its own thread,
//!   counts get lost, and a histogram's sum may stay apart from its buckets; a first
//!   touch there may never return.
//! - After a `fork`, the child counts on from the parent's values. What other threads of
//!   the parent held (a lock, a shard) stays held in the child.
//! - A global allocator must not record: a thread's first record allocates.

#![forbid(unsafe_code)]

mod bounds;
mod cells;
mod collect;
mod ever;
mod family;
mod metrics;
#[cfg(all(test, tickmark_loom))]
mod models;
mod names;
mod read;
mod registry;
mod series;
mod sync;
mod value;

pub use bounds::{Bounds, BoundsError, FloatBounds, Scale};
pub use cells::arena::{ShardLimitError, set_shard_limit};
pub use collect::collection::{
    CollectedHistograms, CollectedInfos, CollectedNumbers, CollectedStateSets, CollectedSummaries,
    Collection,
};
pub use collect::collector::Collector;
pub use family::closed::{ClosedFamily, Label, LabelSet};
pub use family::family::{Family, Found};
pub use family::static_labels::StaticFamily;
pub use metrics::counter::Counter;
pub use metrics::float_counter::FloatCounter;
pub use metrics::float_gauge::FloatGauge;
pub use metrics::float_histogram::FloatHistogram;
pub use metrics::gauge::Gauge;
pub use metrics::histogram::{Histogram, HistogramSnapshot};
pub use metrics::metric::Metric;
pub use metrics::timer::{ObserveDuration, Timer};
pub use metrics::up_down::{UpDownCounter, UpDownGuard};
pub use names::error::RegisterError;
pub use read::walk::{Families, FamilyView, Scratch, SeriesView};
pub use registry::registry::Registry;
pub use series::exemplar::{Exemplar, SeriesExemplars};
pub use value::{Kind, Number, Value};
