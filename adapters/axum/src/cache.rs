//! A cache from matched paths to routes, without a lock.

use std::cell::RefCell;
use std::ptr;

use axum::extract::MatchedPath;
use tickmark_http::{HttpMetrics, RouteId, adapter};

/// Paths that a thread remembers. Most services have fewer routes.
const ENTRIES: usize = 64;

/// Matched paths and their routes, indexed by a hash of the address of the path's text
/// and of the instance.
///
/// Most routers share one text between all requests to a route, so its address identifies
/// the route. Below `nest_service` axum makes a new text for each request. An entry
/// therefore **holds** its path: a freed text could come back at the same address for
/// another route.
struct Cache([Option<KnownRoute>; ENTRIES]);

struct KnownRoute {
    path: MatchedPath,
    route: RouteId,
}

thread_local! {
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache([const { None }; ENTRIES])) };
}

/// Returns the route of a matched path, from the cache of this thread if it is there.
pub(crate) fn route(metrics: HttpMetrics, path: &MatchedPath) -> RouteId {
    // The cache is gone while the thread ends; then the route is looked up.
    CACHE
        .try_with(|cache| cache.borrow_mut().route(metrics, path))
        .unwrap_or_else(|_| metrics.route(path.as_str()))
}

impl Cache {
    fn route(&mut self, metrics: HttpMetrics, path: &MatchedPath) -> RouteId {
        match self.entry(metrics, path.as_str()) {
            Some(entry)
                if ptr::eq(entry.path.as_str(), path.as_str())
                    && adapter::owns(metrics, entry.route) =>
            {
                entry.route
            }
            entry => remember(entry, metrics, path),
        }
    }

    /// Returns the only entry that may have the path.
    #[expect(clippy::indexing_slicing, reason = "the index is a remainder of the length")]
    fn entry(&mut self, metrics: HttpMetrics, text: &str) -> &mut Option<KnownRoute> {
        // Allocations are aligned, and consecutive ones are adjacent: the multiplication
        // spreads the differing bits of two addresses into the upper half.
        let key = text.as_ptr().addr().wrapping_add(adapter::key(metrics));
        let spread = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &mut self.0[(spread >> 32) as usize % ENTRIES]
    }
}

#[cold]
fn remember(entry: &mut Option<KnownRoute>, metrics: HttpMetrics, path: &MatchedPath) -> RouteId {
    let route = metrics.route(path.as_str());
    *entry = Some(KnownRoute { path: path.clone(), route });
    route
}
