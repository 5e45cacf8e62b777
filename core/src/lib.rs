//! A metrics engine that counts everything, exactly, at about the cost of a plain add.
//!
//! A [`Registry`] registers metrics and returns handles. A program keeps the handles and
//! records through them. An exporter, such as `tickmark-text`, reads the registry.
//!
//! ```
//! use std::time::Duration;
//! use tickmark::{Bounds, RegisterError, Registry};
//!
//! let registry = Registry::new();
//! let requests = registry.counter_family("requests_total", "Requests.", ["path", "status"])?;
//! let bounds = Bounds::seconds([0.01, 0.1, 1.0])?;
//! let latency = registry.histogram_family("latency_seconds", "Latency.", ["path"], &bounds)?;
//!
//! // Any label values; a look-up takes no lock.
//! requests.with(["/", "200"]).inc();
//! latency.with(["/"]).observe_duration(Duration::from_millis(7));
//!
//! // A handle is cheaper still, and a timer records when it is dropped.
//! let root = latency.handle(["/"]);
//! {
//!     let _timer = root.start_timer();
//! }
//! assert_eq!(root.snapshot().count(), 2);
//! # Ok::<(), RegisterError>(())
//! ```
//!
//! # Which metric
//!
//! | to record | use |
//! | --- | --- |
//! | events, amounts that only go up | [`Counter`], [`FloatCounter`] |
//! | amounts in progress, by many threads | [`UpDownCounter`] and its guards |
//! | a value that is set | [`Gauge`], [`FloatGauge`] |
//! | the distribution of values | [`Histogram`], [`FloatHistogram`] |
//! | a value known elsewhere | [`gauge_fn`](Registry::gauge_fn), [`counter_fn`](Registry::counter_fn), or a [collector](collect::Collector) for more |
//! | texts, such as a version | [`info`](Registry::info) |
//!
//! Each is registered alone or as a [`Family`] by label values.
//!
//! # Which histogram method
//!
//! | values | bounds | record with |
//! | --- | --- | --- |
//! | durations | [`Bounds::seconds`] | [`observe_duration`](Histogram::observe_duration), [`start_timer`](Histogram::start_timer) |
//! | bytes | [`Bounds::bytes`] | [`observe`](Histogram::observe), in bytes |
//! | counts: rows, retries | [`Bounds::whole`] | [`observe`](Histogram::observe) |
//! | ratios, temperatures, negative values | [`FloatBounds::new`] | [`FloatHistogram::observe`] |
//! | the same value many times | any of these | [`observe_many`](Histogram::observe_many) |
//!
//! Bounds and pages are in base units, seconds and bytes. [`Histogram::observe`] takes
//! whole numbers in the unit of the bounds' [`Scale`], so that sums are exact: with
//! [`Bounds::seconds`], `observe(250)` records 250 *nanoseconds*. To record 250 ms, call
//! `observe_duration(Duration::from_millis(250))`.
//!
//! # Guarantees
//! - Recording never panics and never waits for a reader. Threads that record in the same
//!   series do not contend: on two cores, a record in a counter took 0.9 ns of a core
//!   with one thread, 1.4 ns with 16, and 2.6 ns with 64. Exceptions are gauges, which
//!   are one atomic, threads past the [shard limit](set_shard_limit), which share cells,
//!   and guests.
//! - Cells come in blocks of 512. The first thread to record in a block owns it. Later
//!   threads are *guests*: they share one extra block, and a second one once two guests
//!   meet. A guest *earns* its own block by more than 1,024 records in a period, or by
//!   meeting two other guests. A period ends at the first scrape at least 10 s after its
//!   start. A guest's record takes about 7 ns more. Its thread has no cells of its own
//!   there, only a 4-byte count of records per block.
//! - Recording takes a lock and allocates when a thread first records in such a block,
//!   when it earns a block, and when it is the first guest that meets another.
//! - Apart from the removal of an unheld series, and from misuse (see [Limits](#limits)),
//!   no record is lost: not when threads end, nor past the [shard
//!   limit](set_shard_limit), nor past the [series limit](Family::set_series_limit).
//! - A reading contains everything recorded before it began. Counters and buckets never
//!   decrease, and a histogram's buckets, count and sum describe the same observations
//!   ([`Histogram`] states when a reading gives up).
//! - [Removing](Family::remove) an unheld series drops it at once, with its records since
//!   the last scrape. A held series, or an up-down counter above zero, stays exposed
//!   until it is unheld, back at zero, and all its records have been exposed. A series
//!   [expires](Family::set_idle_expiry) only after a scrape has exposed its value, and a
//!   concurrent record keeps it.
//!
//! # Memory
//! Memory is bounded by the peak number of series of each kind and of concurrent threads.
//! Once every thread has its blocks, recording does not grow it.
//! - In a family of 120 or more series with three label values of 21 bytes in all, and
//!   with one recording thread, a counter series takes 116 to 132 bytes. Families share
//!   the last block of cells (4 KiB). A scrape adds 17 bytes a series and 1.5 KB.
//! - All guests together add 8 bytes a counter series, or 16 where two met. Each further
//!   thread adds 8 where it earns a block. Without scrapes, it earns every block in which
//!   it records more than 1,024 times. Meetings with other guests may earn it further
//!   blocks.
//! - A histogram series with 11 bounds takes:
//!   - about 120 bytes;
//!   - 134 more for the first thread;
//!   - 134 for all guests, 268 where two met;
//!   - 134 for each further thread that earns a block.
//! - A family takes about 2.5 KB.
//!
//! # Limits
//! - Do not record in a signal handler. If it interrupts a record on its own thread,
//!   counts can be lost, a histogram's sum can permanently disagree with its buckets, and
//!   a thread's first record in a block can deadlock.
//! - After a `fork`, the child counts on from the parent's values. A lock or a shard that
//!   another thread of the parent held stays held in the child.
//! - A global allocator must not record: a thread's first record allocates.
//!
//! # Modules
//! The root has the types for a program that records. [`collect`] has those for a
//! collector, which computes metrics during a scrape, and [`export`] those for an
//! exporter.

