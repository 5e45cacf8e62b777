//! Threads that run one operation at a time: the world is passed from thread to thread,
//! so the order is known.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};

use tickmark::{Registry, set_shard_limit};

use crate::naive::Cell;
use crate::world::{Operation, World};

pub(crate) const THREADS: usize = 5;

/// Fewer shards than threads, so that some threads share cells.
const SHARDS: usize = 3;

/// The family of the last record, and the threads that may record next.
pub(crate) struct Threads {
    workers: [Option<Worker>; THREADS],
    /// The shard of each thread.
    shards: [Option<u32>; THREADS],
    /// Shards of ended threads. The next thread takes the latest.
    idle: Vec<u32>,
    _alone: MutexGuard<'static, ()>,
}

struct Worker {
    jobs: Sender<(Box<World>, Operation, Cell)>,
    done: Receiver<Box<World>>,
    thread: JoinHandle<()>,
}

/// Excludes other tests, because all tests of a process share its shards.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    static LIMITED: Once = Once::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    LIMITED.call_once(|| set_shard_limit(SHARDS).unwrap());
    alone
}

impl Threads {
    pub(crate) fn start() -> Self {
        Self {
            workers: [const { None }; THREADS],
            shards: [None; THREADS],
            idle: (0..SHARDS as u32).collect(),
            _alone: alone(),
        }
    }

    /// Runs an operation on a thread, starting the thread if needed.
    pub(crate) fn run(
        &mut self,
        thread: usize,
        world: Box<World>,
        operation: Operation,
    ) -> Box<World> {
        if self.shards[thread].is_none() {
            self.shards[thread] = self.idle.pop();
        }
        let cell = self.shards[thread].map_or(Cell::Shared, Cell::Own);
        let worker = self.workers[thread].get_or_insert_with(Worker::start);
        worker.jobs.send((world, operation, cell)).unwrap();
        worker.done.recv().unwrap_or_else(|_| {
            let worker = self.workers[thread].take().unwrap();
            resume_unwind(worker.thread.join().unwrap_err())
        })
    }

    /// Ends a thread, which returns its shard.
    pub(crate) fn end(&mut self, thread: usize) {
        if let Some(Worker { jobs, thread, .. }) = self.workers[thread].take() {
            drop(jobs);
            thread.join().unwrap();
        }
        self.idle.extend(self.shards[thread].take());
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        (0..THREADS).for_each(|thread| self.end(thread));
    }
}

impl Worker {
    fn start() -> Self {
        let (jobs, given) = channel::<(Box<World>, Operation, Cell)>();
        let (finished, done) = channel();
        let thread = thread::spawn(move || {
            // Recorded first, so that a thread takes a free shard as soon as there is
            // one.
            let first = Registry::new().counter("first", "What is done.").unwrap();
            for (mut world, operation, cell) in given {
                first.inc();
                world.apply(operation, cell);
                if finished.send(world).is_err() {
                    break;
                }
            }
        });
        Self { jobs, done, thread }
    }
}
