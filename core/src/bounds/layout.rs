//! Where an observation belongs: the search for whole numbers.

use super::{MOST_BOUNDS, Scale};

/// Magnitudes of a `u64`: the place of its highest bit, and that of one for zero.
const MAGNITUDES: usize = 64;

/// Bounds ready for searching.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    scale: Scale,
    values: Box<[f64]>,
    /// By bound, the largest observation that belongs to it; `u64::MAX` from the last bound on.
    largest: [u64; MOST_BOUNDS],
    search: Search,
}

/// By magnitude of an observation, the buckets that it can belong to.
#[derive(Debug, PartialEq)]
enum Search {
    /// One or two: the first. Always so where each bound is at least twice the one before.
    Few([u8; MAGNITUDES]),
    /// Any number: the first and the last.
    Many([(u16, u16); MAGNITUDES]),
}

impl Layout {
    pub(super) fn new(scale: Scale, values: &[f64]) -> Self {
        let mut largest = [u64::MAX; MOST_BOUNDS];
        for (largest, value) in largest.iter_mut().zip(values) {
            *largest = largest_within(*value, scale);
        }
        let bound_count = values.len();
        let below = |limit: u64| largest.iter().take(bound_count).filter(|largest| **largest < limit).count();
        let candidates: [(usize, usize); MAGNITUDES] = std::array::from_fn(|magnitude| {
            let lowest = if magnitude == 0 { 0 } else { 1 << magnitude };
            (below(lowest), below(u64::MAX >> (MAGNITUDES - 1 - magnitude)))
        });
        let search = if candidates.iter().all(|(first, last)| last - first <= 1 && *last < MOST_BOUNDS) {
            Search::Few(candidates.map(|(first, _)| u8::try_from(first).unwrap_or(u8::MAX)))
        } else {
            let narrow = |bucket: usize| u16::try_from(bucket).unwrap_or(u16::MAX);
            Search::Many(candidates.map(|(first, last)| (narrow(first), narrow(last))))
        };
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

    /// The bucket of an observation: a table by magnitude, then the few bounds that are left.
    #[inline]
    pub(crate) fn bucket(&self, value: u64) -> usize {
        match &self.search {
            Search::Few(first) => {
                let first = first.get(magnitude(value)).copied().unwrap_or_default();
                // Past the last bound stands `u64::MAX`, so one comparison serves all, and no branch depends on the value.
                usize::from(first)
                    + usize::from(self.largest.get(usize::from(first)).is_some_and(|largest| *largest < value))
            }
            Search::Many(candidates) => self.bucket_of_many(candidates, value),
        }
    }

    #[inline(never)]
    fn bucket_of_many(&self, candidates: &[(u16, u16); MAGNITUDES], value: u64) -> usize {
        let (first, last) = candidates.get(magnitude(value)).copied().unwrap_or_default();
        let (first, last) = (usize::from(first), usize::from(last));
        let left = self.largest.get(first..last).unwrap_or_default();
        first + left.partition_point(|largest| *largest < value)
    }
}

/// The place of the highest bit. Zero counts as one, so that the search for a bit needs no case of its own.
#[inline]
fn magnitude(value: u64) -> usize {
    (value | 1).ilog2() as usize
}

/// Whether any observation lies above `before` and within `bound`.
pub(super) fn is_between(before: f64, bound: f64, scale: Scale) -> bool {
    largest_within(before, scale) < largest_within(bound, scale)
}

/// The largest whole number of `scale` units that, in units of exposition, is not above `bound`.
///
/// Compared as a reader would, in f64: 0.29 s holds an observation of 290,000,000 ns, although 0.29 as a binary fraction
/// is a little less.
fn largest_within(bound: f64, scale: Scale) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "powers of ten are exact, and readers compare in f64 too")]
    let exposed = |value: u64| value as f64 / scale.per_unit() as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturates as meant")]
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
    use super::super::Bounds;
    use super::*;
    use proptest::prelude::*;

    /// The specification: the first bound that is not below the value, both as a reader of the page sees them.
    fn naive_bucket(bounds: &Bounds, value: u64) -> usize {
        let exposed = value as f64 / bounds.scale().per_unit() as f64;
        bounds.values().iter().position(|bound| exposed <= *bound).unwrap_or(bounds.values().len())
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
            // Above 2^53 a value and its neighbour are one f64, and the rounding of the quotient decides.
            let exact = |value: &u64| *value < 1 << 52;
            let layout = Layout::new(scale, &values);
            let near = layout.largest.iter().take(values.len()).flat_map(|largest| [largest.saturating_sub(1), *largest, largest.saturating_add(1)]);
            let bounds = Bounds(Box::leak(Box::new(Layout::new(scale, &values))));
            for value in near.chain(others.iter().map(|(value, shift)| value >> shift)).filter(exact) {
                prop_assert_eq!(layout.bucket(value), naive_bucket(&bounds, value), "value {}", value);
            }
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
        let bounds = Bounds::new(Scale::One, &[0.0, 1.5, 1e300]).unwrap();
        assert_eq!([0, 1, 2, u64::MAX].map(|value| bounds.0.bucket(value)), [0, 1, 2, 2]);
        let many: Vec<f64> = (0..256).map(f64::from).collect();
        let bounds = Bounds::new(Scale::One, &many).unwrap();
        for value in 0..300 {
            assert_eq!(bounds.0.bucket(value), value.min(256) as usize);
        }
        assert_eq!(bounds.0.bucket(u64::MAX), 256);
    }
}
