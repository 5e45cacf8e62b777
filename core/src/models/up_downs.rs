//! Up-down counters: every end that is seen implies its beginning.

use loom::thread;

use crate::cells::lease::Lease;
use crate::metrics::up_down::{self, Direction};
use crate::models::{arena, step};

/// What begins on one thread and ends on another is never seen as ended only.
///
/// Kills: ups read before downs; a step stored, or a cell read, with Relaxed; the blocks
/// collected once for both walks.
#[test]
fn downs_never_outnumber_ups() {
    loom::model(|| {
        let arena = arena();
        let run = arena.allocate(2);
        // The lease is held on, so the end is counted in another block than the
        // beginning.
        let mut lease = Lease::new(arena);
        _ = lease.place(run.block());
        // Published before there is a reader, who would otherwise learn of the beginning
        // by finding the block of the end.
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

/// The same within one block, and the other way round: begun in the shared block, ended
/// in the leased one.
///
/// Kills: as above, for the store of the only writer.
#[test]
fn downs_never_outnumber_ups_when_the_lease_ends_what_others_began() {
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
