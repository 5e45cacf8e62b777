//! loom models: every interleaving of a few threads, run on the code that ships.
//!
//! Each names the weakened versions that it kills, and was seen to fail on them. A model
//! owns its arena, mostly with one exclusive shard, so that two writers share cells.

#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

mod batches;
mod drafts;
mod faults;
mod guests;
mod histograms;
mod leases;
mod lookups;
mod open;
mod removals;
mod static_labels;
mod up_downs;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::cells::amount::Amount;
use crate::cells::arena::Arena;
use crate::cells::block::Run;
use crate::cells::lease::Lease;
use crate::family::core::FamilyCore;
use crate::metrics::counter::add_at;
use crate::metrics::float_counter;
use crate::metrics::histogram::observe_at;
use crate::metrics::shape::Shape;
use crate::metrics::up_down::{Direction, step_at};
use crate::read::walk::{Scratch, visit_recorded};
use crate::value::{Number, Value};

/// Returns an arena with one shard for one run of a model, leaked like the real one.
fn arena() -> &'static Arena {
    Box::leak(Box::new(Arena::new(1)))
}

fn add(lease: &mut Lease, run: Run, amount: u64) {
    add_at(lease.place(run.block()), run, amount);
}

fn step(lease: &mut Lease, run: Run, direction: Direction) {
    step_at(lease.place(run.block()), run, direction, 1);
}

fn add_float(lease: &mut Lease, run: Run, amount: f64) {
    float_counter::add_at(lease.place(run.block()), run, amount);
}

fn observe(lease: &mut Lease, run: Run, bucket: usize, value: Amount) {
    observe_at(lease.place(run.block()), run, bucket, value);
}

/// Walks a family of counters, and returns the labels and values of its series.
fn counts(family: &FamilyCore) -> Vec<(String, u64)> {
    let mut counts = Vec::new();
    let left = visit_recorded(family, u64::MAX, 0, &mut Scratch::default(), |series, value| {
        let Value::Counter(Number::Unsigned(count)) = value else { return ControlFlow::Break(()) };
        counts.push((series.label_values().collect(), count));
        ControlFlow::Continue(())
    });
    assert_eq!(left, None);
    counts
}

fn family_of_one(value: &str) -> Arc<FamilyCore> {
    let family = Arc::new(FamilyCore::of_labels(&["label"], Shape::Gauge));
    _ = family.with(&[value]);
    family
}