// The other crates link here, wherever their documentation is built first.
#![doc(html_root_url = "../")]
#![forbid(unsafe_code)]

mod bounds;
mod cells;
mod checked;
pub mod collect;
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

pub mod export {
    //! Reading a registry: for exporters and tests.
    //!
    //! [`Registry::families`](crate::Registry::families) returns the [`Families`], whose
    //! [`FamilyView`]s visit their series.

    pub use crate::metrics::histogram::HistogramSnapshot;
    pub use crate::names::legacy::{
        is_legacy_label_name, is_legacy_metric_name, underscored_label_name,
        underscored_metric_name,
    };
    pub use crate::read::families::{Families, FamilyView};
    pub use crate::read::walk::Scratch;
    pub use crate::series::exemplar::{Exemplar, SeriesExemplars};
    pub use crate::series::view::SeriesView;
    pub use crate::value::{Kind, Number, Value};
}

pub use bounds::error::BoundsError;
pub use bounds::float::FloatBounds;
pub use bounds::scale::Scale;
pub use bounds::whole::Bounds;
pub use cells::arena::{ShardLimitError, set_shard_limit};
pub use family::closed::{ClosedFamily, Label, LabelSet};
pub use family::family::{Family, Found};
pub use family::open::OpenFamily;
pub use family::static_labels::StaticFamily;
pub use metrics::counter::Counter;
pub use metrics::float_counter::FloatCounter;
pub use metrics::float_gauge::FloatGauge;
pub use metrics::float_histogram::FloatHistogram;
pub use metrics::gauge::Gauge;
pub use metrics::histogram::Histogram;
pub use metrics::metric::Metric;
pub use metrics::timer::{ObserveDuration, Timer};
pub use metrics::up_down::{UpDownCounter, UpDownGuard};
pub use names::error::{Difference, LabelError, NameReason, Part, RegisterError};
pub use registry::registry::Registry;
pub use value::Number;
