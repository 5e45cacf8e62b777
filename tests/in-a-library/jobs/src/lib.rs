//! A queue of jobs that offers metrics: see `guide/in-a-library.md`.
#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "a definition that differs is a defect of the program")]

use std::sync::LazyLock;

use tickmark::{Counter, Family, Registry, UpDownCounter};

/// The names of this library's metrics belong to it alone.
const DEFINED_ONCE: &str = "the metric is registered with the same definition everywhere";

static ENDED: LazyLock<Family<Counter, 1>> = LazyLock::new(|| {
    let registry = Registry::global().with_reuse();
    registry
        .counter_family("jobs_ended_total", "Jobs that ended, by outcome.", ["outcome"])
        .expect(DEFINED_ONCE)
});

static RUNNING: LazyLock<UpDownCounter> = LazyLock::new(|| {
    let registry = Registry::global().with_reuse();
    registry.up_down_counter("jobs_running", "Jobs in progress.").expect(DEFINED_ONCE)
});

/// Puts the metrics on the page before the first job.
pub fn init_metrics() {
    _ = LazyLock::force(&ENDED);
    _ = LazyLock::force(&RUNNING);
}

/// Runs a job, and counts how it ends.
///
/// # Errors
/// If the job fails.
pub fn run<T, E>(job: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let _running = RUNNING.guard();
    let result = job();
    ENDED.with([if result.is_ok() { "done" } else { "failed" }]).inc();
    result
}

/// The counters of one queue, among those of all queues.
#[derive(Clone, Debug)]
pub struct Queue {
    pushed: Counter,
    popped: Counter,
}

impl Queue {
    /// Creates a queue whose series have its name as a label.
    ///
    /// # Errors
    /// If another library has registered the name with another definition.
    pub fn new(registry: &Registry, name: &str) -> Result<Self, tickmark::RegisterError> {
        let moved = registry.with_reuse().counter_family(
            "jobs_moved_total",
            "Jobs pushed to a queue or popped from it.",
            ["queue", "direction"],
        )?;
        Ok(Self { pushed: moved.handle([name, "push"]), popped: moved.handle([name, "pop"]) })
    }

    /// Adds a job.
    pub fn push(&self) {
        self.pushed.inc();
    }

    /// Takes a job.
    pub fn pop(&self) {
        self.popped.inc();
    }
}
