//! The bucket of an observation: the search for whole numbers.

use crate::bounds::cells::{Cells, MOST_CELLS, close_ones};
use crate::bounds::error::MOST_BOUNDS;
use crate::bounds::scale::Scale;
use crate::checked::guaranteed;

/// Magnitudes of a `u64`: the index of its highest bit, and zero for zero.
const MAGNITUDES: usize = 64;

/// Bounds, prepared for the search of a bucket.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    scale: Scale,
    values: Box<[f64]>,
    /// The largest observation of each bound, filled up with `u64::MAX`.
    largest: [u64; MOST_BOUNDS],
    search: Search,
}

/// The way to search the bucket of an observation.
#[derive(Debug, PartialEq)]
enum Search {
    /// For each magnitude, the number of bounds below all its observations; at most one
    /// more bound has that magnitude. For bounds each at least twice the one before,
    /// except for 0 and 1. One byte each, because a request observes by several layouts,
    /// which share the first-level cache with its cells.
    Wide([u8; MAGNITUDES]),
    /// By a finer cell, which leaves any number of bounds, but hardly ever more than one.
    Close { grid: Grid, cells: Cells },
}

/// The cells of observations, by magnitude and some binary digits below the highest.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    /// The number of digits. Smaller numbers have a cell each.
    digits: u32,
    /// The first cell, which includes all smaller observations.
    first: u64,
    /// The last cell counted from the first, which includes all larger observations.
    last: u64,
}

impl Search {
    fn new(largest: &[u64]) -> Self {
        let below = |limit: u64| largest.partition_point(|largest| *largest < limit);
        let ends: [(usize, usize); MAGNITUDES] = std::array::from_fn(|magnitude| {
            let lowest = if magnitude == 0 { 0 } else { 1 << magnitude };
            (below(lowest), below(u64::MAX >> (MAGNITUDES - 1 - magnitude)))
        });
        if ends.iter().all(|(first, last)| last - first <= 1 && *last < MOST_BOUNDS) {
            return Self::Wide(ends.map(|(first, _)| u8::try_from(first).unwrap_or(u8::MAX)));
        }
        let with_cells = |grid: Grid| {
            let cells: Vec<usize> = largest.iter().map(|largest| grid.cell(*largest)).collect();
            (grid, Cells::new(&cells, grid.cell(u64::MAX)))
        };
        let grids = (0..u64::BITS).filter_map(|digits| Grid::new(largest, digits).map(with_cells));
        let (grid, cells) = Cells::best_of(grids).unwrap_or_else(|| with_cells(Grid::WHOLE));
        Self::Close { grid, cells }
    }
}

impl Grid {
    /// One cell.
    const WHOLE: Self = Self { digits: 0, first: 0, last: 0 };

    /// Returns the grid of this many digits. `None` if it had too many cells.
    fn new(largest: &[u64], digits: u32) -> Option<Self> {
        let grid = Self { digits, ..Self::WHOLE };
        let numbers: Vec<u64> = largest.iter().map(|largest| grid.number(*largest)).collect();
        let (first, last) = close_ones(&numbers)?.into_inner();
        (last - first < MOST_CELLS as u64).then_some(Self { digits, first, last: last - first })
    }

    #[inline]
    fn number(self, value: u64) -> u64 {
        let shift = (value | 1 << self.digits).ilog2() - self.digits;
        (u64::from(shift) << self.digits) + (value >> shift)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are not that many cells")]
    fn cell(self, value: u64) -> usize {
        self.number(value).saturating_sub(self.first).min(self.last) as usize
    }
}

impl Layout {
    pub(super) fn new(scale: Scale, values: &[f64]) -> Self {
        let mut largest = [u64::MAX; MOST_BOUNDS];
        for (largest, value) in largest.iter_mut().zip(values) {
            *largest = largest_within(*value, scale);
        }
        let search =
            Search::new(guaranteed(largest.get(..values.len()), "at most MOST_BOUNDS values"));
        Self { scale, values: values.into(), largest, search }
    }

