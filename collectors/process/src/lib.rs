//! What the system says of this process, in the metrics that Prometheus's own clients
//! have for it.
//!
//! ```
//! let registry = tickmark::Registry::new();
//! registry.register_collector("process", tickmark_process::ProcessCollector::new())?;
//! # if cfg!(target_os = "linux") {
//! let page = tickmark_text::Encoder::new(&registry).encode();
//! assert!(std::str::from_utf8(&page)?.contains("\nprocess_resident_memory_bytes "));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | metric | |
//! | --- | --- |
//! | `process_cpu_seconds_total` | time on a processor, in user and system mode; the kernel counts it in steps of 10 ms as a rule |
//! | `process_resident_memory_bytes` | memory that is in RAM |
//! | `process_virtual_memory_bytes` | memory that has an address |
//! | `process_open_fds` | file descriptors that are open |
//! | `process_max_fds` | how many may be, before the next fails (the soft limit); `+Inf` without a limit |
//! | `process_threads` | threads of the operating system |
//! | `process_start_time_seconds` | when it began, in seconds since 1970 |
//!
//! Everything is read from `/proc` while a scrape waits, and nothing in between. What
//! cannot be read is left out of that scrape, never 0. On systems other than Linux all of
//! it is left out.
#![forbid(unsafe_code)]

use tickmark::{Collection, Collector};

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
use linux as system;

/// What could be read of the process.
#[derive(Debug, Default)]
struct Reading {
    cpu_seconds: Option<f64>,
    resident_bytes: Option<u64>,
    virtual_bytes: Option<u64>,
    open_fds: Option<u64>,
    max_fds: Option<f64>,
    threads: Option<i64>,
    start_seconds: Option<f64>,
}

/// A system that tells nothing.
#[cfg(not(target_os = "linux"))]
mod system {
    #[derive(Debug, Default)]
    pub(crate) struct Source;

    impl Source {
        pub(crate) fn read(&self) -> super::Reading {
            super::Reading::default()
        }
    }
}

/// Yields the `process_*` metrics of this process.
///
/// A scrape waits for it as long as it takes to read three files of `/proc`: some 50 µs.
/// Thousands of open files make no difference (before Linux 6.2 they are counted one by
/// one); the kernel adds about 0.1 ms for each thousand threads. It does not panic.
#[derive(Debug, Default)]
pub struct ProcessCollector(system::Source);

impl ProcessCollector {
    /// A collector of the process that runs it. Reads nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Collector for ProcessCollector {
    fn collect(&self, out: &mut Collection) {
        let Reading {
            cpu_seconds,
            resident_bytes,
            virtual_bytes,
            open_fds,
            max_fds,
            threads,
            start_seconds,
        } = self.0.read();
        if let Some(seconds) = cpu_seconds {
            let help = "Total user and system CPU time spent in seconds.";
            out.counter("process_cpu_seconds_total", help, []).series([], seconds);
        }
        if let Some(bytes) = resident_bytes {
            out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", [])
                .series([], bytes);
        }
        if let Some(bytes) = virtual_bytes {
            out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", [])
                .series([], bytes);
        }
        if let Some(fds) = open_fds {
            out.gauge("process_open_fds", "Number of open file descriptors.", []).series([], fds);
        }
        if let Some(fds) = max_fds {
            out.gauge("process_max_fds", "Maximum number of open file descriptors.", [])
                .series([], fds);
        }
        if let Some(threads) = threads {
            out.gauge("process_threads", "Number of OS threads in the process.", [])
                .series([], threads);
        }
        if let Some(seconds) = start_seconds {
            let help = "Start time of the process since unix epoch in seconds.";
            out.gauge("process_start_time_seconds", help, []).series([], seconds);
        }
    }
}
