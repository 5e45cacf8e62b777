//! Labels in any order as the key of a series: sorted by name, without empty values.

use std::cmp::Ordering;
use std::mem;

use crate::checked::guaranteed;

/// The most labels that are sorted without an allocation.
pub(crate) const FEW: usize = 16;

/// A name and its value.
type Pair<'a> = [&'a str; 2];

/// Sorts labels by name and passes the names and values, in turn, to `read`.
///
/// Leaves out labels with an empty value, which equal absent ones. Allocates past 16
/// labels.
#[inline]
pub(crate) fn sorted<T>(labels: &[(&str, &str)], read: impl FnOnce(&[&str]) -> T) -> T {
    let mut few = [[""; 2]; FEW];
    match few.get_mut(..labels.len()) {
        Some(pairs) => read(sort_into(pairs, labels)),
        None => read(sort_into(&mut vec![[""; 2]; labels.len()], labels)),
    }
}

#[inline]
fn sort_into<'a, 'b>(room: &'b mut [Pair<'a>], labels: &[(&'a str, &'a str)]) -> &'b [&'a str] {
    let present = labels.iter().filter(|(_, value)| !value.is_empty());
    let mut count = 0;
    for (name, value) in present {
        let Some(mut unsorted) = room.get_mut(..=count) else { break };
        count += 1;
        if let Some(last) = unsorted.last_mut() {
            *last = [name, value];
        }
        // Insertion sort, because labels are few and mostly given in one order.
        while let Some((last, before)) = unsorted.split_last_mut() {
            let Some(next) = before.last_mut().filter(|next| is_before(last, next)) else { break };
            mem::swap(last, next);
            unsorted = before;
        }
    }
    guaranteed(room.get(..count), "a pair for each label").as_flattened()
}

/// Returns whether one name is before another. Most differ in the first byte, whose
/// comparison takes no call.
#[inline]
fn is_before([one, _]: &Pair<'_>, [other, _]: &Pair<'_>) -> bool {
    let first = |name: &str| name.as_bytes().first().copied();
    match first(one).cmp(&first(other)) {
        Ordering::Equal => one < other,
        different => different.is_lt(),
    }
}

/// Returns the names in a key.
pub(crate) fn names<'a>(key: &[&'a str]) -> impl ExactSizeIterator<Item = &'a str> + Clone {
    key.iter().step_by(2).copied()
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn key_equals_sorted_map(
            labels in prop::collection::btree_map("[a-d]{1,3}", "[xy]{0,2}", 0..20),
            by in any::<u64>(),
        ) {
            let mut given: Vec<(&str, &str)> =
                labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            let mixed = |hash: u64, byte: u8| {
                hash.rotate_left(9) ^ u64::from(byte).wrapping_mul(0x9E37_79B9)
            };
            given.sort_by_key(|(name, _)| name.bytes().fold(by, mixed));
            let present: BTreeMap<&str, &str> =
                given.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
            let expected: Vec<&str> =
                present.into_iter().flat_map(|(name, value)| [name, value]).collect();
            sorted(&given, |key| {
                assert_eq!(key, expected);
                assert!(names(key).eq(expected.iter().copied().step_by(2)));
            });
        }
    }
}
