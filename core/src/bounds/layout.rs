//! Where an observation belongs: the search for whole numbers.

use crate::bounds::cells::{Cells, MOST_CELLS, close_ones};
use crate::bounds::error::MOST_BOUNDS;
use crate::bounds::scale::Scale;
use crate::checked::guaranteed;

/// Magnitudes of a `u64`: the place of its highest bit, and that of one for zero.
const MAGNITUDES: usize = 64;

/// Bounds ready for searching.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    scale: Scale,
    values: Box<[f64]>,
    /// By bound, the largest observation that belongs to it; `u64::MAX` from the last
    /// bound on.
    largest: [u64; MOST_BOUNDS],
    search: Search,
}

/// How the bucket of an observation is searched.
#[derive(Debug, PartialEq)]
enum Search {
    /// By magnitude, how many bounds are below all observations of it, where one more may
    /// be. So where each bound is at least twice the one before, but for 0 and 1. A byte
    /// each: a request observes by several layouts, which share the first cache with its
    /// cells.
    Wide([u8; MAGNITUDES]),
    /// By a finer cell. Any number may be left, but hardly ever more than one is.
    Close { grid: Grid, cells: Cells },
}

/// The cells of observations: by magnitude, and some binary digits behind the highest.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    /// How many digits. Numbers with no more than these have a cell each.
    digits: u32,
    /// The first cell, which has all before it too.
    first: u64,
    /// The last, counted from the first, which has all behind it too.
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

    /// `None` if it had too many cells.
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

    /// The number of buckets, `+Inf` included.
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
        // Past the last bound stands `u64::MAX`, so one comparison serves all, and no
        // branch depends on the value.
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

/// The place of the highest bit. Zero counts as one, so that the search for a bit needs
/// no case of its own.
#[inline]
fn magnitude(value: u64) -> usize {
    (value | 1).ilog2() as usize
}

/// Whether any observation lies above `before` and within `bound`.
pub(super) fn is_between(before: f64, bound: f64, scale: Scale) -> bool {
    largest_within(before, scale) < largest_within(bound, scale)
}

/// The largest whole number of `scale` units that, in units of exposition, is not above
/// `bound`.
///
/// Compared as a reader would, in f64: 0.29 s holds an observation of 290,000,000 ns,
/// although 0.29 as a binary fraction is a little less.
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

    /// The specification: the first bound that is not below the value, both as a reader
    /// of the page sees them.
    fn naive_bucket(layout: &Layout, value: u64) -> usize {
        let exposed = value as f64 / layout.scale().per_unit() as f64;
        layout.values().iter().position(|bound| exposed <= *bound).unwrap_or(layout.values().len())
    }

    fn scales() -> impl Strategy<Value = Scale> {
        prop_oneof![Just(Scale::One), Just(Scale::Millis), Just(Scale::Micros), Just(Scale::Nanos)]
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_bucket_that_a_reader_expects(
            scale in scales(),
            mut values in prop::collection::vec(prop_oneof![0.0..1e-6, 0.0..10.0, 0.0..1e9], 1..40),
            others in prop::collection::vec((any::<u64>(), 0u32..64), 50),
        ) {
            values.sort_by(f64::total_cmp);
            values.dedup();
            // Above 2^53 a value and its neighbour are one f64, and the rounding of the
            // quotient decides.
            let exact = |value: &u64| *value < 1 << 52;
            let layout = Layout::new(scale, &values);
            let near = layout.largest.iter().take(values.len()).flat_map(|largest| [largest.saturating_sub(1), *largest, largest.saturating_add(1)]);
            for value in near.chain(others.iter().map(|(value, shift)| value >> shift)).filter(exact) {
                prop_assert_eq!(layout.bucket(value), naive_bucket(&layout, value), "value {}", value);
            }
        }
    }

    /// Largest observations of a layout, in clusters.
    fn clusters() -> impl Strategy<Value = Vec<u64>> {
        let cluster = (any::<u64>(), 0_u32..64, 0_u32..60, 1_u64..120).prop_map(
            |(start, narrow, shift, count)| {
                (0..count)
                    .map(|place| (start >> narrow).saturating_add(place << shift))
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

    /// The layout of these, whose values are not asked for.
    fn layout_of(limits: &[u64]) -> Layout {
        let mut largest = [u64::MAX; MOST_BOUNDS];
        largest.iter_mut().zip(limits).for_each(|(place, limit)| *place = *limit);
        Layout { scale: Scale::One, values: Box::default(), largest, search: Search::new(limits) }
    }

    proptest! {
        #[test]
        fn any_layout_is_searched_as_a_list(
            limits in clusters(),
            others in prop::collection::vec((any::<u64>(), 0_u32..64), 50),
        ) {
            let layout = layout_of(&limits);
            let near = limits.iter().flat_map(|limit| [limit.saturating_sub(1), *limit, limit.saturating_add(1)]);
            for value in near.chain(others.iter().map(|(value, narrow)| value >> narrow)).chain([0, u64::MAX]) {
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

    /// Bounds as people choose them leave one comparison, at any number.
    #[test]
    fn usual_bounds_leave_one_comparison() {
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

    /// Even where the table cannot tell bounds apart, it stays within its size.
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
    fn a_value_equal_to_a_decimal_bound_belongs_to_it() {
        for hundredths in 1..2_000_u64 {
            let bound = hundredths as f64 / 100.0;
            let layout = Layout::new(Scale::Nanos, &[bound]);
            let value = hundredths * 10_000_000;
            assert_eq!(layout.bucket(value), 0, "{bound}");
            assert_eq!(layout.bucket(value + 1), 1, "{bound}");
        }
    }

    /// Products are rounded up as well as down.
    #[test]
    fn a_value_is_above_the_bound_just_below_it() {
        for value in 1..20_000_u64 {
            let below = f64::from_bits((value as f64 / 1e9).to_bits() - 1);
            assert_eq!(Layout::new(Scale::Nanos, &[below]).bucket(value), 1, "{value}");
            assert_eq!(Layout::new(Scale::Nanos, &[below]).bucket(value - 1), 0, "{value}");
        }
    }

    #[test]
    fn the_ends_of_the_range_have_buckets() {
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
