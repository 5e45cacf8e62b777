//! Short-lived threads lose no records and leave no memory behind. Needs a process of its
//! own: it counts the memory of all threads.

#![cfg(not(tickmark_loom))]

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use allocation_counter::measure;
use tickmark::{Bounds, Counter, Registry, Scale};

const THREADS: u64 = 100_000;
const AT_ONCE: u64 = 10;

/// Records once more when its thread ends.
struct RecordsAtTheEnd(Counter);

impl Drop for RecordsAtTheEnd {
    fn drop(&mut self) {
        self.0.inc();
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<RecordsAtTheEnd>> = const { RefCell::new(None) };
}

#[test]
fn short_lived_threads_lose_and_leave_nothing() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0, 2.0]).unwrap();
    let counter = registry.counter("counter", "Threads.").unwrap();
    let ends = registry.counter("ends", "Threads that ended.").unwrap();
    let values = registry.histogram("values", "One value a thread.", &bounds).unwrap();
    let family = registry.counter_family("family", "Threads by last digit.", ["digit"]).unwrap();
    let kept_bytes = AtomicU64::new(0);
    let live = |number: u64| {
        let allocated = measure(|| {
            counter.inc();
            values.observe(number % 4);
            family.with([&(number % 10).to_string()]).inc();
        });
        // The first threads allocate blocks and series; later ones reuse them.
        _ = kept_bytes
            .fetch_add(u64::try_from(allocated.bytes_current).unwrap(), Ordering::Relaxed);
        if number % 2 == 0 {
            AT_THE_END.set(Some(RecordsAtTheEnd(ends.clone())));
        }
    };
    for batch in 0..THREADS / AT_ONCE {
        let first = batch * AT_ONCE;
        thread::scope(|scope| {
            let threads: Vec<_> =
                (first..first + AT_ONCE).map(|number| scope.spawn(move || live(number))).collect();
            // Joined one by one, because a scope does not wait for destructors of
            // thread-locals.
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
    assert_eq!((counter.get(), ends.get()), (THREADS, THREADS / 2));
    let snapshot = values.snapshot();
    assert_eq!(
        (snapshot.buckets, snapshot.sum),
        (vec![THREADS / 2, THREADS / 4, THREADS / 4], THREADS / 4 * 6)
    );
    assert!((0..10).all(|digit: u64| family.with([&digit.to_string()]).get() == THREADS / 10));
    // One block per shard, and ten series.
    assert!(kept_bytes.into_inner() < 20 * AT_ONCE * 1_000, "bytes kept");
}
