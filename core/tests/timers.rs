//! Timers and guards take effect however their work ends: on another thread, by
//! cancellation, or by panic.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::future::{Future, pending};
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tickmark::{Bounds, FloatBounds, FloatHistogram, Histogram, Registry, UpDownCounter};

struct Metrics {
    whole: Histogram,
    float: FloatHistogram,
    open: UpDownCounter,
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        Self {
            whole: registry.histogram("whole_seconds", "W.", &Bounds::default()).unwrap(),
            float: registry
                .float_histogram("float_seconds", "F.", &FloatBounds::default())
                .unwrap(),
            open: registry.up_down_counter("open", "O.").unwrap(),
        }
    }

    fn counts(&self) -> [u64; 2] {
        [self.whole.snapshot().count(), self.float.snapshot().count()]
    }
}

/// Holds borrowed and owned timers and guards, and never ends by itself.
async fn task(metrics: &Metrics) {
    let _borrowing =
        (metrics.whole.start_timer(), metrics.float.start_timer(), metrics.open.guard());
    let owning = (
        metrics.whole.clone().into_timer(),
        metrics.float.clone().into_timer(),
        metrics.open.clone().into_guard(),
    );
    pending::<()>().await;
    drop(owning);
}

#[test]
fn timer_records_its_lifetime() {
    let metrics = Metrics::new();
    let before = Instant::now();
    let timers = (metrics.whole.start_timer(), metrics.float.start_timer());
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(2) {
        std::hint::spin_loop();
    }
    drop(timers);
    let most = before.elapsed();
    let (whole, float) = (metrics.whole.snapshot(), metrics.float.snapshot());
    assert!((2_000_000..=most.as_nanos()).contains(&u128::from(whole.sum)), "{whole:?}");
    assert!((0.002..=most.as_secs_f64()).contains(&float.sum), "{float:?}");
    assert_eq!(metrics.counts(), [1, 1]);
}

#[test]
fn timer_records_once_and_returns_the_time() {
    let metrics = Metrics::new();
    let whole = metrics.whole.start_timer().observe_now();
    let float = metrics.float.clone().into_timer().observe_now();
    assert_eq!(metrics.counts(), [1, 1]);
    assert_eq!(u128::from(metrics.whole.snapshot().sum), whole.as_nanos());
    assert_eq!(metrics.float.snapshot().sum, float.as_secs_f64());
}

#[test]
fn discarded_timer_records_nothing() {
    let metrics = Metrics::new();
    metrics.whole.start_timer().discard();
    metrics.float.clone().into_timer().discard();
    assert_eq!(metrics.counts(), [0, 0]);
}

#[test]
fn cancelled_task_ends_timers_and_guards() {
    let metrics = Metrics::new();
    {
        let mut task = pin!(task(&metrics));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(task.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!((metrics.counts(), metrics.open.get()), ([0, 0], 2));
    }
    assert_eq!((metrics.counts(), metrics.open.get()), ([2, 2], 0));
}

#[test]
fn panic_ends_timers_and_guards() {
    let metrics = Metrics::new();
    let panicked = catch_unwind(|| {
        let _borrowing =
            (metrics.whole.start_timer(), metrics.float.start_timer(), metrics.open.guard());
        let _owning = (metrics.whole.clone().into_timer(), metrics.open.clone().into_guard());
        assert_eq!(metrics.open.get(), 2);
        panic!("as meant");
    });
    assert!(panicked.is_err());
    assert_eq!((metrics.counts(), metrics.open.get()), ([2, 1], 0));
}

#[test]
fn timers_and_guards_end_on_any_thread() {
    let metrics = Metrics::new();
    let owning = (
        metrics.whole.clone().into_timer(),
        metrics.float.clone().into_timer(),
        metrics.open.clone().into_guard(),
    );
    thread::spawn(move || drop(owning)).join().unwrap();
    let borrowing =
        (metrics.whole.start_timer(), metrics.float.start_timer(), metrics.open.guard());
    thread::scope(|scope| scope.spawn(move || drop(borrowing)).join().unwrap());
    assert_eq!((metrics.counts(), metrics.open.get()), ([2, 2], 0));
}
