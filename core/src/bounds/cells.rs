//! A table that leaves few bounds to compare, mostly one.
//!
//! Each observation has a cell, and a larger observation has the same cell or a later
//! one. So all bounds in earlier cells are below it, and all in later cells are not. Only
//! the bounds in its own cell are compared.

use std::ops::RangeInclusive;

use crate::bounds::error::MOST_BOUNDS;
use crate::checked::guaranteed;

/// The most cells of a table, one byte each.
pub(super) const MOST_CELLS: usize = 4_096;

/// Stands for 255 or 256 bounds before a cell.
const MANY: u8 = u8::MAX;

/// The number of bounds before each cell.
#[derive(Debug, PartialEq)]
pub(super) struct Cells {
    /// Most bounds in one cell.
    most: usize,
    before: Box<[u8]>,
}

impl Cells {
    /// Builds the table of bounds in these cells, up to cell `last`.
    pub(super) fn new(cells: &[usize], last: usize) -> Self {
        let most = cells.chunk_by(usize::eq).map(<[usize]>::len).max().unwrap_or_default();
        let before = |cell: usize| cells.partition_point(|other| *other < cell);
        // If all 256 bounds are before a cell, its observations are above bound 255 too.
        // So the comparison with that bound adds the one that does not fit in a byte.
        let narrow = |before: usize| u8::try_from(before).unwrap_or(MANY);
        Self { most, before: (0..=last).map(|cell| narrow(before(cell))).collect() }
    }

    /// Returns the quickest table to search, and of these the smallest. If bounds share
    /// cells in every table, returns the largest, where the fewest observations meet such
    /// cells.
    pub(super) fn best_of<G>(tables: impl Iterator<Item = (G, Self)>) -> Option<(G, Self)> {
        tables.min_by_key(|(_, Self { most, before })| {
            let size = before.len();
            (*most, if *most > 1 { usize::MAX - size } else { size })
        })
    }

    /// Returns how many bounds are below an observation in this cell, if no cell has
    /// several bounds. The list is filled up with a value that no observation exceeds.
    #[inline]
    pub(super) fn bounds_below<T: PartialOrd>(
        &self,
        cell: usize,
        bounds: &[T; MOST_BOUNDS],
        value: T,
    ) -> Option<usize> {
        let first = usize::from(guaranteed(self.before.get(cell).copied(), "a number by cell"));
        // One comparison serves all, without a branch on the value.
        let is_below = bounds.get(first).is_some_and(|bound| *bound < value);
        (self.most <= 1).then_some(first + usize::from(is_below))
    }

    /// Returns how many bounds are below an observation, if some cells have several
    /// bounds.
    pub(super) fn bounds_below_of_many<T: PartialOrd>(
        &self,
        cell: usize,
        bounds: &[T; MOST_BOUNDS],
        value: T,
    ) -> usize {
        let first = guaranteed(self.before.get(cell).copied(), "a number by cell");
        let next = self.before.get(cell.wrapping_add(1)).copied().unwrap_or(MANY);
        let left = guaranteed(bounds.get(usize::from(first)..), "fewer numbers than bounds");
        let is_below = |bound: &T| *bound < value;
        // Cells between clusters have few bounds, and need no search.
        let below = if next == MANY || next > first + 1 {
            left.partition_point(is_below)
        } else {
            usize::from(left.first().is_some_and(is_below))
        };
        usize::from(first) + below
    }

    /// Returns whether every cell has at most one bound.
    #[cfg(all(test, not(tickmark_loom)))]
    pub(super) fn leaves_one(&self) -> bool {
        assert!(self.before.len() <= MOST_CELLS, "{} cells", self.before.len());
        self.most <= 1
    }
}

/// Returns the range of numbers that have a cell each, for the numbers of the bounds in
/// order. At most one bound lies before it and one behind it, so an outlier costs no
/// cells.
pub(super) fn close_ones(bounds: &[u64]) -> Option<RangeInclusive<u64>> {
    let (second, last_but_one) = (bounds.get(1)?, bounds.iter().nth_back(1)?);
    let first = second.saturating_sub(1);
    Some(first..=last_but_one.saturating_add(1).max(first + 1))
}
