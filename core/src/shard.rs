//! Shards: the cells that one thread writes, and the lease that makes it the only one.

use std::cell::{Cell, RefCell};

use crate::arena::{self, Arena};
use crate::block::Block;
use crate::sync::{FIRST_DIRECTORY, Published};

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
        let len = len.next_power_of_two().max(FIRST_DIRECTORY);
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
}

impl Lease {
    pub(crate) fn new(arena: &'static Arena) -> Self {
        Self { arena, shard: None }
    }

    /// Where to record: in cells of our own if a shard is to be had, otherwise in those that threads share.
    pub(crate) fn place(&mut self, block: usize) -> Place {
        if self.shard.is_none() {
            self.shard = self.arena.lease();
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
        let _ = DIRECTORY.try_with(|directory| directory.set(&[]));
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

// `DIRECTORY` is constant and needs no destructor, so reading it is one load: no state to check, and it still answers
// when the thread is ending. `LEASE` has the destructor and is only asked on the way that is cold.
#[cfg(not(tickmark_loom))]
std::thread_local! {
    static DIRECTORY: Cell<&'static [Entry]> = const { Cell::new(&[]) };
    static LEASE: RefCell<Lease> = RefCell::new(Lease::new(arena::process()));
}

#[cfg(tickmark_loom)]
loom::thread_local! {
    static DIRECTORY: Cell<&'static [Entry]> = Cell::new(&[]);
    static LEASE: RefCell<Lease> = RefCell::new(Lease::new(arena::process()));
}

/// The calling thread's own block at `index`, if it recorded there before: the hot path.
///
/// Wait-free. The two lookups that fail are the one check: no lease yet, lease gone back, or block not touched.
#[inline]
pub(crate) fn leased(index: usize) -> Option<&'static Block> {
    let directory = DIRECTORY.try_with(Cell::get).unwrap_or_default();
    directory.get(index)?.get().copied()
}

/// Where the calling thread records when [`leased`] knew nothing.
///
/// May allocate and take the lock of the lease, once a thread and block. Past the shard limit, and in destructors of
/// thread-locals that run after the lease went back, it takes neither: the place is shared.
#[cold]
#[inline(never)]
pub(crate) fn place(index: usize) -> Place {
    let leased = LEASE.try_with(|lease| {
        // Borrowed already: a record inside the allocator's own instrumentation, while a block is being allocated.
        let mut lease = lease.try_borrow_mut().ok()?;
        let place = lease.place(index);
        let _ = DIRECTORY.try_with(|directory| directory.set(lease.directory()));
        Some(place)
    });
    match leased {
        Ok(Some(place)) => place,
        _ => Place::Shared(arena::process().column(index).shared_or_new()),
    }
}
