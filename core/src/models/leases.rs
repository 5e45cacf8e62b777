//! Leases and cells: threads lose no adds, one after the other or at once.

use loom::thread;

use crate::cells::arena::Arena;
use crate::cells::block::Run;
use crate::cells::lease::Lease;
use crate::metrics::float_counter;
use crate::models::{add, add_float, arena};

/// Writers one after the other continue in the same cells, concurrent ones may share
/// cells, and every add is in the sum at the end.
///
/// Kills: the shared add split into a load and a store.
#[test]
fn a_lease_handed_over_loses_nothing() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(1);
        let writers =
            [1, 2].map(|amount| thread::spawn(move || add(&mut Lease::new(arena), run, amount)));
        add(&mut Lease::new(arena), run, 4);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(arena.sum(run), 7);
    });
}

/// Threads without a lease lose no adds.
///
/// Kills: the shared add split into a load and a store.
#[test]
fn writers_without_a_lease_lose_nothing() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(1);
        let mut holder = Lease::new(arena);
        add(&mut holder, run, 4);
        let writers =
            [1, 2].map(|amount| thread::spawn(move || add(&mut Lease::new(arena), run, amount)));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(arena.sum(run), 7);
        drop(holder);
    });
}

/// Blocks published at once are both found, and a sum never decreases.
///
/// Kills: a block published at the head of the chain, or not at all.
#[test]
fn blocks_published_at_once_are_all_found() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(2)));
        let run = arena.allocate(1);
        // Keeps the guests' blocks locked, so that no writer is a guest.
        let _stopped = [(); 2].map(|()| arena.column(run.block()).enter());
        let writers =
            [1, 2].map(|amount| thread::spawn(move || add(&mut Lease::new(arena), run, amount)));
        let first = arena.sum(run);
        let second = arena.sum(run);
        assert!(first <= second, "{first} then {second}");
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(arena.sum(run), 3);
    });
}

/// Threads without a lease lose no float adds, and the sum never decreases.
///
/// Kills: the shared add split into a load and a store.
#[test]
fn float_adds_without_a_lease_lose_nothing() {
    loom::model(|| {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(0)));
        let run = arena.allocate(1);
        let sum = move || float_counter::read(arena.column(run.block()), run);
        let reader = thread::spawn(move || [sum(), sum()]);
        let writers = [0.5, 0.25]
            .map(|amount| thread::spawn(move || add_float(&mut Lease::new(arena), run, amount)));
        let [first, second] = reader.join().unwrap();
        assert!(first <= second, "{first} then {second}");
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(sum().to_bits(), 0.75_f64.to_bits());
    });
}

/// Reused cells start at zero for a writer whose shard held old values.
///
/// Kills: a reused run that is not zeroed, or in one of the blocks only.
#[test]
fn reused_cells_are_zero_in_every_shard() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(1);
        let writer = thread::spawn(move || {
            let mut lease = Lease::new(arena);
            add(&mut lease, run, 5);
            lease
        });
        add(&mut Lease::new(arena), run, 7);
        let mut lease = writer.join().unwrap();
        arena.free(run);
        let again = arena.allocate(1);
        assert_eq!(again, run);
        assert_eq!(arena.sum(again), 0);
        add(&mut lease, again, 1);
        assert_eq!(arena.sum(again), 1);
    });
}

/// The cells of a series are zero for the next series, whichever thread drops the last
/// handle while one of them holds the lease.
///
/// Kills: a reused run that is not zeroed.
#[test]
fn the_last_handle_gives_the_cells_back() {
    struct Handle(&'static Arena, Run);
    impl Drop for Handle {
        fn drop(&mut self) {
            self.0.free(self.1);
        }
    }
    loom::model(|| {
        let arena = arena();
        let handle = loom::sync::Arc::new(Handle(arena, arena.allocate(1)));
        let other = loom::sync::Arc::clone(&handle);
        let recorder = thread::spawn(move || {
            add(&mut Lease::new(arena), other.1, 5);
            drop(other);
        });
        let mut lease = Lease::new(arena);
        add(&mut lease, handle.1, 7);
        drop(handle);
        let run = arena.allocate(1);
        add(&mut lease, run, 1);
        assert_eq!(arena.sum(run), 1);
        recorder.join().unwrap();
        assert_eq!(arena.sum(run), 1);
    });
}
