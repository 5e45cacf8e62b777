//! Storage of layouts, each kept once.

use parking_lot::Mutex;

/// Returns the kept layout that is the same, or keeps the one that `make` returns. A
/// layout lives as long as the process.
pub(super) fn kept_once<T>(
    known: &Mutex<Vec<&'static T>>,
    is_same: impl Fn(&T) -> bool,
    make: impl FnOnce() -> T,
) -> &'static T {
    let mut known = known.lock();
    if let Some(layout) = known.iter().find(|layout| is_same(layout)) {
        return layout;
    }
    let layout: &'static T = Box::leak(Box::new(make()));
    known.push(layout);
    layout
}
