//! One way to do a piece of work, repeatable.

use std::ops::Range;

/// Rounds of a short subject per step of its loop.
const EIGHT: usize = 8;

type Run = Box<dyn Fn(Range<usize>) + Send + Sync>;
type Upkeep = Box<dyn Fn() + Send + Sync>;

/// A library, or the bare machine, with its work.
pub struct Subject {
    pub name: String,
    run: Run,
    upkeep: Upkeep,
}

impl Subject {
    /// Runs `round` once for each number of a range. The loop is compiled for this
    /// closure, so it contains no call.
    pub fn new(name: impl Into<String>, round: impl Fn(usize) + Send + Sync + 'static) -> Self {
        let run = move |rounds: Range<usize>| rounds.for_each(&round);
        Self { name: name.into(), run: Box::new(run), upkeep: Box::new(|| {}) }
    }

    /// Like [`new`](Self::new), for work of a few instructions. Eight rounds share a step
    /// of the loop, which would otherwise be a third of the figure and flatten all
    /// ratios.
    pub fn short(name: impl Into<String>, round: impl Fn(usize) + Send + Sync + 'static) -> Self {
        let run = move |rounds: Range<usize>| {
            let mut next = rounds.start;
            while rounds.end - next >= EIGHT {
                (next..next + EIGHT).for_each(&round);
                next += EIGHT;
            }
            (next..rounds.end).for_each(&round);
        };
        Self { name: name.into(), run: Box::new(run), upkeep: Box::new(|| {}) }
    }

    /// Runs `upkeep` between the measurements, untimed.
    pub fn with_upkeep(mut self, upkeep: impl Fn() + Send + Sync + 'static) -> Self {
        self.upkeep = Box::new(upkeep);
        self
    }

    #[inline]
    pub fn run(&self, rounds: Range<usize>) {
        (self.run)(rounds);
    }

    pub fn upkeep(&self) {
        (self.upkeep)();
    }
}
