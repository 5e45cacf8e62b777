//! From axum's matched paths to routes, without a lock.

use std::cell::RefCell;
use std::ptr;

use axum::extract::MatchedPath;
use tickmark_http::{HttpMetrics, RouteId, adapter};

/// Paths that a thread remembers: more than most services have routes.
const ENTRIES: usize = 64;

/// Matched paths and their routes, each at the place that the address of its text and the
/// instance say.
///
/// Most routers share one text between all requests to a route, so its address stands for
/// it. Below `nest_service` axum makes a new text for each request; the entry therefore
/// **holds** the path. Otherwise the text could be freed and its address come back with
/// another route.
struct Cache([Option<Entry>; ENTRIES]);

struct Entry {
    path: MatchedPath,
    route: RouteId,
}

thread_local! {
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache([const { None }; ENTRIES])) };
}

/// The route of a matched path, remembered by this thread.
pub(crate) fn route(metrics: HttpMetrics, path: &MatchedPath) -> RouteId {
    // Not to be had while the thread ends; then it is not worth remembering either.
    CACHE
        .try_with(|cache| cache.borrow_mut().route(metrics, path))
        .unwrap_or_else(|_| metrics.route(path.as_str()))
}

impl Cache {
    fn route(&mut self, metrics: HttpMetrics, path: &MatchedPath) -> RouteId {
        match self.place(metrics, path.as_str()) {
            Some(entry)
                if ptr::eq(entry.path.as_str(), path.as_str()) && adapter::owns(metrics, entry.route) =>
            {
                entry.route
            }
            place => remember(place, metrics, path),
        }
    }

    /// Where the path is, if it is remembered.
    #[expect(clippy::indexing_slicing, reason = "the index is a remainder of the length")]
    fn place(&mut self, metrics: HttpMetrics, text: &str) -> &mut Option<Entry> {
        // Allocations are aligned, and texts made in a row lie side by side: the
        // multiplication gathers in the upper half whatever tells two addresses apart.
        let key = text.as_ptr().addr().wrapping_add(adapter::key(metrics));
        let spread = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &mut self.0[(spread >> 32) as usize % ENTRIES]
    }
}

#[cold]
fn remember(place: &mut Option<Entry>, metrics: HttpMetrics, path: &MatchedPath) -> RouteId {
    let route = metrics.route(path.as_str());
    *place = Some(Entry { path: path.clone(), route });
    route
}
