//! Leases: the right of a thread to be the only writer of a shard.

use std::cell::{Cell, RefCell};

use crate::cells::arena::{self, Arena};
use crate::cells::block::Block;
use crate::cells::place::Place;
use crate::cells::shard::{Directory, Shard};
use crate::sync::{NEAR_BLOCKS, Published};

/// The right of a thread to be the only writer of a shard. Returned when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    arena: &'static Arena,
    shard: Option<Shard>,
    /// Whether the arena once lacked a free shard.
    refused: bool,
}

impl Lease {
    pub(crate) fn new(arena: &'static Arena) -> Self {
        Self { arena, shard: None, refused: false }
    }

    /// Returns the place for a record: that of the [`Shard`] if one is free, otherwise
    /// cells shared with other threads.
    pub(crate) fn place(&mut self, block: usize) -> Place {
        if self.shard.is_none() {
            self.shard = self.arena.lease(!self.refused);
            self.refused = self.shard.is_none();
        }
        let column = self.arena.column(block);
        match &mut self.shard {
            Some(shard) => shard.place(column, self.arena.period.number(), block),
            None => Place::Shared(column.shared_or_new()),
        }
    }

    fn directory(&self) -> &'static Directory {
        self.shard.as_ref().map_or(&[], |shard| shard.directory)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Later records of this thread, in other destructors, must not reach cells that
        // another thread may lease.
        _ = TOUCHED.try_with(|touched| touched.set(&[]));
        if let Some(shard) = self.shard.take() {
            self.arena.give_back(shard);
        }
    }
}

/// The blocks of a thread's shard, found without the lease.
struct Touched {
    /// The first blocks, directly in the thread-local. They save a load in programs of up
    /// to 32,768 cells.
    near: [Cell<Option<&'static Block>>; NEAR_BLOCKS],
    /// All blocks.
    far: Cell<&'static Directory>,
}

impl Touched {
    const fn nothing() -> Self {
        Self { near: [const { Cell::new(None) }; NEAR_BLOCKS], far: Cell::new(&[]) }
    }

    fn set(&self, directory: &'static Directory) {
        self.far.set(directory);
        for (index, near) in self.near.iter().enumerate() {
            near.set(directory.get(index).and_then(Published::get).copied());
        }
    }
}

// `TOUCHED` is constant and has no destructor. So it is read without a check of its
// state, and stays readable while the thread ends. `LEASE` has the destructor and is used
// only on the cold path.
#[cfg(not(tickmark_loom))]
std::thread_local! {
    static TOUCHED: Touched = const { Touched::nothing() };
    static LEASE: RefCell<Lease> = RefCell::new(Lease::new(arena::process()));
}

#[cfg(tickmark_loom)]
loom::thread_local! {
    static TOUCHED: Touched = Touched::nothing();
    static LEASE: RefCell<Lease> = RefCell::new(Lease::new(arena::process()));
}

/// Returns the calling thread's own block at `index`, if it is among the first blocks:
/// the hot path. Wait-free.
///
/// One failed look-up covers all other cases: no lease yet, the lease given back, no own
/// block, or a block that is not among the first.
#[inline]
pub(crate) fn near(index: usize) -> Option<&'static Block> {
    TOUCHED.try_with(|touched| touched.near.get(index)?.get()).ok().flatten()
}

/// Returns the place for a record of the calling thread after [`near`] found nothing.
///
/// An own block is found without a lock, and a guest's record does not wait for another.
/// A first record in a block may allocate and take the lock of the shards. So may earning
/// a block, and the first meeting of two guests. Over the shard limit the place is
/// shared. It is also shared in destructors of thread-locals that run after the lease was
/// given back.
#[inline]
pub(crate) fn place(index: usize) -> Place {
    let far = TOUCHED.try_with(|touched| touched.far.get().get(index)?.get().copied());
    match far {
        Ok(Some(block)) => Place::Leased(block),
        _ => touch(index),
    }
}

