//! Shards: the cells that one thread writes, and the lease that makes it the only one.

use std::cell::{Cell, RefCell};

use crate::cells::arena::{self, Arena};
use crate::cells::block::{Block, Guest};
use crate::cells::visits::Visits;
use crate::sync::{NEAR_BLOCKS, Published};

type Entry = Published<&'static Block>;

/// The blocks of one shard by index. Only the holder of the lease adds to it.
#[derive(Debug)]
pub(crate) struct Shard {
    /// Leaked, because the hot path reads it without a lifetime. It doubles when it
    /// grows, so all that is ever leaked for a shard is less than twice its last
    /// directory.
    directory: &'static [Entry],
    /// The next holder of the lease goes on with them, so threads that come and go earn
    /// blocks as one that stays.
    visits: Visits,
}

impl Shard {
    pub(crate) fn new() -> Self {
        Self { directory: &[], visits: Visits::default() }
    }

    /// Returns where the holder of the lease records in the block at `index`.
    ///
    /// The first thread in a block has its own at once. Others are guests, until they
    /// record often in it or meet two other guests: those may have been stopped in the
    /// middle, and no record waits for them.
    fn place(&mut self, arena: &Arena, index: usize) -> Place {
        if let Some(block) = self.directory.get(index).and_then(Entry::get) {
            return Place::Leased(block);
        }
        let column = arena.column(index);
        if let Some(block) = column.publish_first() {
            return Place::Leased(self.keep(index, block));
        }
        if !self.visits.earn(index, arena.period.number()) {
            if let Some(guest) = column.enter() {
                return Place::Guest(guest);
            }
        }
        let block = Block::leak();
        column.publish(block);
        Place::Leased(self.keep(index, block))
    }

    /// Enters an own block in the directory.
    fn keep(&mut self, index: usize, block: &'static Block) -> &'static Block {
        loop {
            match self.directory.get(index) {
                Some(entry) => return entry.get_or_init(|| block),
                None => self.grow(index + 1),
            }
        }
    }

    fn grow(&mut self, len: usize) {
        let len = len.next_power_of_two().max(NEAR_BLOCKS);
        let entries: Vec<Entry> = (0..len)
            .map(|index| {
                let entry = Entry::default();
                if let Some(block) = self.directory.get(index).and_then(Entry::get) {
                    _ = entry.set(block);
                }
                entry
            })
            .collect();
        self.directory = entries.leak();
    }
}

/// A thread's right to be a shard's only writer; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    arena: &'static Arena,
    shard: Option<Shard>,
    /// Whether there was no shard to be had once.
    refused: bool,
}

impl Lease {
    pub(crate) fn new(arena: &'static Arena) -> Self {
        Self { arena, shard: None, refused: false }
    }

    /// Returns where to record: as a [`Shard`] says if one is to be had, otherwise in
    /// cells that threads share.
    pub(crate) fn place(&mut self, block: usize) -> Place {
        if self.shard.is_none() {
            self.shard = self.arena.lease(!self.refused);
            self.refused = self.shard.is_none();
        }
        match &mut self.shard {
            Some(shard) => shard.place(self.arena, block),
            None => Place::Shared(self.arena.column(block).shared_or_new()),
        }
    }

    fn directory(&self) -> &'static [Entry] {
        self.shard.as_ref().map_or(&[], |shard| shard.directory)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What this thread records from here on (in later destructors) must not reach
        // cells that another may lease.
        _ = TOUCHED.try_with(|touched| touched.set(&[]));
        if let Some(shard) = self.shard.take() {
            self.arena.give_back(shard);
        }
    }
}

