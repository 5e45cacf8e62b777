//! The request that this thread is polling, so that code below can label it.

use std::cell::Cell;

use crate::metrics::HttpMetrics;
use crate::route::RouteId;

thread_local! {
    /// The route so far of the innermost request being polled, and by it the instance that records the request.
    static CURRENT: Cell<Option<RouteId>> = const { Cell::new(None) };
}

/// Labels the request that is being polled on this thread; the last label before the head of the response counts.
///
/// False, and nothing is done, if this thread polls no request of the route's instance: in a spawned task, in a task
/// behind a channel, in a response body, outside of the layer, or inside another instance's layer. Costs about as much as
/// a write to a thread-local.
///
/// ```
/// # let registry = tickmark::Registry::new();
/// let metrics = tickmark_http::HttpMetrics::builder().build(&registry)?;
/// let home = metrics.route("/");
/// assert!(!tickmark_http::set_route(home), "nothing is being polled here");
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[expect(clippy::must_use_candidate, reason = "mostly called for the label alone")]
#[inline]
pub fn set_route(route: RouteId) -> bool {
    let polled = CURRENT.get().is_some_and(|current| current.is_sibling(route));
    if polled {
        CURRENT.set(Some(route));
    }
    polled
}

/// Whether a request is being polled on this thread that the instance already records.
#[inline]
pub(crate) fn is_recording(metrics: HttpMetrics) -> bool {
    CURRENT.get().is_some_and(|current| metrics.owns(current))
}

/// Makes the request with this route the one being polled, until the guard is dropped.
#[inline]
pub(crate) fn enter(route: &mut RouteId) -> Entered<'_> {
    Entered { outer: CURRENT.replace(Some(*route)), route }
}

/// Leaves the request being polled, until the guard is dropped.
#[inline]
pub(crate) fn leave() -> Left {
    Left { outer: CURRENT.replace(None) }
}

/// Takes the label and gives the thread back to the outer request, also when the code in between panics.
#[must_use = "dropping it at once enters nothing"]
pub(crate) struct Entered<'a> {
    outer: Option<RouteId>,
    route: &'a mut RouteId,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(label) = CURRENT.replace(self.outer) {
            *self.route = label;
        }
    }
}

/// Gives the thread back to the request that was left.
#[must_use = "dropping it at once leaves nothing"]
pub(crate) struct Left {
    outer: Option<RouteId>,
}

impl Drop for Left {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}