#[cold]
#[inline(never)]
fn touch(index: usize) -> Place {
    let place = LEASE.try_with(|lease| {
        // Already borrowed if the allocator or a signal handler records. Neither should,
        // and neither may panic.
        let mut lease = lease.try_borrow_mut().ok()?;
        let place = lease.place(index);
        if let Place::Leased(_) = place {
            _ = TOUCHED.try_with(|touched| touched.set(lease.directory()));
        }
        Some(place)
    });
    match place {
        Ok(Some(place)) => place,
        _ => Place::Shared(arena::process().column(index).shared_or_new()),
    }
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::iter;
    use std::sync::mpsc::{Sender, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::cells::amount::{Amount, Sum};
    use crate::cells::block::{Run, add_leased, add_shared};
    use crate::cells::parity::{HEADER_CELLS, Reading, observe_leased, observe_shared};
    use crate::sync::EARNING_RECORDS;

    /// Sends, while its thread ends, whether the thread still has its own block.
    struct AsksAtTheEnd(usize, Sender<bool>);

    impl Drop for AsksAtTheEnd {
        fn drop(&mut self) {
            let is_leased = near(self.0).is_some() || matches!(place(self.0), Place::Leased(_));
            _ = self.1.send(is_leased);
        }
    }

    thread_local! {
        static AT_THE_END: RefCell<Option<AsksAtTheEnd>> = const { RefCell::new(None) };
    }

    #[test]
    fn a_returned_lease_leaves_no_block() {
        let block = arena::process().allocate(1).block();
        let (sender, answers) = channel();
        let ask = move || AT_THE_END.set(Some(AsksAtTheEnd(block, sender)));
        // Destructors run in the reverse order of first use: that of the lease before
        // that of `AT_THE_END`.
        let thread = thread::spawn(move || {
            ask();
            // A guest at first, if other tests have recorded before.
            assert!((0..=2 * EARNING).any(|_| matches!(place(block), Place::Leased(_))));
            assert!(near(block).is_some());
        });
        thread.join().unwrap();
        assert!(!answers.recv().unwrap());
    }

    fn arena(limit: usize) -> &'static Arena {
        Box::leak(Box::new(Arena::new(limit)))
    }

    /// Counts the records of this thread as a guest, before the first in its own block.
    fn visits(lease: &mut Lease) -> usize {
        iter::repeat_with(|| lease.place(0))
            .take_while(|place| matches!(place, Place::Guest(_)))
            .count()
    }

    const EARNING: usize = EARNING_RECORDS as usize;

    #[test]
    fn later_threads_are_guests_until_they_earn() {
        let arena = arena(usize::MAX);
        for earning in [EARNING, 0, 0] {
            let (mut one, mut two) = (Lease::new(arena), Lease::new(arena));
            // A returned shard keeps its blocks for the next thread.
            assert_eq!([visits(&mut one), visits(&mut two)], [0, earning]);
        }
        // Those of the first thread, of the guests, and of the second thread.
        assert_eq!(arena.column(0).leased().count(), 3);
        assert!(arena.column(0).shared().is_none());
    }

    #[test]
    fn guests_that_meet_do_not_wait() {
        let arena = arena(usize::MAX);
        let [mut one, mut two, mut three, mut four, mut five] = [(); 5].map(|()| Lease::new(arena));
        assert_eq!(visits(&mut one), 0);
        let inside = [two.place(0), three.place(0)];
        assert!(inside.iter().all(|place| matches!(place, Place::Guest(_))));
        assert_eq!(visits(&mut four), 0);
        drop(inside);
        assert_eq!(visits(&mut five), EARNING);
        // Those of the first thread, two of the guests, and of the fourth and fifth
        // thread.
        assert_eq!(arena.column(0).leased().count(), 5);
    }

    #[test]
    fn threads_in_turn_earn_as_one() {
        let arena = arena(usize::MAX);
        let mut one = Lease::new(arena);
        assert_eq!(visits(&mut one), 0);
        for _ in 0..EARNING {
            assert!(matches!(Lease::new(arena).place(0), Place::Guest(_)));
        }
        assert_eq!(visits(&mut Lease::new(arena)), 0);
        assert_eq!(arena.usage().idle, 1);
    }

    #[test]
    fn threads_without_shards_share_cells() {
        let arena = arena(1);
        let (mut one, mut two) = (Lease::new(arena), Lease::new(arena));
        assert_eq!(visits(&mut one), 0);
        assert!((0..3).all(|_| matches!(two.place(0), Place::Shared(_))));
        assert_eq!(arena.usage().blocks, 2);
    }

    #[test]
    fn a_refused_thread_never_waits_for_shards() {
        let arena = arena(1);
        let [mut one, mut two] = [(); 2].map(|()| Lease::new(arena));
        assert!(matches!([one.place(0), two.place(0)], [Place::Leased(_), Place::Shared(_)]));
        drop(one);
        let held = arena.hold_shards();
        assert!(matches!(two.place(0), Place::Shared(_)));
        drop(held);
        assert!(matches!(two.place(0), Place::Leased(_)));
    }

    /// More than there are shards.
    const THREADS: usize = 5;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Record { thread: usize, times: u64 },
        End { thread: usize },
        Scrape,
        Recycle,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let times = prop::sample::select(vec![1, 2, 400, 1_500]);
        let step = prop_oneof![
            8 => (0..THREADS, times).prop_map(|(thread, times)| Step::Record { thread, times }),
            2 => (0..THREADS).prop_map(|thread| Step::End { thread }),
            1 => Just(Step::Scrape),
            1 => Just(Step::Recycle),
        ];
        prop::collection::vec(step, 1..40)
    }

    fn read(arena: &Arena, run: Run) -> Reading {
        let mut reading = Reading::default();
        reading.read(arena.column(run.block()), run, 1, Sum::Whole(0));
        reading
    }

    proptest! {
        /// Covers records of guests, in earned blocks and in shared ones, and reused
        /// cells.
        #[test]
        fn records_of_any_threads_add_up(steps in steps()) {
            const HISTOGRAM_CELLS: usize = HEADER_CELLS + 1;
            let arena = arena(3);
            let mut now = Instant::now();
            let mut leases = [(); THREADS].map(|()| Lease::new(arena));
            let mut runs = [1, HISTOGRAM_CELLS].map(|len| arena.allocate(len));
            let mut expected = 0;
            for step in steps {
                match step {
                    Step::Record { thread, times } => for _ in 0..times {
                        leases[thread].place(0).record(
                            |block| add_leased(block.cell(runs[0], 0), 1),
                            |block| add_shared(block.cell(runs[0], 0), 1),
                        );
                        leases[thread].place(0).record(
                            |block| observe_leased(block, runs[1], 0, Amount::Whole(3)),
                            |block| observe_shared(block, runs[1], 0, Amount::Whole(3)),
                        );
                        expected += 1;
                    },
                    Step::End { thread } => leases[thread] = Lease::new(arena),
                    Step::Scrape => {
                        now += Duration::from_secs(60);
                        arena.period.note_scrape(now);
                    }
                    Step::Recycle => {
                        runs.into_iter().for_each(|run| arena.free(run));
                        runs = [1, HISTOGRAM_CELLS].map(|len| arena.allocate(len));
                        expected = 0;
                    }
                }
                let reading = read(arena, runs[1]);
                prop_assert_eq!(arena.sum(runs[0]), expected);
                prop_assert_eq!((reading.buckets, reading.is_settled), (vec![expected], true));
                prop_assert_eq!(reading.sum, Sum::Whole(u128::from(expected) * 3));
            }
            // Those of each shard, of the guests, and of threads without a shard.
            prop_assert!(arena.usage().blocks <= 3 + 1 + 1);
        }
    }
}
