//! Threads past the shard limit share cells: slower, but exact. Needs a process of its
//! own, for the limit.

#![cfg(not(tickmark_loom))]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    unused_results,
    reason = "a test"
)]

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Barrier;
use std::thread;

use tickmark::export::{Scratch, Value};
use tickmark::{Bounds, Counter, FloatBounds, Number, Registry, Scale, set_shard_limit};

const THREADS: u64 = 600;
const ROUNDS: u64 = 300;
/// With fewer rounds, adds of two threads hardly ever collide.
const FLOAT_ROUNDS: u64 = 3_000;

/// Records when its thread ends, possibly after the thread has returned its shard.
struct RecordsAtTheEnd(Counter);

impl Drop for RecordsAtTheEnd {
    fn drop(&mut self) {
        self.0.inc();
    }
}

thread_local! {
    static AT_THE_END: RefCell<Vec<RecordsAtTheEnd>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn threads_past_shard_limit_lose_nothing() {
    set_shard_limit(16).unwrap();
    let registry = Registry::new();
    let counter = registry.counter("counter", "Rounds.").unwrap();
    let ends = registry.counter("ends", "Ended threads.").unwrap();
    let open = registry.up_down_counter("open", "Begun and ended work.").unwrap();
    let bounds = Bounds::new(Scale::One, &[1.0, 10.0]).unwrap();
    let histogram = registry.histogram("histogram", "One value a bucket.", &bounds).unwrap();
    let float_counter = registry.float_counter("float_counter", "Halves.").unwrap();
    let float_bounds = FloatBounds::new(&[-0.5, 0.25]).unwrap();
    let float_histogram =
        registry.float_histogram("float_histogram", "One value a bucket.", &float_bounds).unwrap();
    let all_alive = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        let record = || {
            // Before the first record of this thread, so that this destructor may run
            // before or after the lease's.
            AT_THE_END.with_borrow_mut(|ends_here| ends_here.push(RecordsAtTheEnd(ends.clone())));
            // All threads record before any continues. So all but a few have no shard,
            // however fast threads end.
            counter.inc();
            all_alive.wait();
            for round in 0..ROUNDS {
                counter.inc();
                let _open = open.guard();
                histogram.observe([1, 10, 100][(round % 3) as usize]);
                float_histogram.observe([-0.5, 0.25, 100.0][(round % 3) as usize]);
                float_histogram.observe(f64::NAN);
            }
            (0..FLOAT_ROUNDS).for_each(|_| float_counter.add(0.5));
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(record)).collect();
        for _ in 0..200 {
            let mut scratch = Scratch::default();
            for family in registry.families().iter() {
                _ = family.visit(0, &mut scratch, |_, value| {
                    assert!(!matches!(value, Value::Gauge(Number::Signed(..0))), "{value:?}");
                    ControlFlow::Continue(())
                });
            }
        }
        // Joined one by one, because a scope does not wait for destructors of
        // thread-locals.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(counter.get(), THREADS * (ROUNDS + 1));
    assert_eq!(ends.get(), THREADS);
    assert_eq!(open.get(), 0);
    let snapshot = histogram.snapshot();
    assert_eq!(snapshot.count(), THREADS * ROUNDS);
    let [ones, tens, hundreds] = [0, 1, 2].map(|bucket| snapshot.buckets[bucket]);
    assert_eq!(snapshot.sum, ones + 10 * tens + 100 * hundreds);
    assert_eq!([ones, tens, hundreds], [THREADS * ROUNDS / 3; 3]);
    assert_eq!(float_counter.get(), 0.5 * (THREADS * FLOAT_ROUNDS) as f64);
    let floats = float_histogram.snapshot();
    assert_eq!(floats.buckets, snapshot.buckets);
    assert_eq!(floats.sum, -0.5 * ones as f64 + 0.25 * tens as f64 + 100.0 * hundreds as f64);
    assert!(set_shard_limit(5).unwrap_err().to_string().contains("limit of 16"));
}
