//! Shards: the cells that one thread writes, and the lease that makes it the only one.

use std::cell::{Cell, RefCell};

use crate::arena::{self, Arena};
use crate::block::Block;
use crate::sync::{NEAR_BLOCKS, Published};

type Entry = Published<&'static Block>;

/// The blocks of one shard by index. Only the holder of the lease adds to it.
#[derive(Debug)]
pub(crate) struct Shard {
    /// Leaked, because the hot path reads it without a lifetime. It doubles when it grows, so all that is ever leaked
    /// for a shard is less than twice its last directory.
    directory: &'static [Entry],
}

impl Shard {
    pub(crate) fn new() -> Self {
        Self { directory: &[] }
    }

    /// The block at `index`, allocated and published to scrapers by the first touch.
    fn touch(&mut self, arena: &Arena, index: usize) -> &'static Block {
        loop {
            match self.directory.get(index) {
                Some(entry) => {
                    return entry.get_or_init(|| {
                        let block = Block::leak();
                        arena.column(index).publish(block);
                        block
                    });
                }
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
                    let _ = entry.set(block);
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

    /// Where to record: in cells of our own if a shard is to be had, otherwise in those that threads share.
    pub(crate) fn place(&mut self, block: usize) -> Place {
        if self.shard.is_none() {
            self.shard = self.arena.lease(!self.refused);
            self.refused = self.shard.is_none();
        }
        match &mut self.shard {
            Some(shard) => Place::Leased(shard.touch(self.arena, block)),
            None => Place::Shared(self.arena.column(block).shared_or_new()),
        }
    }

    fn directory(&self) -> &'static [Entry] {
        self.shard.as_ref().map_or(&[], |shard| shard.directory)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What this thread records from here on (in later destructors) must not reach cells that another may lease.
        let _ = TOUCHED.try_with(|touched| touched.set(&[]));
        if let Some(shard) = self.shard.take() {
            self.arena.give_back(shard);
        }
    }
}

/// A block to record in, and whether this thread is its only writer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Plain loads and stores do.
    Leased(&'static Block),
    /// Only atomic read-modify-write operations lose nothing.
    Shared(&'static Block),
}

/// What a thread knows of its shard. The blocks that it touched are found here, without asking the lease.
struct Touched {
    /// The first blocks, right in the thread-local: one load fewer for programs of up to 32,768 cells.
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

// `TOUCHED` is constant and needs no destructor, so it is read without a check of its state, and it still answers when
// the thread is ending. `LEASE` has the destructor and is asked only on the cold way.
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

/// The calling thread's own block at `index`, if it is one of the first and was touched: the hot path. Wait-free.
///
/// The look-up that fails is the one check: no lease yet, lease gone back, block not touched, or not near.
#[inline]
pub(crate) fn near(index: usize) -> Option<&'static Block> {
    TOUCHED.try_with(|touched| touched.near.get(index)?.get()).ok().flatten()
}

/// Where the calling thread records when [`near`] knew nothing.
///
/// A block that the thread touched before is found without a lock. Otherwise this may allocate and take the lock of the
/// lease, once a thread and block. Past the shard limit, and in destructors of thread-locals that run after the lease
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
        // Borrowed already if the allocator records, or a signal handler: both should not, and neither may panic.
        let mut lease = lease.try_borrow_mut().ok()?;
        let place = lease.place(index);
        if let Place::Leased(_) = place {
            let _ = TOUCHED.try_with(|touched| touched.set(lease.directory()));
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
    use std::sync::mpsc::{Sender, channel};
    use std::thread;

    use super::*;

    /// Says when its thread ends whether the thread still has a block of its own.
    struct AsksAtTheEnd(usize, Sender<bool>);

    impl Drop for AsksAtTheEnd {
        fn drop(&mut self) {
            let is_leased = near(self.0).is_some() || matches!(place(self.0), Place::Leased(_));
            let _ = self.1.send(is_leased);
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
        // Destructors run in the reverse order of first use: the lease's first, the question's then.
        let thread = thread::spawn(move || {
            ask();
            assert!(matches!(place(block), Place::Leased(_)));
            assert!(near(block).is_some());
        });
        thread.join().unwrap();
        assert!(!answers.recv().unwrap());
    }

    #[test]
    fn an_arena_without_a_limit_leases_and_takes_back() {
        let arena: &'static Arena = Box::leak(Box::new(Arena::new(usize::MAX)));
        for _ in 0..3 {
            let (mut one, mut two) = (Lease::new(arena), Lease::new(arena));
            assert!(matches!((one.place(0), two.place(0)), (Place::Leased(_), Place::Leased(_))));
        }
        assert_eq!(arena.column(0).leased().count(), 2);
    }
}
