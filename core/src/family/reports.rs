//! Faults of a family that handles do not see.

use crate::metrics::counter::Counter;
use crate::series::fault_counts;
use crate::sync::{AtomicU64, Mutex, Ordering, Published};

/// Faults counted by a family itself, and the state of its reports.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// Look-ups over the limit. In cells, because many threads may count at once. `None`
    /// before the first.
    overflows: Published<Counter>,
    unsettled: AtomicU64,
    /// Locked during a report, so that two scrapes report each fault once.
    pub(super) state: Mutex<State>,
}

/// The state of a family's reports.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Whether the family is unregistered. Another family may have its name, so scrapes
    /// in progress report nothing more of it.
    pub(super) is_over: bool,
    /// The exposed name, kept from the first report on: later scrapes allocate nothing.
    pub(super) exposed_name: Option<Box<str>>,
}

/// The number of faults of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counted {
    pub(super) overflows: u64,
    pub(crate) unsettled: u64,
    pub(super) rejected_records: u64,
    pub(super) rejected_exemplars: u64,
}

impl Reports {
    pub(super) fn overflows(&self) -> u64 {
        self.overflows.get().map_or(0, Counter::get)
    }

    pub(super) fn unsettled(&self) -> u64 {
        // Relaxed: a count publishes nothing but itself.
        self.unsettled.load(Ordering::Relaxed)
    }

    /// Counts a look-up over the limit.
    pub(super) fn count_overflow(&self) {
        self.overflows.get_or_init(Counter::unlisted).inc();
        fault_counts::happened();
    }

    /// Counts a histogram read that did not settle on one state.
    pub(super) fn count_unsettled(&self) {
        // Relaxed: a count publishes nothing but itself.
        _ = self.unsettled.fetch_add(1, Ordering::Relaxed);
        fault_counts::happened();
    }
}
