//! All operations on families, in any order and on any number of threads, against a naive
//! model.

#![cfg(not(tickmark_loom))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "as the engine wraps and rounds"
)]

mod naive;
mod real;
mod threads;
mod totals;
mod world;

use proptest::prelude::*;

use naive::{FLOAT_BOUNDS, Kind, Sample};
use threads::{THREADS, Threads};
use world::{Operation, World};

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Counter,
        Kind::Gauge,
        Kind::UpDownCounter,
        Kind::Histogram,
        Kind::FloatCounter,
        Kind::FloatGauge,
        Kind::FloatHistogram(FLOAT_BOUNDS[0]),
        Kind::FloatHistogram(FLOAT_BOUNDS[1]),
    ])
}

fn samples() -> impl Strategy<Value = Sample> {
    let whole = prop_oneof![
        prop::sample::select(vec![0, 1, 2, 10_000, 10_001, 1 << 63, u64::MAX]),
        0..20_u64,
        any::<u64>().prop_map(|value| value >> (value % 64)),
    ];
    let float = prop::sample::select(vec![
        0.0,
        -0.0,
        0.1,
        0.5,
        -1.0,
        -0.5,
        1.0,
        2.0,
        2.5,
        1e300,
        5e-324,
        f64::MAX,
        f64::MIN,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ]);
    (0..5_u8, whole, float).prop_map(|(way, whole, float)| Sample { way, whole, float })
}

fn operations() -> impl Strategy<Value = Operation> {
    let family = any::<usize>;
    let labels = || 0..16_usize;
    prop_oneof![
        8 => (family(), labels(), samples())
            .prop_map(|(family, labels, sample)| Operation::Record { family, labels, sample }),
        4 => (family(), labels()).prop_map(|(family, labels)| Operation::Hold { family, labels }),
        6 => (any::<usize>(), samples())
            .prop_map(|(held, sample)| Operation::RecordHeld { held, sample }),
        3 => any::<usize>().prop_map(|held| Operation::LetGo { held }),
        2 => (family(), labels()).prop_map(|(family, labels)| Operation::Get { family, labels }),
        2 => (family(), 0..5_usize).prop_map(|(family, limit)| Operation::Limit { family, limit }),
        3 => (family(), labels()).prop_map(|(family, labels)| Operation::Remove { family, labels }),
        2 => (family(), any::<u16>()).prop_map(|(family, keep)| Operation::Retain { family, keep }),
        1 => family().prop_map(|family| Operation::Clear { family }),
        2 => (family(), any::<bool>())
            .prop_map(|(family, expires)| Operation::Expire { family, expires }),
        8 => (1..4_usize).prop_map(|stride| Operation::Scrape { stride }),
        1 => Just(Operation::BeginWalk),
        1 => (1..4_usize).prop_map(|stride| Operation::Walk { stride }),
        1 => family().prop_map(|family| Operation::Unregister { family }),
        2 => family().prop_map(|family| Operation::Register { family }),
        2 => (family(), labels(), samples())
            .prop_map(|(family, labels, sample)| {
                Operation::RecordClosed { family, labels, sample }
            }),
        1 => family().prop_map(|family| Operation::DropClosed { family }),
    ]
}

/// An operation, the thread that runs it, and whether that thread ends afterwards.
fn steps() -> impl Strategy<Value = Vec<(usize, Operation, bool)>> {
    prop::collection::vec((0..THREADS, operations(), prop::bool::weighted(0.2)), 1..80)
}

proptest! {
    #[test]
    fn any_operations_equal_the_naive_model(
        families in prop::collection::vec((kinds(), 0..3_usize), 1..4),
        steps in steps(),
    ) {
        let mut threads = Threads::start();
        let mut world = World::new(&families);
        for (thread, operation, ends) in steps {
            world = threads.run(thread, world, operation);
            if ends {
                threads.end(thread);
            }
        }
        _ = threads.run(0, world, Operation::Scrape { stride: usize::MAX });
    }
}