/// A block to record in, and whether this thread is its only writer.
#[derive(Debug)]
pub(crate) enum Place {
    /// Plain loads and stores do.
    Leased(&'static Block),
    /// They do as long as this is held.
    Guest(Guest),
    /// Only atomic read-modify-write operations lose nothing.
    Shared(&'static Block),
}

/// What a thread knows of its shard. The blocks that it touched are found here, without
/// asking the lease.
struct Touched {
    /// The first blocks, right in the thread-local: one load fewer for programs of up to
    /// 32,768 cells.
    near: [Cell<Option<&'static Block>>; NEAR_BLOCKS],
    /// All blocks.
    far: Cell<&'static [Entry]>,
}

impl Touched {
    const fn nothing() -> Self {
        Self { near: [const { Cell::new(None) }; NEAR_BLOCKS], far: Cell::new(&[]) }
    }

    fn set(&self, directory: &'static [Entry]) {
        self.far.set(directory);
        for (index, near) in self.near.iter().enumerate() {
            near.set(directory.get(index).and_then(Entry::get).copied());
        }
    }
}

// `TOUCHED` is constant and needs no destructor, so it is read without a check of its
// state, and it still answers when the thread is ending. `LEASE` has the destructor and
// is asked only on the cold way.
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

/// The calling thread's own block at `index`, if it is one of the first and was touched:
/// the hot path. Wait-free.
///
/// The look-up that fails is the one check: no lease yet, lease gone back, block not
/// touched, or not near.
#[inline]
pub(crate) fn near(index: usize) -> Option<&'static Block> {
    TOUCHED.try_with(|touched| touched.near.get(index)?.get()).ok().flatten()
}

/// Returns where the calling thread records when [`near`] knew nothing.
///
/// A block of the thread's own is found without a lock, and a guest's record does not
/// wait for another. Otherwise this may allocate and take the lock of the lease: when the
/// thread first records in a block, earns one, or is the first guest that meets another.
/// Past the shard limit, and in destructors of thread-locals that run after the lease
/// went back, the place is shared.
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
        // Borrowed already if the allocator records, or a signal handler: both should
        // not, and neither may panic.
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
    use crate::cells::block::Run;
    use crate::cells::parity::{HEADER_CELLS, Reading};
    use crate::metrics::counter::add_at;
    use crate::metrics::histogram::{self, observe_at};
    use crate::sync::EARNING_RECORDS;

    /// Says when its thread ends whether the thread still has a block of its own.
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
    fn a_thread_that_gave_its_shard_back_has_no_block() {
        let block = arena::process().allocate(1).block();
        let (sender, answers) = channel();
        let ask = move || AT_THE_END.set(Some(AsksAtTheEnd(block, sender)));
        // Destructors run in the reverse order of first use: the lease's first, the
        // question's then.
        let thread = thread::spawn(move || {
            ask();
            // A guest at first, where other tests have recorded before.
            assert!((0..=2 * EARNING).any(|_| matches!(place(block), Place::Leased(_))));
            assert!(near(block).is_some());
        });
        thread.join().unwrap();
        assert!(!answers.recv().unwrap());
    }

    fn arena(limit: usize) -> &'static Arena {
        Box::leak(Box::new(Arena::new(limit)))
    }

    /// How many records of this thread are those of a guest before one is in its own
    /// block.
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
            // A shard that comes back has its blocks, whichever thread leases it.
            assert_eq!([visits(&mut one), visits(&mut two)], [0, earning]);
        }
        // Of the first, of the guests, and of the second.
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
        // Of the first, of the guests twice, and of the fourth and the fifth.
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
    fn threads_without_shards_are_no_guests() {
        let arena = arena(1);
        let (mut one, mut two) = (Lease::new(arena), Lease::new(arena));
        assert_eq!(visits(&mut one), 0);
        assert!((0..3).all(|_| matches!(two.place(0), Place::Shared(_))));
        assert_eq!(arena.usage().blocks, 2);
    }

    /// More than have shards.
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
        histogram::read(arena.column(run.block()), run, 1, Sum::Whole(0), &mut reading);
        reading
    }

    proptest! {
        /// By guests, in earned blocks and in shared ones, in cells that were another
        /// series' before.
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
                        add_at(leases[thread].place(0), runs[0], 1);
                        observe_at(leases[thread].place(0), runs[1], 0, Amount::Whole(3));
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
                prop_assert_eq!((reading.buckets, reading.settled), (vec![expected], true));
                prop_assert_eq!(reading.sum, Sum::Whole(u128::from(expected) * 3));
            }
            // Of each shard, of the guests, and of threads without a shard.
            prop_assert!(arena.usage().blocks <= 3 + 1 + 1);
        }
    }
}
