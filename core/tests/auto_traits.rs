//! Handles are `Send`, `Sync`, `Unpin`, unwind-safe and `'static`.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use tickmark::collect::Collection;
use tickmark::export::{Families, HistogramSnapshot};
use tickmark::*;

fn goes_anywhere<T: Clone + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + 'static>() {}

fn goes_with_its_owner<T: Send + Sync + Unpin + UnwindSafe + Debug>() {}

fn goes_with_a_task<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + 'static>() {}

#[derive(Clone, Copy)]
struct Direction;

impl Label for Direction {
    const ALL: &'static [Self] = &[Self];

    fn as_str(self) -> &'static str {
        "in"
    }
}

#[test]
fn handles_are_send_sync_and_static() {
    goes_anywhere::<Counter>();
    goes_anywhere::<Gauge>();
    goes_anywhere::<UpDownCounter>();
    goes_anywhere::<Histogram>();
    goes_anywhere::<FloatCounter>();
    goes_anywhere::<FloatGauge>();
    goes_anywhere::<FloatHistogram>();
    goes_anywhere::<Family<Histogram, 3>>();
    goes_anywhere::<Family<FloatHistogram, 3>>();
    goes_anywhere::<StaticFamily<Histogram, 3>>();
    goes_anywhere::<StaticFamily<FloatHistogram, 3>>();
    goes_anywhere::<Registry>();
    goes_anywhere::<Families>();
    goes_anywhere::<Bounds>();
    goes_anywhere::<FloatBounds>();
    goes_anywhere::<RegisterError>();
    goes_anywhere::<BoundsError>();
    goes_anywhere::<HistogramSnapshot>();
    goes_anywhere::<HistogramSnapshot<f64>>();
    goes_anywhere::<ClosedFamily<Histogram, Direction>>();
    goes_with_its_owner::<UpDownGuard<&UpDownCounter>>();
    goes_with_its_owner::<Timer<&Histogram>>();
    goes_with_its_owner::<Timer<&FloatHistogram>>();
    goes_with_a_task::<UpDownGuard<UpDownCounter>>();
    goes_with_a_task::<Timer<Histogram>>();
    goes_with_a_task::<Timer<FloatHistogram>>();
    goes_with_its_owner::<Found<'_, Counter>>();
    goes_with_its_owner::<Collection>();
}

static SERVED: std::sync::LazyLock<Counter> =
    std::sync::LazyLock::new(|| Registry::new().counter("served", "Served.").unwrap());

#[test]
fn handle_in_a_static_works() {
    std::thread::spawn(|| SERVED.inc()).join().unwrap();
    assert_eq!(SERVED.get(), 1);
    assert_eq!(format!("{:?}", *SERVED), "Counter(1)");
}
