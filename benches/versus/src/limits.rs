//! The machine's own costs.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::Subject;
use crate::work::work;

/// All limits that do not depend on a library.
pub fn machine() -> Vec<Subject> {
    let allocation = Subject::new("limit: an allocation of 64 bytes, freed at once", |_| {
        drop(black_box(Box::new(black_box([0_u8; 64]))));
    });
    let mut subjects = Vec::from(loops());
    subjects.push(locked_add());
    subjects.extend(clocks());
    subjects.push(allocation);
    subjects
}

/// A loop that does nothing, and an add in thread-local memory.
pub fn loops() -> [Subject; 2] {
    let empty = Subject::short("limit: an empty loop", |round| _ = black_box(round));
    thread_local! {
        static PLAIN: Cell<u64> = const { Cell::new(0) };
    }
    let add = |_| PLAIN.with(|plain| black_box(plain).set(plain.get() + 1));
    [empty, Subject::short("limit: += 1", add)]
}

/// An add that other threads may make as well.
pub fn locked_add() -> Subject {
    let shared = AtomicU64::new(0);
    Subject::short("limit: a locked add", move |_| {
        _ = black_box(&shared).fetch_add(1, Ordering::Relaxed)
    })
}

/// The duration of a round alone.
pub fn duration() -> Subject {
    let work = work();
    Subject::new("limit: the input alone", move |round| _ = black_box(work.duration(round)))
}

/// The values of a request alone, and the number of its label set.
pub fn request() -> Subject {
    let work = work();
    Subject::new("limit: the input alone", move |round| {
        _ = black_box((work.resolved(round).set, work.values(round)));
    })
}

/// The start and the end of a time.
pub fn clocks() -> [Subject; 2] {
    let instants = Subject::new("limit: two readings of Instant", |_| {
        let start = black_box(Instant::now());
        _ = black_box(start.elapsed());
    });
    let clock = quanta::Clock::new();
    let quanta = Subject::new("limit: two readings of quanta", move |_| {
        let start = black_box(clock.raw());
        _ = black_box(clock.delta(start, clock.raw()));
    });
    [instants, quanta]
}
