//! A table that leaves a search few bounds, mostly one.
//!
//! Observations are numbered by cells, and a larger observation is in the same cell or a
//! later one. So all bounds in earlier cells are below it and none in later cells is:
//! only those in its own cell are compared with it.

use std::ops::RangeInclusive;

use crate::bounds::error::MOST_BOUNDS;
use crate::checked::guaranteed;

/// The most cells of a table, a byte each.
pub(super) const MOST_CELLS: usize = 4_096;

/// So many bounds before a cell, or one more.
const MANY: u8 = u8::MAX;

/// By cell, how many bounds are in the cells before it.
#[derive(Debug, PartialEq)]
pub(super) struct Cells {
    /// The most bounds that share a cell.
    most: usize,
    before: Box<[u8]>,
}

impl Cells {
    /// Makes the table of bounds that are in these cells, up to the last one.
    pub(super) fn new(cells: &[usize], last: usize) -> Self {
        let most = cells.chunk_by(usize::eq).map(<[usize]>::len).max().unwrap_or_default();
        let before = |cell: usize| cells.partition_point(|other| *other < cell);
        // All 256 are before a cell only if its observations are above bound number 255
        // too, so the comparison with that makes up for the one that does not fit.
        let narrow = |before: usize| u8::try_from(before).unwrap_or(MANY);
        Self { most, before: (0..=last).map(|cell| narrow(before(cell))).collect() }
    }

    /// Returns the table that is the quickest to search, and of these the smallest. Where
    /// several bounds share a cell in all of them, the largest: the fewest observations
    /// meet those.
    pub(super) fn best_of<G>(tables: impl Iterator<Item = (G, Self)>) -> Option<(G, Self)> {
        tables.min_by_key(|(_, Self { most, before })| {
            let size = before.len();
            (*most, if *most > 1 { usize::MAX - size } else { size })
        })
    }

    /// Returns how many bounds are below an observation in this cell, if none of the
    /// cells has several. Past the last bound stands what no observation is above.
    #[inline]
    pub(super) fn bounds_below<T: PartialOrd>(
        &self,
        cell: usize,
        bounds: &[T; MOST_BOUNDS],
        value: T,
    ) -> Option<usize> {
        let first = usize::from(guaranteed(self.before.get(cell).copied(), "a number by cell"));
        // One comparison serves all, and no branch depends on the value.
        let is_below = bounds.get(first).is_some_and(|bound| *bound < value);
        (self.most <= 1).then_some(first + usize::from(is_below))
    }

    /// Returns how many bounds are below an observation where some cells have several.
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
        // The cells between clusters have few, and need no search.
        let below = if next == MANY || next > first + 1 {
            left.partition_point(is_below)
        } else {
            usize::from(left.first().is_some_and(is_below))
        };
        usize::from(first) + below
    }

    /// Returns whether no cell has several bounds.
    #[cfg(all(test, not(tickmark_loom)))]
    pub(super) fn leaves_one(&self) -> bool {
        assert!(self.before.len() <= MOST_CELLS, "{} cells", self.before.len());
        self.most <= 1
    }
}

/// Returns the numbers that are worth a cell each, given those of the bounds in their
/// order. No two bounds lie before them, nor behind: one far away from all others costs
/// no cells.
pub(super) fn close_ones(bounds: &[u64]) -> Option<RangeInclusive<u64>> {
    let (second, last_but_one) = (bounds.get(1)?, bounds.iter().nth_back(1)?);
    let first = second.saturating_sub(1);
    Some(first..=last_but_one.saturating_add(1).max(first + 1))
}
