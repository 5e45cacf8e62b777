//! Up-down counters: a reader that sees a down sees its up.

use loom::thread;

use crate::cells::lease::Lease;
use crate::metrics::up_down::{self, Direction};
use crate::models::{arena, step};

/// A down on another thread than its up is never seen without the up.
///
/// Kills: ups read before downs; a step stored, or a cell read, with Relaxed; the blocks
/// collected once for both walks.
#[test]
fn downs_never_outnumber_ups() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(2);
        // The lease stays held, so the down is counted in another block than the up.
        let mut lease = Lease::new(arena);
        _ = lease.place(run.block());
        // Published before the reader starts, which would otherwise see the up by finding
        // the block of the down.
        _ = arena.column(run.block()).shared_or_new();
        let reader = thread::spawn(move || up_down::read(arena.column(run.block()), run));
        step(&mut lease, run, Direction::Up);
        let ends = thread::spawn(move || step(&mut Lease::new(arena), run, Direction::Down));
        let seen = reader.join().unwrap();
        assert!((0..=1).contains(&seen), "{seen}");
        ends.join().unwrap();
        drop(lease);
        assert_eq!(up_down::read(arena.column(run.block()), run), 0);
    });
}

/// The same within one block, and for an up in the shared block with its down in the
/// leased one.
///
/// Kills: the mutants above, for the store of the only writer.
#[test]
fn leased_downs_never_outnumber_shared_ups() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(2);
        let reader = thread::spawn(move || up_down::read(arena.column(run.block()), run));
        let mut lease = Lease::new(arena);
        step(&mut lease, run, Direction::Up);
        step(&mut lease, run, Direction::Down);
        let begins = thread::spawn(move || step(&mut Lease::new(arena), run, Direction::Up));
        begins.join().unwrap();
        step(&mut lease, run, Direction::Down);
        let seen = reader.join().unwrap();
        assert!(seen >= 0, "{seen}");
    });
}