    pub(crate) fn scale(&self) -> Scale {
        self.scale
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the number of buckets, `+Inf` included.
    pub(crate) fn bucket_count(&self) -> usize {
        self.values.len() + 1
    }

    /// Returns the bucket of an observation.
    pub(crate) fn bucket(&self, value: u64) -> usize {
        self.wide_bucket(value)
            .or_else(|| self.close_bucket(value))
            .unwrap_or_else(|| self.bucket_of_many(value))
    }

    /// Returns the bucket if no two bounds share a magnitude.
    #[inline]
    pub(crate) fn wide_bucket(&self, value: u64) -> Option<usize> {
        let Search::Wide(first) = &self.search else { return None };
        let first =
            usize::from(guaranteed(first.get(magnitude(value)).copied(), "a number by magnitude"));
        // `u64::MAX` follows the last bound, so one comparison serves all, without a
        // branch on the value.
        Some(first + usize::from(self.largest.get(first).is_some_and(|largest| *largest < value)))
    }

    /// Returns the bucket if no two bounds share a cell.
    #[inline]
    pub(crate) fn close_bucket(&self, value: u64) -> Option<usize> {
        let Search::Close { grid, cells } = &self.search else { return None };
        cells.bounds_below(grid.cell(value), &self.largest, value)
    }

    fn bucket_of_many(&self, value: u64) -> usize {
        let Search::Close { grid, cells } = &self.search else { return 0 };
        cells.bounds_below_of_many(grid.cell(value), &self.largest, value)
    }
}

/// Returns the index of the highest bit. Zero counts as one, so that it needs no branch.
#[inline]
fn magnitude(value: u64) -> usize {
    (value | 1).ilog2() as usize
}

/// Returns whether any observation lies above `before` and within `bound`.
pub(super) fn is_between(before: f64, bound: f64, scale: Scale) -> bool {
    largest_within(before, scale) < largest_within(bound, scale)
}

/// Returns the largest whole number of `scale` units that is not above `bound`, in units
/// of exposition.
///
/// Compares in f64, like a reader of the page: 0.29 s includes an observation of
/// 290,000,000 ns, although the binary fraction of 0.29 is slightly less.
fn largest_within(bound: f64, scale: Scale) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "powers of ten are exact, and readers compare in f64 too"
    )]
    let exposed = |value: u64| value as f64 / scale.per_unit() as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and saturates as meant"
    )]
    #[expect(clippy::cast_precision_loss, reason = "powers of ten are exact")]
    let product = (bound * scale.per_unit() as f64).floor() as u64;
    match product.checked_add(1) {
        Some(above) if exposed(above) <= bound => above,
        _ if exposed(product) <= bound => product,
        _ => product.saturating_sub(1),
    }
}

#[cfg(all(test, not(tickmark_loom)))]
#[expect(clippy::cast_precision_loss, reason = "readers compare in f64 too")]
mod tests {
    use super::*;
    use crate::bounds::steps;
    use proptest::prelude::*;

    /// The specification of a bucket: the first bound that is not below the value,
    /// compared like a reader of the page.
    fn naive_bucket(layout: &Layout, value: u64) -> usize {
        let exposed = value as f64 / layout.scale().per_unit() as f64;
        layout.values().iter().position(|bound| exposed <= *bound).unwrap_or(layout.values().len())
    }

    /// Returns the value and its two neighbours.
    fn near(value: u64) -> [u64; 3] {
        [value.saturating_sub(1), value, value.saturating_add(1)]
    }

    fn scales() -> impl Strategy<Value = Scale> {
        prop_oneof![Just(Scale::One), Just(Scale::Millis), Just(Scale::Micros), Just(Scale::Nanos)]
    }

    proptest! {
        #[test]
        fn values_lie_in_specified_buckets(
            scale in scales(),
            mut values in prop::collection::vec(prop_oneof![0.0..1e-6, 0.0..10.0, 0.0..1e9], 1..40),
            others in prop::collection::vec((any::<u64>(), 0u32..64), 50),
        ) {
            values.sort_by(f64::total_cmp);
            values.dedup();
            // Above 2^53 neighbouring values are one f64, and the rounding of the
            // quotient decides.
            let exact = |value: &u64| *value < 1 << 52;
            let layout = Layout::new(scale, &values);
            let near = layout.largest.iter().take(values.len()).flat_map(|value| near(*value));
            let others = others.iter().map(|(value, shift)| value >> shift);
            for value in near.chain(others).filter(exact) {
                let naive = naive_bucket(&layout, value);
                prop_assert_eq!(layout.bucket(value), naive, "value {}", value);
            }
        }
    }

    /// Clusters of largest observations.
    fn clusters() -> impl Strategy<Value = Vec<u64>> {
        let cluster = (any::<u64>(), 0_u32..64, 0_u32..60, 1_u64..120).prop_map(
            |(start, narrow, shift, count)| {
                (0..count)
                    .map(|step| (start >> narrow).saturating_add(step << shift))
                    .collect::<Vec<_>>()
            },
        );
        prop::collection::vec(cluster, 1..4).prop_map(|clusters| {
            let mut largest = clusters.concat();
            largest.sort_unstable();
            largest.dedup();
            largest.truncate(MOST_BOUNDS);
            largest
        })
    }

