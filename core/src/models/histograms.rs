//! Histograms: every reading beside writers is one state.

use loom::thread;

use crate::cells::amount::{Amount, Sum};
use crate::cells::arena::Arena;
use crate::cells::block::Run;
use crate::cells::lease::Lease;
use crate::cells::parity::{HEADER_CELLS, Reading};
use crate::models::{arena, observe};

/// A scrape beside a writer sees buckets and a sum that describe the same observations.
///
/// Kills: the sum in one slot instead of two; the sum stored after the bucket; the bucket
/// or the sum stored or loaded with Relaxed; the second load of the buckets left out.
#[test]
fn a_histogram_is_one_state() {
    loom::model(|| read_beside_a_writer(Amount::Whole));
}

/// The same for a float histogram.
///
/// Kills: the same mutants; a sum of floats added up as whole numbers.
#[test]
fn a_float_histogram_is_one_state() {
    loom::model(|| read_beside_a_writer(float));
}

/// The same for a sum that passes 2^64.
///
/// Kills: a turn left out, or counted for both slots at once; its mark left out, or
/// stored after the bucket; the state stored with Relaxed by the observation that wraps
/// or by the next one, or loaded with Relaxed.
#[test]
fn a_wrapping_histogram_is_one_state() {
    loom::model(|| read_beside_a_writer(half));
}

/// The same for a sum that passes 2^64 with each observation.
///
/// Kills: the mutants above, except for the store of the next observation.
#[test]
fn an_always_wrapping_histogram_is_one_state() {
    loom::model(|| read_beside_a_writer(large));
}

fn read_beside_a_writer(amount: fn(u64) -> Amount) {
    let arena = arena();
    let run = arena.allocate(HEADER_CELLS + 2);
    let reader = thread::spawn(move || read(arena, run, amount));
    let writer = thread::spawn(move || {
        let mut lease = Lease::new(arena);
        observe(&mut lease, run, 0, amount(1));
        observe(&mut lease, run, 1, amount(10));
        observe(&mut lease, run, 0, amount(1));
    });
    let reading = reader.join().unwrap();
    assert_one_state(&reading, amount);
    writer.join().unwrap();
    let reading = read(arena, run, amount);
    assert!(reading.is_settled);
    assert_eq!((reading.sum, &reading.buckets[..]), (total(&[2, 1], amount), &[2, 1][..]));
}

/// A settled reading beside writers without a lease is one state.
///
/// Kills: the count of begun observations left out; `finished`, the bucket or the sum
/// added with Relaxed; the sum loaded with Relaxed; the add to the sum split. (loom does
/// not show that `finished` must be loaded with Acquire.)
#[test]
fn settled_shared_histograms_are_one_state() {
    loom::model(|| read_beside_writers_that_share(Amount::Whole));
}

/// The same for a float histogram. Adds that retry have ten times the interleavings, so
/// this stops at two preemptions.
///
/// Kills: the same mutants.
#[test]
fn settled_shared_float_histograms_are_one_state() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| read_beside_writers_that_share(float));
}

/// The same for a sum that passes 2^64.
///
/// Kills: half turns left out.
#[test]
fn settled_shared_wrapping_histograms_are_one_state() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| read_beside_writers_that_share(large));
}

fn read_beside_writers_that_share(amount: fn(u64) -> Amount) {
    let arena: &'static Arena = Box::leak(Box::new(Arena::new(0)));
    let run = arena.allocate(HEADER_CELLS + 2);
    let reader = thread::spawn(move || read(arena, run, amount));
    let writer = thread::spawn(move || observe(&mut Lease::new(arena), run, 0, amount(1)));
    observe(&mut Lease::new(arena), run, 1, amount(10));
    let reading = reader.join().unwrap();
    assert_one_state(&reading, amount);
    writer.join().unwrap();
    let reading = read(arena, run, amount);
    assert!(reading.is_settled);
    assert_eq!((reading.sum, &reading.buckets[..]), (total(&[1, 1], amount), &[1, 1][..]));
}

/// Asserts a sum of one for each observation in the first bucket, and ten in the second.
pub(super) fn assert_one_state(reading: &Reading, amount: fn(u64) -> Amount) {
    assert!(!reading.is_settled || reading.sum == total(&reading.buckets, amount), "{reading:?}");
}

/// Returns the sum of the observations in two buckets.
#[expect(clippy::cast_precision_loss, reason = "the models count to few")]
pub(super) fn total(buckets: &[u64], amount: fn(u64) -> Amount) -> Sum {
    let amounts = buckets.iter().zip([1, 10]).map(|(count, value)| (*count, amount(value)));
    amounts.fold(zero(amount), |sum, (count, value)| match (sum, value) {
        (Sum::Whole(sum), Amount::Whole(value)) => {
            Sum::Whole(sum + u128::from(count) * u128::from(value))
        }
        (Sum::Float(sum), Amount::Float(value)) => Sum::Float(sum + count as f64 * value),
        _ => sum,
    })
}

fn zero(amount: fn(u64) -> Amount) -> Sum {
    if let Amount::Float(_) = amount(0) { Sum::Float(0.0) } else { Sum::Whole(0) }
}

pub(super) fn read(arena: &Arena, run: Run, amount: fn(u64) -> Amount) -> Reading {
    let mut reading = Reading::default();
    reading.read(arena.column(run.block()), run, 2, zero(amount));
    reading
}

#[expect(clippy::cast_precision_loss, reason = "the models count to few")]
pub(super) fn float(value: u64) -> Amount {
    Amount::Float(value as f64)
}

/// Near `u64::MAX`: every observation but the first of a cell wraps its sum.
pub(super) fn large(value: u64) -> Amount {
    Amount::Whole(u64::MAX - 10 + value)
}

/// Every second observation of a cell wraps its sum.
pub(super) fn half(value: u64) -> Amount {
    Amount::Whole((1 << 63) + value)
}
