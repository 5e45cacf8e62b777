//! Batches of equal observations: every reading beside them is one state.

use loom::thread;

use crate::cells::amount::Amount;
use crate::cells::arena::Arena;
use crate::cells::block::Run;
use crate::cells::lease::Lease;
use crate::cells::parity::{HEADER_CELLS, observe_many_leased, observe_many_shared};
use crate::models::arena;
use crate::models::histograms::{assert_one_state, large, read, total};

/// A scrape beside a writer of an even and an odd batch sees one state.
///
/// Kills: an even batch as one record.
#[test]
fn batches_are_one_state() {
    loom::model(|| read_beside_batches(Amount::Whole, [2, 1]));
}

/// The same for sums that pass 2^64.
///
/// Kills: one observation in the bucket of a batch that wraps.
#[test]
fn wrapping_batches_are_one_state() {
    loom::model(|| read_beside_batches(quarter, [3, 3]));
}

/// The second batch of three wraps the sum.
fn quarter(value: u64) -> Amount {
    Amount::Whole((1 << 62) + value)
}

fn read_beside_batches(amount: fn(u64) -> Amount, counts: [u64; 2]) {
    let arena = arena();
    let run = arena.allocate(HEADER_CELLS + 2);
    let reader = thread::spawn(move || read(arena, run, amount));
    let writer = thread::spawn(move || {
        let mut lease = Lease::new(arena);
        observe_many(&mut lease, run, (0, amount(1)), counts[0]);
        observe_many(&mut lease, run, (1, amount(10)), counts[1]);
    });
    let reading = reader.join().unwrap();
    assert_one_state(&reading, amount);
    writer.join().unwrap();
    let reading = read(arena, run, amount);
    assert!(reading.is_settled);
    assert_eq!((reading.sum, &reading.buckets[..]), (total(&counts, amount), &counts[..]));
}

/// A settled reading beside a batch without a lease, whose sum passes 2^64 twice, is one
/// state.
///
/// Kills: the turns left out; `begun` added after the turns.
#[test]
fn settled_shared_batches_are_one_state() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(0)));
        let run = arena.allocate(HEADER_CELLS + 2);
        let reader = thread::spawn(move || read(arena, run, large));
        let writer = thread::spawn(move || {
            observe_many(&mut Lease::new(arena), run, (0, large(1)), 3);
            observe_many(&mut Lease::new(arena), run, (1, large(10)), 1);
        });
        let reading = reader.join().unwrap();
        assert_one_state(&reading, large);
        writer.join().unwrap();
        let reading = read(arena, run, large);
        assert!(reading.is_settled);
        assert_eq!((reading.sum, &reading.buckets[..]), (total(&[3, 1], large), &[3, 1][..]));
    });
}

fn observe_many(lease: &mut Lease, run: Run, (bucket, value): (usize, Amount), count: u64) {
    lease.place(run.block()).record(
        |block| observe_many_leased(block, run, bucket, value, count),
        |block| observe_many_shared(block, run, bucket, value, count),
    );
}