    /// Returns the layout of these limits, without values.
    fn layout_of(limits: &[u64]) -> Layout {
        let mut largest = [u64::MAX; MOST_BOUNDS];
        largest.iter_mut().zip(limits).for_each(|(largest, limit)| *largest = *limit);
        Layout { scale: Scale::One, values: Box::default(), largest, search: Search::new(limits) }
    }

    proptest! {
        #[test]
        fn any_layout_is_searched_as_a_list(
            limits in clusters(),
            others in prop::collection::vec((any::<u64>(), 0_u32..64), 50),
        ) {
            let layout = layout_of(&limits);
            let near = limits.iter().flat_map(|limit| near(*limit));
            let others = others.iter().map(|(value, narrow)| value >> narrow);
            for value in near.chain(others).chain([0, u64::MAX]) {
                let naive = limits.partition_point(|limit| *limit < value);
                prop_assert_eq!(layout.bucket(value), naive, "value {}", value);
            }
        }
    }

    fn is_single(layout: &Layout) -> bool {
        match &layout.search {
            Search::Wide(_) => true,
            Search::Close { cells, .. } => cells.leaves_one(),
        }
    }

    /// Common bounds leave one comparison, at any number.
    #[test]
    fn common_bounds_leave_one_comparison() {
        let exponential = |start, factor, count| steps::exponential(start, factor, count).unwrap();
        let linear = |start, width, count| steps::linear(start, width, count).unwrap();
        for (scale, values) in [
            (Scale::Nanos, steps::USUAL.to_vec()),
            (Scale::Nanos, exponential(0.001, 1.135, 64)),
            (Scale::Nanos, exponential(0.000_01, 1.05, 256)),
            (Scale::Nanos, linear(0.0, 0.1, 64)),
            (Scale::Nanos, linear(0.01, 0.01, 256)),
            (Scale::One, linear(0.0, 1.0, 256)),
            (Scale::One, linear(1e9, 1.0, 256)),
            (Scale::Nanos, vec![0.0, 0.1, 0.12, 0.14, 0.16, 1e9]),
        ] {
            assert!(is_single(&Layout::new(scale, &values)), "{values:?}");
        }
    }

    /// A table that cannot separate all bounds keeps its size.
    #[test]
    fn far_apart_clusters_share_cells() {
        let limits: Vec<u64> = (0..100).chain((1 << 50)..(1 << 50) + 100).collect();
        let values: Vec<f64> = limits.iter().map(|limit| *limit as f64).collect();
        let layout = Layout::new(Scale::One, &values);
        assert!(!is_single(&layout));
        for (bucket, limit) in limits.iter().enumerate() {
            assert_eq!(layout.bucket(*limit), bucket);
        }
    }

    #[test]
    fn decimal_bounds_include_equal_values() {
        for hundredths in 1..2_000_u64 {
            let bound = hundredths as f64 / 100.0;
            let layout = Layout::new(Scale::Nanos, &[bound]);
            let value = hundredths * 10_000_000;
            assert_eq!(layout.bucket(value), 0, "{bound}");
            assert_eq!(layout.bucket(value + 1), 1, "{bound}");
        }
    }

    /// Covers products that round up.
    #[test]
    fn values_just_above_a_bound_exceed_it() {
        for value in 1..20_000_u64 {
            let below = f64::from_bits((value as f64 / 1e9).to_bits() - 1);
            assert_eq!(Layout::new(Scale::Nanos, &[below]).bucket(value), 1, "{value}");
            assert_eq!(Layout::new(Scale::Nanos, &[below]).bucket(value - 1), 0, "{value}");
        }
    }

    #[test]
    fn extreme_values_have_buckets() {
        let layout = Layout::new(Scale::One, &[0.0, 1.5, 1e300]);
        assert_eq!([0, 1, 2, u64::MAX].map(|value| layout.bucket(value)), [0, 1, 2, 2]);
        let many: Vec<f64> = (0..256).map(f64::from).collect();
        let layout = Layout::new(Scale::One, &many);
        for value in 0..300 {
            assert_eq!(layout.bucket(value), value.min(256) as usize);
        }
        assert_eq!(layout.bucket(u64::MAX), 256);
    }
}
