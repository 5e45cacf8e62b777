//! Allocation of runs: the cells of each series.

use std::collections::BTreeMap;

use crate::cells::block::{LINE_CELLS, Run};
use crate::sync::BLOCK_CELLS;

/// The free cells of the index space.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Cells below this were allocated at least once, or are in `free`.
    pub(super) end: usize,
    /// Free runs by length, as their first cells.
    pub(super) free: BTreeMap<usize, Vec<usize>>,
}

impl Runs {
    pub(super) fn extend(&mut self, len: usize) -> Run {
        let mut start = if len > 2 { self.end.next_multiple_of(LINE_CELLS) } else { self.end };
        if start / BLOCK_CELLS != (start + len - 1) / BLOCK_CELLS {
            start = start.next_multiple_of(BLOCK_CELLS);
        }
        // Cells skipped by alignment serve single cells later.
        for skipped in self.end..start {
            self.give_back(skipped, 1);
        }
        self.end = start + len;
        Run::new(start, len)
    }

    /// Takes a free run, of this length or a part of the next longer one. Returns its
    /// first cell.
    pub(super) fn reuse(&mut self, len: usize) -> Option<usize> {
        let (found, starts) = self.free.range_mut(len..).find(|(_, starts)| !starts.is_empty())?;
        let (found, start) = (*found, starts.pop()?);
        let left = found - len;
        if left == 0 {
            return Some(start);
        }
        // Short runs come from the end, so that the rest still begins on a line.
        let (start, rest) =
            if len < LINE_CELLS { (start + left, start) } else { (start, start + len) };
        self.give_back(rest, left);
        Some(start)
    }

    pub(super) fn give_back(&mut self, start: usize, len: usize) {
        self.free.entry(len).or_default().push(start);
    }
}
